"""Which sums can be made: by what the forecast gives, a value, members, quantiles, a range."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial

import numpy as np
import xarray as xr

from forecast.foreign.content import MEMBERS, QUANTILES
from forecast.foreign.variables import base_name
from verification import (
    SCORES,
    common_category_sums,
    continuous_sums,
    ensemble_sums,
    exceedance_sums,
    fractional_sums,
    half_level_hit_sums,
    hj1130_sums,
    level_hit_sums,
    level_range_hit_sums,
    level_table_sums,
    nmc_sums,
    quantile_sums,
    range_hit_sums,
)

AQI = "aqi"
THRESHOLDS = (100.0, 150.0, 200.0, 300.0)
"""AQI thresholds of the yes/no scores: upper ends of levels 2 to 5."""
VALUE_FAMILIES = ("continuous", "fractional", "ensemble", "quantiles")
"""Families of a value, an ensemble or quantiles of a variable."""
FAMILIES = (
    *VALUE_FAMILIES,
    *("range", "level", "level_range", "table", "category", "contingency"),
    *("half_level", "hj1130", "nmc"),
)
"""Families that files can have."""
SCORE_NAMES = tuple(name for name, score in SCORES.items() if score.family in FAMILIES)
"""Every score that files can have."""

Keep = tuple[str, ...]
Key = tuple[str, str]
"""Variable and family; the index and what belongs to it are all called ``aqi``."""


@dataclass(frozen=True)
class Ingredients:
    """Forecast and observed arrays that the sums of one family are made of.

    Attributes
    ----------
    forecast, observed : tuple of xarray.DataArray
        On (issue, lead, place) or (day, place); members and quantiles besides.
    make : callable
        Sums from the arrays in this order, and ``keep``.
    """

    forecast: tuple[xr.DataArray, ...]
    observed: tuple[xr.DataArray, ...]
    make: Callable[..., xr.Dataset]

    def present(self) -> xr.DataArray:
        """Whether a pair is whole; some members may be missing, quantiles may not."""
        found = xr.DataArray(True)
        for array in (*self.forecast, *self.observed):
            given = array.notnull()
            if "member" in given.dims:
                given = given.any("member")
            found = found & (given.all("quantile") if "quantile" in given.dims else given)
        return found

    def sums(self, mask: xr.DataArray, keep: Keep) -> xr.Dataset:
        """Sums of the pairs that the mask holds."""
        return self.make(*self.forecast, *(o.where(mask) for o in self.observed), keep=keep)


def ingredients(forecast: xr.Dataset, observed: xr.Dataset) -> dict[Key, Ingredients]:
    """What can be scored of a forecast.

    Parameters
    ----------
    forecast, observed : xarray.Dataset
        On the same labels; see `forecast.foreign.content.Content`.

    Returns
    -------
    dict of Key to Ingredients
        Of everything that both sides give.
    """
    found: dict[Key, Ingredients] = {}
    for name in dict.fromkeys(base_name(str(v)) for v in forecast.data_vars):
        if name not in observed or name.startswith(("level", "primary", "aqi_")):
            continue
        obs = (observed[name],)
        for field, makers in _MAKERS.items():
            if name + field in forecast:
                value = (forecast[name + field],)
                found |= {(name, f): Ingredients(value, obs, m) for f, m in makers.items()}
    both = {str(n) for n in forecast.data_vars if n in observed}
    for family, (low, high, seen) in _RANGE_FIELDS.items():
        if low in forecast and high in forecast and seen in observed:
            ends = (forecast[low], forecast[high])
            found[AQI, family] = Ingredients(ends, (observed[seen],), _RANGES[family])
    if "level" in both:
        found |= _of_field(forecast, observed, "level", _LEVEL)
    if "primary" in both:
        found |= _of_field(forecast, observed, "primary", {"category": common_category_sums})
    if AQI in both:  # yes/no scores of the index itself take the place of those of the level
        fields = [AQI, "primary"] if "primary" in both else [AQI]
        found |= _of_field(forecast, observed, AQI, _OF_AQI)
        for family, points in _POINTS.items():
            ours, theirs = (tuple(side[n] for n in fields) for side in (forecast, observed))
            found[AQI, family] = Ingredients(ours, theirs, points)
    return found


def scores_of(sums: xr.Dataset, names: Collection[str]) -> list[str]:
    """Of these scores, those that can be read from the sums."""
    fitting = [n for n in names if SCORES[n].family == sums.attrs["family"]]
    if "quantile" not in sums.coords:
        return fitting
    held = sums["quantile"].values
    return [n for n in fitting if all(np.isclose(held, q).any() for q in _ends(n))]


def _ends(name: str) -> tuple[float, ...]:
    """Levels of the quantiles that a score of an interval needs."""
    nominal = name.rsplit("_", 1)[-1]
    return ((100 - int(nominal)) / 200, (100 + int(nominal)) / 200) if nominal.isdigit() else ()


def _of_field(
    forecast: xr.Dataset,
    observed: xr.Dataset,
    name: str,
    makers: dict[str, Callable[..., xr.Dataset]],
) -> dict[Key, Ingredients]:
    pair = ((forecast[name],), (observed[name],))
    return {(AQI, family): Ingredients(*pair, make) for family, make in makers.items()}


def _level_exceedance(forecast: xr.DataArray, observed: xr.DataArray, *, keep: Keep) -> xr.Dataset:
    """Yes/no of the thresholds from levels alone: an index above 100 is a level above 2."""
    between = (2.5, 3.5, 4.5, 5.5)
    sums = exceedance_sums(forecast, observed, between, keep=keep)
    return sums.assign_coords(threshold=np.array(THRESHOLDS))


def _with_primary(make: Callable[..., xr.Dataset], *arrays: xr.DataArray, keep: Keep) -> xr.Dataset:
    """Index and primary of the forecast, then of the observed, in the order of the sums."""
    half = len(arrays) // 2
    pairs = [array for i in range(half) for array in (arrays[i], arrays[half + i])]
    return make(*pairs, keep=keep)


_MAKERS: dict[str, dict[str, Callable[..., xr.Dataset]]] = {
    "": {"continuous": continuous_sums, "fractional": fractional_sums},
    MEMBERS: {"ensemble": ensemble_sums},
    QUANTILES: {"quantiles": quantile_sums},
}
_RANGE_FIELDS = {
    "range": ("aqi_low", "aqi_high", AQI),
    "level_range": ("level_low", "level_high", "level"),
}
_RANGES: dict[str, Callable[..., xr.Dataset]] = {
    "range": range_hit_sums,
    "level_range": level_range_hit_sums,
}
_LEVEL: dict[str, Callable[..., xr.Dataset]] = {
    "level": level_hit_sums,
    "table": level_table_sums,
    "contingency": _level_exceedance,
}
_OF_AQI: dict[str, Callable[..., xr.Dataset]] = {
    "contingency": partial(exceedance_sums, thresholds=THRESHOLDS),
    "half_level": half_level_hit_sums,
}
_POINTS: dict[str, Callable[..., xr.Dataset]] = {
    "hj1130": partial(_with_primary, hj1130_sums),
    "nmc": partial(_with_primary, nmc_sums),
}
