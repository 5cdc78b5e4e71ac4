"""Fields made from the fields a product gives: which, from what, and by which formula."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import xarray as xr

from forecast.weather.days.moisture import dew_point, humidity_from_specific, relative_humidity
from forecast.weather.days.stability import (
    inversion_strength,
    potential_temperature,
    ventilation_coefficient,
)
from forecast.weather.days.wind import wind_speed
from forecast.weather.fields import FIELDS, Field


@dataclass(frozen=True)
class DerivedField(Field):
    """A field no file need give.

    Attributes
    ----------
    long_name : str
        What it is.
    formula : str
        How it is made, with its source.
    """

    long_name: str = ""
    formula: str = ""


DERIVED: Mapping[str, DerivedField] = MappingProxyType(
    {
        "ws": DerivedField(
            "m s-1", "wind_speed", long_name="wind speed at 10 m", formula="√(u10² + v10²)"
        ),
        "ws500": DerivedField(
            "m s-1", "wind_speed", long_name="wind speed at 500 hPa", formula="√(u500² + v500²)"
        ),
        "ventilation": DerivedField(
            "m2 s-1",
            "",
            long_name="ventilation coefficient",
            formula="ws × blh (Ferguson 2001)",
        ),
        "inversion850": DerivedField(
            "K",
            "",
            long_name="inversion strength to 850 hPa",
            formula="t850 − t2m, above ground only",
        ),
        "inversion925": DerivedField(
            "K",
            "",
            long_name="inversion strength to 925 hPa",
            formula="t925 − t2m, above ground only",
        ),
        "dtheta850": DerivedField(
            "K",
            "",
            long_name="potential temperature at 850 hPa minus that at 2 m",
            formula="T (1000 hPa / p)^(2/7) (Poisson), above ground only",
        ),
    }
)
"""Fields `derive` adds beside those of the data model, by name."""


def derive(fields: xr.Dataset) -> xr.Dataset:
    """Add the derived fields that the given ones allow.

    Best done on the fields at the steps and only then brought to days: the mean of the speed is
    more than the speed of the mean. On daily means it gives what daily means can.

    Parameters
    ----------
    fields : xarray.Dataset
        Fields of the data model on any dimensions.

    Returns
    -------
    xarray.Dataset
        The same with `DERIVED` fields added, and with relative humidity ``r2`` and dew point
        ``d2m`` where one can be had from the other or from the specific humidity. float32 with
        ``units``, ``long_name`` and ``comment`` (the formula). A field already there is kept as it
        is. NaN where a field it is made from is. What looks up to a pressure level is NaN where
        the surface pressure, if given, is lower: the level is then below ground.
    """
    out = fields
    for name, needs, function in _RECIPES:
        if name not in out and all(need in out for need in needs):
            values = function(*(out[need] for need in needs)).astype(np.float32)
            values.attrs = _attributes(name, needs)
            out = out.assign({name: values})
    return out


def _attributes(name: str, needs: tuple[str, ...]) -> dict[str, str]:
    """CF attributes of a field made here."""
    field: Field = DERIVED.get(name) or FIELDS[name]
    attrs = {"units": field.units}
    if isinstance(field, DerivedField):
        attrs.update(long_name=field.long_name, comment=field.formula)
    else:
        made = f"from {', '.join(needs)}"
        attrs.update(comment=f"{made}; Magnus form of Alduchov and Eskridge (1996)")
    if field.standard_name:
        attrs["standard_name"] = field.standard_name
    return attrs


def _inversion(level: int) -> Callable[..., Any]:
    """Strength of the inversion to a level; without surface pressure any level counts."""

    def strength(aloft: xr.DataArray, t2m: xr.DataArray, sp: Any = None) -> xr.DataArray:
        found = inversion_strength(aloft, t2m)
        return found if sp is None else found.where(~(sp < level * 100))

    return strength


def _theta_difference(t850: xr.DataArray, t2m: xr.DataArray, sp: xr.DataArray) -> xr.DataArray:
    found = potential_temperature(t850, 85000.0) - potential_temperature(t2m, sp)
    return found.where(sp >= 85000.0)


_RECIPES: tuple[tuple[str, tuple[str, ...], Callable[..., Any]], ...] = (
    ("r2", ("t2m", "d2m"), relative_humidity),
    ("r2", ("q2", "sp", "t2m"), humidity_from_specific),
    ("d2m", ("t2m", "r2"), dew_point),
    ("ws", ("u10", "v10"), wind_speed),
    ("ws500", ("u500", "v500"), wind_speed),
    ("ventilation", ("ws", "blh"), ventilation_coefficient),
    ("inversion850", ("t850", "t2m", "sp"), _inversion(850)),
    ("inversion850", ("t850", "t2m"), _inversion(850)),
    ("inversion925", ("t925", "t2m", "sp"), _inversion(925)),
    ("inversion925", ("t925", "t2m"), _inversion(925)),
    ("dtheta850", ("t850", "t2m", "sp"), _theta_difference),
)
"""Field, what it is made from, and how; the first that can be made counts."""
