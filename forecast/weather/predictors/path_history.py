"""What only the whole path can tell: changes, recirculation, dry and stagnant days, ventilation."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from forecast.weather.days.stability import DRY_MM, stagnation
from forecast.weather.days.wind import recirculation_factor
from forecast.weather.predictors.member_statistics import member_mean
from forecast.weather.predictors.past_days import PastDays

CHANGING = ("sp", "msl", "t2m")
"""Fields whose change from the day before marks a front or a build-up."""
RECIRCULATION_DAYS = 3
MOST_DRY_DAYS = 10
"""Longer without rain makes no difference."""


def history_predictors(
    fields: Mapping[str, np.ndarray], paths: Mapping[str, np.ndarray], past: PastDays
) -> dict[str, np.ndarray]:
    """Predictors made along the path, as far as the fields allow.

    Parameters
    ----------
    fields : mapping of str to ndarray
        Daily fields on (issue, lead, member, place), leads 1 … n.
    paths : mapping of str to ndarray
        Their means over the members on (issue, day, place): the last n days are the leads, those
        before, at least one, the analysis.
    past : PastDays
        Analyses of the same fields.

    Returns
    -------
    dict of str to ndarray
        float32 on (issue, lead, place):

        - ``{sp|msl|t2m}_change``: target minus the day before
        - ``recirculation3``: `recirculation_factor` of the three days to the target
        - ``dry_days``: `dry_days`
        - ``stagnation_share``, ``stagnation_days``: share of the members whose target day is one
          of `stagnation`, and the number of such days from lead 1 to the target, mean of the
          members
        - ``ventilation_sum`` or, without it, ``ws_sum``: sum from lead 1 to the target
    """
    out = {}
    for name in [n for n in CHANGING if n in fields]:
        leads = fields[name].shape[1]
        out[f"{name}_change"] = paths[name][:, -leads:] - paths[name][:, -leads - 1 : -1]
    if {"u10", "v10", "ws"} <= fields.keys():
        out["recirculation3"] = member_mean(_recirculation(fields, past))
    if "tp" in fields:
        before = past.before("tp", MOST_DRY_DAYS, fields["tp"].shape[3])
        out["dry_days"] = member_mean(dry_days(fields["tp"], before))
    if {"ws", "ws500", "tp"} <= fields.keys():
        share = member_mean(stagnation(fields["ws"], fields["ws500"], fields["tp"]))
        out["stagnation_share"] = share
        out["stagnation_days"] = np.cumsum(share, axis=1)
    for name in [n for n in ("ventilation", "ws") if n in fields][:1]:
        leads = fields[name].shape[1]
        out[f"{name}_sum"] = np.cumsum(paths[name][:, -leads:], axis=1)
    return out


def dry_days(precipitation: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Days without rain that end with each day: those in a row with less than 1 mm, at most 10.

    Parameters
    ----------
    precipitation : ndarray, (issue, lead, member, place)
        Daily sums, mm.
    before : ndarray, (issue, day, place)
        Of the days before lead 1, oldest first.

    Returns
    -------
    ndarray, (issue, lead, member, place)
        float32. A day of unknown rain neither counts nor ends the row, so what is known gives a
        lower bound; NaN where the target's own rain is unknown.
    """
    count = np.zeros((len(before), 1, before.shape[2]), np.float32)
    for day in range(before.shape[1]):
        count = _one_more(count, before[:, day, None])
    out = np.empty(precipitation.shape, np.float32)
    for lead in range(precipitation.shape[1]):
        rain = precipitation[:, lead]
        count = _one_more(count, rain)
        out[:, lead] = np.where(np.isnan(rain), np.nan, count)
    return out


def _one_more(count: np.ndarray, rain: np.ndarray) -> np.ndarray:
    """Dry days after one more day."""
    longer = np.minimum(count + 1, MOST_DRY_DAYS)
    return np.where(np.isnan(rain), count, np.where(rain < DRY_MM, longer, 0)).astype(np.float32)


def _recirculation(fields: Mapping[str, np.ndarray], past: PastDays) -> np.ndarray:
    """Recirculation over the days known of the last three, (issue, lead, member, place)."""
    leads = fields["ws"].shape[1]
    days = {name: _with_before(fields[name], name, past) for name in ("u10", "v10", "ws")}
    known = np.isfinite(days["u10"] + days["v10"] + days["ws"])
    runs, whole = {}, bool(known.all())
    for name, values in days.items():
        values = values if whole else np.where(known, values, np.float32(0))
        total = values[:, :leads].copy()
        for k in range(1, RECIRCULATION_DAYS):
            total += values[:, k : k + leads]
        runs[name] = total
    return recirculation_factor(runs["u10"], runs["v10"], runs["ws"])


def _with_before(values: np.ndarray, name: str, past: PastDays) -> np.ndarray:
    """Each member's days with the analysis of the days before them."""
    before = past.before(name, RECIRCULATION_DAYS - 1, values.shape[3])
    shape = (values.shape[0], RECIRCULATION_DAYS - 1, *values.shape[2:])
    return np.concatenate([np.broadcast_to(before[:, :, None], shape), values], axis=1)
