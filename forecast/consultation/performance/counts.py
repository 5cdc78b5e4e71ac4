"""Pairs of forecast and observed counted by valid day, area and leads: sums of a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from scipy.sparse import csr_matrix

from forecast.consultation.areas import LEVELS, Area
from forecast.consultation.performance.decisions import BEFORE, ISSUED
from forecast.evaluation.families import HEAVY, INDEX, families_of, model_sums
from forecast.evaluation.groups import sums_of_groups
from forecast.evaluation.settings import Evaluation
from forecast.evaluation.truth import KEEP
from forecast.issued import ADJUSTED_BY, DECISION
from forecast.standard import Standard
from verification import group_sums

SCORES = (
    *("level_accuracy", "level_range_accuracy", "range_accuracy", "mean_width"),
    *("category_accuracy", "over_rate", "under_rate", "pod", "far", "ts"),
)
"""Scores of a report, by their names in `verification.SCORES`."""
BANDS = ((1, 3), (4, 7), (8, 15))
"""First and last lead of the bands that areas are reported by."""
ALL = "all"
"""Label of all leads together."""


@dataclass(frozen=True)
class Counts:
    """Sums of the days of one standard.

    Attributes
    ----------
    whole, parts, roles : tuple of xarray.Dataset
        Sums by family on (model, lead, day, group): of the whole by lead, band and all leads, of
        the other areas by band, and of the pairs that centres of each level adjusted, by band and
        all leads, issued and guidance alone. Groups are labelled by `area_key` and `role_key`,
        leads as in `leads` and `bands`.
    levels : xarray.Dataset
        Pairs of the first band as issued, by day, forecast and observed level.
    adjusted : xarray.DataArray
        Pairs whose issued decision is not what guidance said, by day.
    leads, bands : tuple of str
        Labels of the single leads, as ``1``, and of the bands, as ``1–3``.
    """

    whole: tuple[xr.Dataset, ...]
    parts: tuple[xr.Dataset, ...]
    roles: tuple[xr.Dataset, ...]
    levels: xr.Dataset
    adjusted: xr.DataArray
    leads: tuple[str, ...]
    bands: tuple[str, ...]

    def between(self, first: pd.Timestamp, last: pd.Timestamp) -> Counts | None:
        """The same of those days from first to last that have a pair; None where none has."""
        issued = next(s for s in self.whole if s.attrs["family"] == "level")["pairs"]
        pairs = issued.sel(model=ISSUED, lead=ALL, day=slice(first, last)).isel(group=0)
        days = pairs["day"].values[pairs.values > 0]
        if not len(days):
            return None
        return Counts(
            tuple(s.sel(day=days) for s in self.whole),
            tuple(s.sel(day=days) for s in self.parts),
            tuple(s.sel(day=days) for s in self.roles),
            self.levels.reindex(day=days, fill_value=0.0),
            self.adjusted.sel(day=days),
            self.leads,
            self.bands,
        )

    @property
    def days(self) -> pd.DatetimeIndex:
        """Valid days."""
        return pd.DatetimeIndex(self.whole[0]["day"].values)


def area_key(area: Area) -> str:
    """Level and name of an area as one label."""
    return f"{area.level}:{area.name}"


def role_key(level: str) -> str:
    """Label of the pairs that centres of a level adjusted."""
    return f"role:{level}"


def bands_of(leads: Sequence[int]) -> dict[str, list[int]]:
    """Positions of the leads of each band, by its label.

    Examples
    --------
    >>> from forecast.consultation.performance.counts import bands_of
    >>> bands_of([1, 2, 3, 4])
    {'1–3': [0, 1, 2], '4': [3]}
    """
    found = {}
    for first, last in BANDS:
        inside = [i for i, lead in enumerate(leads) if first <= lead <= last]
        if inside:
            ends = [str(leads[i]) for i in (inside[0], inside[-1])]
            found["–".join(dict.fromkeys(ends))] = inside
    return found


def counted(
    decisions: xr.Dataset,
    truth: xr.Dataset,
    valid: np.ndarray,
    areas: Sequence[Area],
    standard: Standard,
    settings: Evaluation,
) -> Counts:
    """Count the pairs of days of one standard.

    Parameters
    ----------
    decisions : xarray.Dataset
        From `forecast.consultation.performance.decisions.read_decisions`.
    truth : xarray.Dataset
        From `forecast.evaluation.truth.observed_pairs`.
    valid : ndarray, (issue, lead)
        Valid days, NaT where a pair does not count.
    areas : sequence of Area
        The nation first.
    standard : Standard
        That of all of the days.
    settings : Evaluation
        Parameters of the scores.

    Returns
    -------
    Counts
        Issued and guidance on all pairs of an issued forecast and an observation, the references
        on those of them that they forecast.
    """
    day = xr.DataArray(valid, {d: decisions[d] for d in KEEP}, KEEP, name="day")
    days = np.unique(valid[~np.isnat(valid)])
    laid = truth.where(~np.isnat(day)).transpose("place", *KEEP)
    leads = decisions["lead"].values.tolist()
    single, bands = {str(k): [i] for i, k in enumerate(leads)}, bands_of(leads)
    spans = single | bands | {ALL: list(range(len(leads)))}
    places = decisions["place"].values
    members = csr_matrix(np.stack([np.isin(places, a.cities) for a in areas]).astype(float))
    role = decisions[ADJUSTED_BY].transpose("place", *KEEP)
    decisions = decisions.drop_vars(ADJUSTED_BY)
    issued = decisions.sel(model=ISSUED, drop=True).transpose("place", *KEEP)
    families = families_of(SCORES)
    by_family: tuple[dict[str, list[xr.Dataset]], ...] = ({}, {})
    for model in decisions["model"].values:
        forecast = decisions.sel(model=model, drop=True).transpose("place", *KEEP)
        forecast = forecast.where(np.isfinite(issued["aqi_low"]))
        for (family, _), sums in model_sums(forecast, laid, standard, families, settings):
            of_areas = sums_of_groups(_heavy_alone(sums), members)
            of_areas = of_areas.assign_coords(group=[area_key(a) for a in areas])
            pieces = (of_areas.isel(group=[0]), spans), (of_areas.isel(group=slice(1, None)), bands)
            for found, (piece, by) in zip(by_family, pieces, strict=True):
                if piece.sizes["group"]:
                    found.setdefault(family, []).append(_by_day(piece, valid, days, by))
    names = pd.Index(decisions["model"].values, name="model")
    band = next(iter(bands.values()))
    table = INDEX["table"](issued, laid, standard, settings).isel(lead=band)
    whole, parts = (
        tuple(xr.concat(models, names, combine_attrs="override") for models in found.values())
        for found in by_family
    )
    by_role = _by_role(decisions, role, laid, standard, settings)
    spans = bands | {ALL: spans[ALL]}
    roles = tuple(
        xr.concat(
            [_by_day(sums, valid, days, spans) for sums in models],
            pd.Index([ISSUED, BEFORE], name="model"),
            combine_attrs="override",
        )
        for models in by_role.values()
    )
    return Counts(
        whole,
        parts,
        roles,
        group_sums(table, by=[day.isel(lead=band)]),
        _adjusted(decisions, laid, day),
        tuple(single),
        tuple(bands),
    )


def _by_role(
    decisions: xr.Dataset,
    role: xr.DataArray,
    truth: xr.Dataset,
    standard: Standard,
    settings: Evaluation,
) -> dict[str, list[xr.Dataset]]:
    """Sums by family of the pairs that centres of each level adjusted, (issue, lead, group).

    Issued, then guidance; nothing where nobody adjusted.
    """
    present = [n for n in range(1, len(LEVELS) + 1) if (role == n).any()]
    group = pd.Index([role_key(LEVELS[n - 1]) for n in present], name="group")
    found: dict[str, list[xr.Dataset]] = {}
    for model in (ISSUED, BEFORE) if present else ():
        forecast = decisions.sel(model=model, drop=True).transpose("place", *KEEP)
        pieces: dict[str, list[xr.Dataset]] = {}
        for number in present:
            own = forecast.where(role == number)
            made = model_sums(own, truth, standard, families_of(SCORES), settings)
            for (family, _), sums in made:
                pieces.setdefault(family, []).append(
                    _heavy_alone(sums).sum("place", keep_attrs=True)
                )
        for family, sums_of in pieces.items():
            laid = xr.concat(sums_of, group, combine_attrs="override")
            found.setdefault(family, []).append(laid)
    return found


def _adjusted(decisions: xr.Dataset, truth: xr.Dataset, day: xr.DataArray) -> xr.DataArray:
    """Pairs by valid day whose decision as issued is not what guidance said."""
    issued, before = (decisions.sel(model=m, drop=True) for m in (ISSUED, BEFORE))
    other = xr.concat([issued[n] != before[n] for n in DECISION], "name").any("name")
    counted_pairs = other & np.isfinite(issued["aqi_low"]) & np.isfinite(truth["level"])
    return group_sums(xr.Dataset({"pairs": counted_pairs.sum("place")}), by=[day])["pairs"]


def _heavy_alone(sums: xr.Dataset) -> xr.Dataset:
    """Sums of the one threshold of heavy pollution, where there are several."""
    return sums.sel(threshold=HEAVY, drop=True) if "threshold" in sums.dims else sums


def _by_day(
    sums: xr.Dataset, valid: np.ndarray, days: np.ndarray, spans: Mapping[str, list[int]]
) -> xr.Dataset:
    """Sums on (group, issue, lead) as those on (lead label, day, group)."""
    out = {}
    for name, variable in sums.data_vars.items():
        values = variable.transpose("lead", "issue", "group").values
        by_lead = np.zeros((len(values), len(days), sums.sizes["group"]))
        for laid, own, day in zip(by_lead, values, valid.T, strict=True):
            held = ~np.isnat(day)  # of one lead, every issue has a day of its own
            laid[np.searchsorted(days, day[held])] = own[held]
        spanned = [by_lead[rows].sum(axis=0) for rows in spans.values()]
        out[name] = (("lead", "day", "group"), np.stack(spanned))
    coords = {"lead": list(spans), "day": days, "group": sums["group"].values}
    return xr.Dataset(out, coords, sums.attrs)
