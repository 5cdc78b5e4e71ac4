"""Axes of a CF file, known by standard name, units or a usual name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import xarray as xr

from forecast.errors import InputError
from forecast.weather.fields import plain_units
from forecast.weather.grids import Grid

Role = Literal["reference", "valid", "lead", "member", "latitude", "longitude"]


@dataclass(frozen=True)
class Known:
    """By what an axis is known; names in lower case, the more telling first."""

    standard_name: str
    names: tuple[str, ...]
    units: frozenset[str] = frozenset()


KNOWN: Mapping[Role, Known] = {
    "reference": Known(
        "forecast_reference_time",
        (
            *("issue", "forecast_reference_time", "reftime", "ref_time", "reference_time"),
            *("init_time", "initial_time", "initialization_time", "base_time", "analysis_time"),
        ),
    ),
    "valid": Known("time", ("valid_time", "valid", "time", "day", "date")),
    "lead": Known(
        "forecast_period",
        (
            *("lead", "step", "leadtime", "lead_time", "forecast_period", "forecast_hour"),
            *("prediction_timedelta", "fhour", "forecast_day"),
        ),
    ),
    "member": Known("realization", ("number", "member", "ensemble", "realization", "ens")),
    "latitude": Known(
        "latitude",
        ("latitude", "lat", "nav_lat", "xlat"),
        frozenset(
            {"degrees_north", "degree_north", "degree_n", "degrees_n", "degreen", "degreesn"}
        ),
    ),
    "longitude": Known(
        "longitude",
        ("longitude", "lon", "long", "nav_lon", "xlong"),
        frozenset({"degrees_east", "degree_east", "degree_e", "degrees_e", "degreee", "degreese"}),
    ),
}
_STANDARD = {known.standard_name: role for role, known in KNOWN.items()}
_MOST_DIMS: Mapping[Role, int] = {"lead": 1, "member": 1}

_VERTICAL = {"level", "lev"}
_PRESSURE = {"pressure_level", "isobaricinhpa", "isobaricinpa", "isobaric", "plev", "pressure"}
_HEIGHT = {"height", "heightaboveground", "height_above_ground"}
_MODEL = {"model_level", "hybrid"}


def _rank(role: Role, name: str, attributes: Mapping[str, Any]) -> int | None:
    """How well a variable fits a role: 0 by standard name, 1 by units, 2 … by name, None not."""
    known = KNOWN[role]
    if len(attributes["dims"]) > _MOST_DIMS.get(role, 2):
        return None
    standard = str(attributes.get("standard_name", ""))
    if standard == known.standard_name:
        return 0
    if standard in _STANDARD:
        return None
    if str(attributes.get("units", "")).lower() in known.units:
        return 1
    return 2 + known.names.index(name.lower()) if name.lower() in known.names else None


@dataclass(frozen=True)
class Level:
    """Vertical coordinate: pressure in hPa, height in m, or number of a model level."""

    kind: Literal["pressure", "height", "model"]
    values: np.ndarray


@dataclass(frozen=True)
class CfAxes:
    """The variables of a file that are its axes.

    Attributes
    ----------
    names : mapping of role to str
        Variable of each role found.
    levels : mapping of str to Level
        Vertical coordinates by variable, on a dimension of the same name or scalar.
    """

    path: Path
    names: Mapping[Role, str]
    levels: Mapping[str, Level] = field(default_factory=dict)


def find_axes(path: Path, raw: xr.Dataset) -> CfAxes:
    """Tell which variables are axes.

    Parameters
    ----------
    path : Path
        File, for messages.
    raw : xarray.Dataset
        The file with times as the numbers they are.

    Raises
    ------
    InputError
        Two variables could equally be the same axis, or a pressure axis has impossible values.
    """
    headers = {str(n): {**v.attrs, "dims": v.dims} for n, v in raw.variables.items()}
    names: dict[Role, str] = {}
    for role in KNOWN:
        fits = _fits(headers, role)
        name = _usual(role, fits)
        if name is None and fits:
            raise InputError(
                f"{path}: {role} could be {' or '.join(fits)}; name one by `rename` ({role})"
            )
        if name is not None:
            names[role] = name
    return CfAxes(path, names, _levels(path, raw))


def find_role(variables: Mapping[str, Mapping[str, Any]], role: Role) -> str | None:
    """The variable of a role by the attributes of all, with their ``dims``; None where unclear."""
    return _usual(role, _fits(variables, role))


def _fits(variables: Mapping[str, Mapping[str, Any]], role: Role) -> list[str]:
    """Variables that fit a role equally well, and none better."""
    bounds = {str(attributes.get("bounds")) for attributes in variables.values()}
    ranks: dict[int, list[str]] = {}
    for name, attributes in variables.items():
        found = _rank(role, name, attributes)
        if found is not None and name not in bounds:
            ranks.setdefault(found, []).append(name)
    return ranks[min(ranks)] if ranks else []


def _usual(role: Role, fits: list[str]) -> str | None:
    """The one of several with the most usual name; None where none has one."""
    if len(fits) == 1:
        return fits[0]
    order = {name: place for place, name in enumerate(KNOWN[role].names)}
    named = [name for name in fits if name.lower() in order]
    return min(named, key=lambda name: order[name.lower()], default=None)


def _levels(path: Path, raw: xr.Dataset) -> dict[str, Level]:
    found: dict[str, Level] = {}
    for key, variable in raw.variables.items():
        name = str(key)
        if variable.dims not in ((), (name,)) or variable.dtype.kind not in "fiu":
            continue
        level = _level(path, name, variable)
        if level is not None:
            found[name] = level
    return found


def _level(path: Path, name: str, variable: xr.Variable) -> Level | None:
    low, standard = name.lower(), variable.attrs.get("standard_name")
    units = variable.attrs.get("units")
    if units is None and low in ("isobaricinhpa", "isobaricinpa"):
        units = low.removeprefix("isobaricin").replace("hpa", "hPa").replace("pa", "Pa")
    plain = plain_units(units) if units is not None else None
    vertical = variable.attrs.get("axis") == "Z" or bool(variable.attrs.get("positive"))
    if plain in ("hPa", "Pa", "kPa"):
        if standard == "air_pressure" or low in _PRESSURE | _VERTICAL or vertical:
            factor = {"hPa": 1.0, "Pa": 0.01, "kPa": 10.0}[plain]
            return Level("pressure", np.atleast_1d(variable.values) * factor)
        return None
    if standard == "air_pressure" or low in _PRESSURE:
        stated = "no units" if units is None else repr(units)
        raise InputError(f"{path}: axis {name} states {stated}; expected hPa or Pa")
    if plain == "m" and (standard == "height" or low in _HEIGHT | _VERTICAL or vertical):
        return Level("height", np.atleast_1d(variable.values).astype(float))
    if standard in ("model_level_number", "atmosphere_hybrid_sigma_pressure_coordinate") or (
        low in _MODEL | _VERTICAL
    ):
        return Level("model", np.atleast_1d(variable.values).astype(float))
    return None


def horizontal_grid(path: Path, raw: xr.Dataset, axes: CfAxes) -> tuple[Grid, tuple[str, ...]]:
    """Grid of a file, and the file's dimensions it lies on.

    Latitude and longitude each on a dimension of its own make a regular grid, both on the same
    two a curvilinear one, both on the same one an unstructured one; a single place is unstructured.

    Raises
    ------
    InputError
        No latitude or longitude, not in degrees, not numbers, or on dimensions that fit no grid.
    """
    found = [_degrees(path, raw, axes, role) for role in ("latitude", "longitude")]
    (lat_dims, latitude), (lon_dims, longitude) = found
    if len(lat_dims) == 2 and set(lat_dims) == set(lon_dims):
        if lat_dims != lon_dims:
            longitude = longitude.T
        return Grid("curvilinear", latitude, longitude), lat_dims
    if lat_dims == lon_dims and len(lat_dims) <= 1:
        grid = Grid("unstructured", np.atleast_1d(latitude), np.atleast_1d(longitude))
        return grid, lat_dims
    if max(len(lat_dims), len(lon_dims)) <= 1:
        grid = Grid("regular", np.atleast_1d(latitude), np.atleast_1d(longitude))
        return grid, (*lat_dims, *lon_dims)
    raise InputError(
        f"{path}: latitude lies on ({', '.join(lat_dims)}) and longitude on "
        f"({', '.join(lon_dims)}); expected one axis each, or both on the same"
    )


def _degrees(
    path: Path, raw: xr.Dataset, axes: CfAxes, role: Literal["latitude", "longitude"]
) -> tuple[tuple[str, ...], np.ndarray]:
    name = axes.names.get(role)
    if name is None:
        for dim in map(str, raw.dims):
            if dim.lower() in KNOWN[role].names:
                raise InputError(f"{path}: axis {dim} has no values")
        raise InputError(f"{path}: no {role}; found {', '.join(map(str, raw.variables)) or 'none'}")
    variable = raw.variables[name]
    if variable.dtype.kind not in "fiu":
        raise InputError(f"{path}: axis {name} holds no numbers but {variable.dtype}")
    units = str(variable.attrs.get("units", "degrees")).lower()
    if not units.startswith("degree"):
        raise InputError(f"{path}: axis {name} is in {units!r}; expected degrees")
    try:
        values = variable.values.astype(np.float64)
    except (OSError, RuntimeError) as error:
        raise InputError(f"{path}: axis {name} cannot be read: {error}") from None
    return tuple(map(str, variable.dims)), values


def member_numbers(path: Path, raw: xr.Dataset, axes: CfAxes) -> tuple[tuple[str, ...], np.ndarray]:
    """Numbers of the members and the dimension they lie on, none for a single one.

    Labels that are no numbers (``r1i1p1f1``) are counted from 0 in the order of the file; so are
    the members of an axis without values. Without an ensemble the one member is 0.

    Raises
    ------
    InputError
        A number is missing or no whole number.
    """
    name = axes.names.get("member")
    if name is None:
        usual = [d for d in map(str, raw.dims) if d.lower() in KNOWN["member"].names]
        return tuple(usual[:1]), np.arange(raw.sizes[usual[0]] if usual else 1)
    variable = raw.variables[name]
    values = np.atleast_1d(variable.values)
    if values.dtype.kind not in "fiu":
        values = np.arange(len(values))
    if not (np.isfinite(values).all() and (values == np.rint(values)).all()):
        raise InputError(f"{path}: axis {name} must hold whole numbers; found {values[:3]}")
    return tuple(map(str, variable.dims)), values.astype(np.int64)
