"""Forecasts beside the observations of the same places and days, and a report of what is left out.

Everything is matched by label. What only one side has is left out and said; nothing is filled in.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import xarray as xr

from forecast.errors import InputError
from forecast.foreign.content import VALUE, Content, Note, show_label, valid_days
from forecast.foreign.derived import with_centre, with_levels
from forecast.foreign.references import at_days
from forecast.foreign.variables import base_name

LISTED = 3
"""Names that a remark lists."""


@dataclass(frozen=True)
class Matched:
    """A model's forecasts and what was observed of the same places.

    Attributes
    ----------
    model : str
    forecast : xarray.Dataset
        On (issue, lead, place) or (day, place).
    observed : xarray.Dataset
        Of all days, on (day, place) with the same places, called as in the observations.
    notes : tuple of Note
        What was left out and why.
    """

    model: str
    forecast: xr.Dataset
    observed: xr.Dataset
    notes: tuple[Note, ...]

    @property
    def time(self) -> str:
        """Dimension whose days are resampled: issue or day."""
        return "issue" if "issue" in self.forecast.dims else "day"


def match(forecast: Content, observed: Content) -> Matched:
    """Bring forecasts and observations together.

    Parameters
    ----------
    forecast, observed : Content

    Returns
    -------
    Matched
        On the places that both have.

    Raises
    ------
    InputError
        They share no place, no variable or no day, or no value of either has its counterpart.
    """
    data, truth, notes = _shared_places(forecast, observed)
    data, truth, more = _shared_variables(forecast, observed, data, truth)
    notes += more
    valid = valid_days(data)
    days = truth["day"].values.astype("datetime64[D]")
    notes += _day_notes(forecast, observed, valid, days)
    found = _pairs(data, at_days(truth, valid, data))
    if not any(pairs for pairs, _ in found.values()):
        raise InputError(
            f"{forecast.name} and {observed.name} share places and days, but no day has a forecast "
            "and an observed value"
        )
    for name, (_, alone) in found.items():
        if alone:
            zh = f"{name}有{alone:,}个预报值没有实况"
            en = f"{alone:,} forecasts of {name} have no observed value"
            notes.append(_about(forecast, zh, en))
    return Matched(forecast.name, data, truth, tuple(notes))


def _about(forecast: Content, zh: str, en: str) -> Note:
    return Note(f"{forecast.name}：{zh}", f"{forecast.name}: {en}")


def _shared_places(
    forecast: Content, observed: Content
) -> tuple[xr.Dataset, xr.Dataset, list[Note]]:
    data, truth = forecast.data, observed.data
    if "" in data["place"].values or "" in truth["place"].values:
        if data.sizes["place"] > 1 or truth.sizes["place"] > 1:
            bare = forecast.name if "" in data["place"].values else observed.name
            raise InputError(f"{bare}: no column of places, and the other file has several")
        label = [str(v) for v in (*truth["place"].values, *data["place"].values) if v] or ["all"]
        return data.assign_coords(place=label[:1]), truth.assign_coords(place=label[:1]), []
    ours, theirs = max(
        ((a, b) for a in _namings(data) for b in _namings(truth)),
        key=lambda pair: len(set(pair[0]) & set(pair[1])),
    )
    shared = [p for p in ours if p in set(theirs)]
    if not shared:
        raise InputError(
            f"{forecast.name} and {observed.name} share no place: {_some(ours)} in the "
            f"forecast, {_some(theirs)} in the observations"
        )
    notes = []
    for own, other, zh, en in (
        (ours, theirs, "个站点或城市只在预报中", "places only in the forecast"),
        (theirs, ours, "个站点或城市只在实况中", "places only in the observations"),
    ):
        alone = [p for p in own if p not in set(other)]
        if alone:
            count, listed = len(alone), _some(alone)
            notes.append(_about(forecast, f"{count}{zh}（{listed}）", f"{count} {en} ({listed})"))
    data = data.isel(place=[ours.index(p) for p in shared])
    truth = truth.isel(place=[theirs.index(p) for p in shared])
    labels = truth["place"].values
    data, truth = (
        side.drop_vars([c for c in side.coords if str(c).startswith("alias")])
        for side in (data, truth)
    )
    return data.assign_coords(place=labels), truth, notes


def _namings(data: xr.Dataset) -> list[list[str]]:
    """The ways in which the places are named."""
    names = ["place", *(c for c in data.coords if str(c).startswith("alias"))]
    return [[str(v) for v in data[n].values] for n in names]


def _shared_variables(
    forecast: Content, observed: Content, data: xr.Dataset, truth: xr.Dataset
) -> tuple[xr.Dataset, xr.Dataset, list[Note]]:
    truth, data = _named_value(truth, data), _named_value(data, truth)
    data, truth = with_levels(with_centre(data)), with_levels(truth)
    ours = list(dict.fromkeys(base_name(str(v)) for v in data.data_vars))
    implied = {"aqi_low": "aqi", "aqi_high": "aqi", "level_low": "level", "level_high": "level"}
    shared = [v for v in ours if implied.get(v, v) in truth]
    if not shared:
        raise InputError(
            f"{forecast.name} and {observed.name} share no variable: {', '.join(ours)} in the "
            f"forecast, {', '.join(map(str, truth.data_vars))} in the observations"
        )
    notes = []
    theirs = [str(v) for v in truth.data_vars]
    for alone, zh, en in (
        ([v for v in ours if v not in shared], "只在预报中的要素", "only in the forecast"),
        ([v for v in theirs if v not in (*ours, *implied)], "只在实况中的要素",
         "only in the observations"),
    ):  # fmt: skip
        if alone:
            listed = ", ".join(alone)
            notes.append(_about(forecast, f"{zh}：{listed}", f"variables {en}: {listed}"))
    kept = [v for v in data.data_vars if base_name(str(v)) in shared]
    return data[kept], truth, notes


def _named_value(data: xr.Dataset, other: xr.Dataset) -> xr.Dataset:
    """A value without a name takes the name of the only variable of the other side."""
    names = {base_name(str(v)) for v in other.data_vars}
    if {base_name(str(v)) for v in data.data_vars} != {VALUE} or len(names) != 1:
        return data
    name = names.pop()
    return data.rename({v: str(v).replace(VALUE, name, 1) for v in data.data_vars})


def _day_notes(
    forecast: Content, observed: Content, valid: np.ndarray, days: np.ndarray
) -> list[Note]:
    wanted = np.unique(valid)
    without, never = np.setdiff1d(wanted, days), np.setdiff1d(days, wanted)
    if len(without) == len(wanted):
        raise InputError(
            f"{forecast.name} and {observed.name} share no day: {wanted[0]} … {wanted[-1]} in the "
            f"forecast, {days[0]} … {days[-1]} in the observations"
        )
    notes = []
    if len(without):
        count, listed = len(without), _some(without)
        zh, en = f"{count}个预报日没有实况", f"{count} days forecast are not in the observations"
        notes.append(_about(forecast, f"{zh}（{listed}）", f"{en} ({listed})"))
    if len(never):
        count, listed = len(never), _some(never)
        zh, en = f"{count}个实况日没有预报", f"{count} observed days were not forecast"
        notes.append(_about(forecast, f"{zh}（{listed}）", f"{en} ({listed})"))
    return notes


def _some(labels: Iterable[object]) -> str:
    shown = [show_label(label) for label in labels]
    return ", ".join(shown[:LISTED]) + (" …" if len(shown) > LISTED else "")


def _pairs(data: xr.Dataset, seen: xr.Dataset) -> dict[str, tuple[int, int]]:
    """Pairs, and forecasts without an observed value, by variable."""
    found = {}
    for name, values in data.data_vars.items():
        if name in seen:
            f, o = (~np.isnan(x.transpose(*values.dims)) for x in (values, seen[name]))
            found[str(name)] = (int((f & o).sum()), int((f & ~o).sum()))
    return found
