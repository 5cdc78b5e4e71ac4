"""A NetCDF file of points into one value for each time and place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from forecast.errors import InputError
from forecast.foreign.axes import Axes, axis_role, find_axes, role_of, row_times
from forecast.foreign.content import MEMBERS, QUANTILES, VALUE, Content, Note
from forecast.foreign.issued import is_issued, issued_content
from forecast.foreign.layout import Times
from forecast.foreign.names import Meaning, Side, meaning
from forecast.foreign.rows import Rows, about, content_of
from forecast.foreign.variables import to_units
from forecast.pollutants import MASK_BITS
from forecast.probing import check_opens
from forecast.unreadable import UNREADABLE


def read_netcdf(path: Path, side: Side) -> list[Content]:
    """Read a NetCDF file of forecasts or observations at places.

    Parameters
    ----------
    path : Path
        The file; an issued forecast of ours is known by its variables.
    side : {"forecast", "observed"}
        Which of the two is wanted, where the file holds both.

    Returns
    -------
    list of Content
        One.

    Raises
    ------
    InputError
        One sentence with the file and the dimension or variable at fault.
    """
    check_opens(path)
    try:
        with xr.open_dataset(path, engine="netcdf4", decode_timedelta=False) as file:
            if is_issued(file):
                return [issued_content(path)]
            data = file.load()
    except UNREADABLE as error:
        if isinstance(error, InputError):
            raise
        what = " ".join(str(error).split())
        raise InputError(f"{path}: not a readable NetCDF file: {what}") from None
    data = _as_text(data.squeeze([d for d, n in data.sizes.items() if n == 1 and _idle(data, d)]))
    axes = find_axes(path, data)
    variables, unused = _variables(path, data, axes, side)
    notes = []
    if unused:
        listed = ", ".join(unused)
        notes.append(about(path, f"未使用的变量 {listed}", f"variables not used: {listed}"))
    return [_content(path, data, axes, variables, side, notes)]


def _idle(data: xr.Dataset, dim: Hashable) -> bool:
    """Whether a dimension of length one tells nothing, such as a height."""
    return role_of(data, dim) is None


def _as_text(data: xr.Dataset) -> xr.Dataset:
    """Names read as bytes become text."""
    for name, variable in data.variables.items():
        if variable.dtype.kind == "S":
            text = np.char.strip(np.char.decode(variable.values, "utf-8", "replace"), "\0 ")
            data[name] = (variable.dims, text.astype(object), variable.attrs)
    return data


def _variables(
    path: Path, data: xr.Dataset, axes: Axes, side: Side
) -> tuple[dict[str, Meaning], list[str]]:
    """Variables of values, and the names of those left aside."""
    other: Side = "observed" if side == "forecast" else "forecast"
    candidates = {
        str(n): _meaning(str(n), v)
        for n, v in data.data_vars.items()
        if set(v.dims) <= set(axes.dims) and v.dims and axis_role(str(n), v.attrs) is None
    }
    unused = [
        str(n) for n, v in data.data_vars.items() if v.dims and not set(v.dims) <= set(axes.dims)
    ]
    known = {n: m for n, m in candidates.items() if m.known and m.role in ("variable", "value")}
    sides = {m.side for m in known.values()}
    if side in sides:
        known = {n: m for n, m in known.items() if m.side != other}
    if not known:
        known = {n: m for n, m in candidates.items() if data[n].dtype.kind in "fiu"}
        if len(known) == 1:
            known = {n: Meaning("value", unit=m.unit) for n, m in known.items()}
    if not known:
        raise InputError(
            f"{path}: no variable of values (pm25, aqi, value …); found "
            f"{', '.join(map(str, data.data_vars)) or 'none'}"
        )
    seen: dict[str, str] = {}
    for name, one in known.items():
        what = one.variable or VALUE
        if what in seen:
            raise InputError(f"{path}: variables {seen[what]} and {name} both hold {what}")
        seen[what] = name
    return known, unused + [n for n in candidates if n not in known]


def _meaning(name: str, variable: xr.DataArray) -> Meaning:
    """By name, else by long name."""
    found = meaning(name)
    if found.known:
        return found
    by_long = meaning(str(variable.attrs.get("long_name", "")))
    return by_long if by_long.known and by_long.variable else found


def _content(
    path: Path,
    data: xr.Dataset,
    axes: Axes,
    known: dict[str, Meaning],
    side: Side,
    notes: list[Note],
) -> Content:
    clock = [d for d, r in axes.dims.items() if r in ("issue", "lead", "day")]
    at = next((d for d, r in axes.dims.items() if r == "place"), None)
    labels, aliases = _places(path, data, at)
    times, stamp = row_times(path, data, axes, clock, notes)
    steps = int(np.prod([data.sizes[d] for d in clock]))

    def where(row: int) -> str:
        step = np.unravel_index(row // len(labels), [data.sizes[d] for d in clock])
        place = labels[row % len(labels)]
        named = ", ".join(f"{d} {int(i) + 1}" for d, i in zip(clock, step, strict=True))
        return f"{path}, {named}" + (f", place {place}" if place else "")

    order = [*clock, *([at] if at is not None else [])]
    rejected: Counter[str] = Counter()
    variables, inner = _values(path, data, known, axes, order, steps * len(labels))

    def each(values: np.ndarray | None) -> np.ndarray | None:
        return None if values is None else np.repeat(values, len(labels))

    told = Times(each(times.issue), each(times.lead), each(times.day))
    rows = Rows(np.tile(labels, steps), told, each(stamp), variables, inner)
    named = {f"alias{i}": a for i, a in enumerate(aliases)}
    return content_of(
        path, path.stem, side, rows, where, rejected=rejected, notes=notes, aliases=named
    )


def _places(
    path: Path, data: xr.Dataset, dim: Hashable | None
) -> tuple[np.ndarray, list[pd.Series]]:
    """Labels of the places, and other names that tell them apart."""
    if dim is None:
        return np.array([""], dtype=object), []
    named = []
    for name, variable in data.variables.items():
        if variable.dims == (dim,) and (
            variable.dtype.kind in "OU"
            or (name == dim or meaning(str(name)).role.startswith("place"))
        ):
            text = pd.Index([str(v).strip() for v in variable.values.tolist()], dtype=object)
            if text.is_unique:
                named.append((str(name), text))
    if not named:
        raise InputError(f"{path}: dimension {dim} has no coordinate that names each place")
    named.sort(key=lambda pair: (pair[0] != str(dim), meaning(pair[0]).role))
    labels = named[0][1]
    return labels.to_numpy(object), [pd.Series(text.to_numpy(), labels) for _, text in named[1:]]


def _values(
    path: Path,
    data: xr.Dataset,
    known: dict[str, Meaning],
    axes: Axes,
    order: list[Hashable],
    rows: int,
) -> tuple[dict[str, np.ndarray], dict[str, tuple[str, np.ndarray]]]:
    """Values of each variable as (row,) or (row, member or quantile), in the model's units."""
    role = {r: d for d, r in axes.dims.items()}
    out: dict[str, np.ndarray] = {}
    inner: dict[str, tuple[str, np.ndarray]] = {}
    for name, one in known.items():
        array = data[name]
        if "pollutant" in role and role["pollutant"] in array.dims:
            kinds = role["pollutant"]
            parts = [(meaning(str(k)), array.isel({kinds: i}, drop=True))
                     for i, k in enumerate(data[kinds].values)]  # fmt: skip
        else:
            parts = [(one, array)]
        for what, part in parts:
            variable = what.variable or VALUE
            extra = [r for r in ("member", "quantile") if r in role and role[r] in part.dims]
            if len(extra) > 1:
                raise InputError(f"{path}: {name} has both members and quantiles")
            sizes = {d: data.sizes[d] for d in order} | {
                role[r]: data.sizes[role[r]] for r in extra
            }
            values = part.variable.set_dims(sizes).transpose(*sizes)
            unit = what.unit or str(part.attrs.get("units", ""))
            unit = "" if unit in ("1", "-", "none") else unit
            read = _meant(path, name, variable, values, data[name].attrs)
            for key, found in read.items():
                found = to_units(path, key, found, unit)
                found = found.reshape(rows, *found.shape[len(order) :])
                if extra:
                    key += MEMBERS if extra == ["member"] else QUANTILES
                    inner[key] = (extra[0], _labels(path, data, role[extra[0]], extra[0]))
                out[key] = found
    return out, inner


def _labels(path: Path, data: xr.Dataset, dim: Hashable, role: str) -> np.ndarray:
    if role == "member":
        return np.arange(data.sizes[dim])
    labels = data[dim].values.astype(np.float64)
    labels = labels / 100 if labels.max(initial=0.0) >= 1 else labels
    if dim not in data.variables or not np.all((np.diff(labels) > 0) & (labels[1:] < 1)):
        raise InputError(f"{path}: {dim} must hold levels that rise within (0, 1)")
    return np.round(labels, 6)


def _meant(
    path: Path, name: str, variable: str, values: xr.Variable, attributes: dict
) -> dict[str, np.ndarray]:
    """Numbers of a variable; levels and masks without their marks of missing."""
    if values.dtype.kind not in "fiub":
        raise InputError(f"{path}: {name} holds {values.dtype}; expected numbers")
    numbers = values.values
    numbers = numbers if numbers.dtype.kind == "f" else numbers.astype(np.float64)
    if variable == "level":
        level = np.where((numbers >= 1) & (numbers <= 6), numbers, np.nan)
        return {"level": level}
    if variable != "primary":
        return {variable: numbers}
    bits = np.atleast_1d(attributes.get("flag_masks", []))
    names = [meaning(n).variable for n in str(attributes.get("flag_meanings", "")).split()]
    if not len(bits) or len(bits) != len(names) or not set(names) <= set(MASK_BITS):
        raise InputError(f"{path}: {name} needs flag_masks and flag_meanings that name pollutants")
    whole = np.where(numbers >= 0, numbers, 0).astype(np.int64)
    mask = sum(
        np.where(whole & int(bit), MASK_BITS[n], 0) for bit, n in zip(bits, names, strict=True)
    )
    return {"primary": np.where(numbers >= 0, mask, np.nan)}
