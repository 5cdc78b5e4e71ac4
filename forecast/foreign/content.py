"""What any file is brought to: one value for each issue, lead and place, or each day and place."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from forecast.errors import InputError

LEADS, DAYS = ("issue", "lead"), ("day",)
"""Dimensions of time: where the lead is known, and where only the day is."""
VALUE = "value"
"""Name of the only variable of a file that does not name it."""
MEMBERS, QUANTILES = "_members", "_quantiles"
"""Endings of the variables that hold an ensemble, or quantiles."""


@dataclass(frozen=True)
class Note:
    """A remark on what was read or left out, in Chinese and English."""

    zh: str
    en: str

    def text(self, lang: str) -> str:
        """The remark in ``zh`` or ``en``."""
        return self.zh if lang == "zh" else self.en


@dataclass(frozen=True)
class Content:
    """One model's forecasts, or the observations.

    Attributes
    ----------
    name : str
        Of the model, or of the file.
    data : xarray.Dataset
        On (issue, lead, place) or (day, place): pollutants in the data model's units, ``aqi
        aqi_low aqi_high level level_low level_high primary``, variables of the user's own;
        ``<variable>_members`` has ``member`` and ``<variable>_quantiles`` has ``quantile`` besides.
        Lead in whole days; missing is NaN. Coordinates ``alias…`` on ``place`` are other names of
        the places.
    notes : tuple of Note
        What a reader should know.
    """

    name: str
    data: xr.Dataset
    notes: tuple[Note, ...] = field(default=())

    @property
    def time(self) -> tuple[str, ...]:
        """`LEADS` or `DAYS`."""
        return DAYS if "day" in self.data.dims else LEADS


def valid_days(data: xr.Dataset) -> np.ndarray:
    """Day of each (issue, lead), or the days themselves, as datetime64[D]."""
    if "day" in data.dims:
        return data["day"].values.astype("datetime64[D]")
    issue = data["issue"].values.astype("datetime64[D]")
    return issue[:, None] + data["lead"].values.astype("timedelta64[D]")[None, :]


def union(parts: Sequence[Content], name: str) -> Content:
    """Lay the contents of several files out as one.

    Parameters
    ----------
    parts : sequence of Content
        At least one; all with the same dimensions of time.
    name : str
        Name of the whole.

    Returns
    -------
    Content
        On the union of all labels.

    Raises
    ------
    InputError
        Some know leads and others only days, members or quantiles differ, or a value stands in
        two of the files.
    """
    first = parts[0]
    if len(parts) == 1:
        return Content(name, first.data, first.notes)
    for part in parts[1:]:
        if part.time != first.time:
            raise InputError(
                f"{part.name}: has the dimensions {', '.join(part.time)}, {first.name} has "
                f"{', '.join(first.time)}; they cannot be one forecast"
            )
    dims = (*first.time, "place")
    axes: dict[str, pd.Index] = {d: _axis([p.data.indexes[d] for p in parts]) for d in dims}
    out: dict[str, xr.DataArray] = {}
    written: dict[str, str] = {}
    for part in parts:
        for variable in part.data.data_vars.values():
            _lay(out, variable, axes, part.name, written)
    aliases: dict[Hashable, pd.Series] = {}
    for part in parts:
        for alias in (c for c in part.data.coords if str(c).startswith("alias")):
            series = pd.Series(part.data[alias].values, part.data.indexes["place"])
            aliases[alias] = series.combine_first(aliases[alias]) if alias in aliases else series
    named = {a: ("place", s.reindex(axes["place"]).to_numpy()) for a, s in aliases.items()}
    notes = tuple(dict.fromkeys(note for part in parts for note in part.notes))
    return Content(name, xr.Dataset(out).assign_coords(named), notes)


def _axis(indexes: Sequence[pd.Index]) -> pd.Index:
    """All labels: days and leads in order, places as they appear."""
    values = np.concatenate([i.to_numpy() for i in indexes])
    unique = pd.Index(pd.unique(values))
    return unique if unique.dtype == object else unique.sort_values()


def _lay(
    out: dict[str, xr.DataArray],
    variable: xr.DataArray,
    axes: dict[str, pd.Index],
    source: str,
    written: dict[str, str],
) -> None:
    name = str(variable.name)
    inner = [d for d in variable.dims if d not in axes]
    variable = variable.transpose(*axes, *inner)
    if name not in out:
        coords: dict[Hashable, Any] = dict(axes) | {d: variable[d].values for d in inner}
        shape = [len(labels) for labels in coords.values()]
        out[name] = xr.DataArray(np.full(shape, np.nan, variable.dtype), coords, list(coords))
    whole = out[name]
    for d in inner:
        if not np.array_equal(whole[d].values, variable[d].values):
            raise InputError(f"{source}: other labels of {d} than {written[name]}")
    at = np.ix_(*(axes[d].get_indexer(variable.indexes[d]) for d in axes))
    before = whole.values[at]
    twice = np.argwhere(~np.isnan(before) & ~np.isnan(variable.values))
    if len(twice):
        where = ", ".join(
            f"{d} {show_label(variable[d].values[i])}" for d, i in zip(axes, twice[0], strict=False)
        )
        raise InputError(f"{source}: {name} at {where} already stands in {written[name]}")
    whole.values[at] = np.where(np.isnan(variable.values), before, variable.values)
    written[name] = source


def show_label(label: object) -> str:
    """A label as text: days as 2015-12-01."""
    if isinstance(label, np.datetime64):
        return str(label.astype("datetime64[D]"))
    return str(label)
