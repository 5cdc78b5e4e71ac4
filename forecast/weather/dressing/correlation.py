"""Correlation of ensemble members with the analysis by lead, from a short archive of forecasts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr
from scipy.optimize import isotonic_regression

from forecast.errors import InputError
from forecast.weather.dressing.anomalies import YEAR, harmonics, least_squares

CYCLES = 120
LEAST_PAIRS = 30
"""Cycles with a known valid day that every lead needs."""
NEAR_ONE = 1 - 1e-6
"""Fisher's z is infinite at 1."""


def estimate_correlation(
    forecast: xr.Dataset, analysis: xr.Dataset, *, cycles: int = CYCLES
) -> dict[str, np.ndarray]:
    """Anomaly correlation of a member with the analysis by lead, for each field.

    Forecasts and analyses each lose the seasonal course they have over the cycles used (annual
    harmonics by least squares, of each place, lead and member: so a bias of the forecasts that
    changes with the lead goes too), then

        r_k = sum f a / sqrt(sum f**2 sum a**2)

    over cycles, members and places, each place weighed by the inverse variance of its analyses. The
    leads are smoothed (weights 1, 2, 1) in Fisher's z = artanh(r) and made not to rise.

    Parameters
    ----------
    forecast : xarray.Dataset
        Fields on (issue, lead, member, place), leads in whole days.
    analysis : xarray.Dataset
        The same fields on (day, place). Only valid days of the cycles used are looked at.
    cycles : int
        The first so many issues are used.

    Returns
    -------
    dict of str to ndarray, (lead,)
        Within 0 … 1, not increasing, for the fields that both have.

    Raises
    ------
    InputError
        No field or no place in both, or fewer than 30 cycles with a known valid day at some lead.

    Notes
    -----
    With 120 cycles of one season the error of an estimate over one region is about 0.01 where the
    correlation is 0.95 and 0.05 where it is 0.4: a season has some twenty independent weathers.
    """
    names = [str(n) for n in forecast.data_vars if n in analysis and "member" in forecast[n].dims]
    places = forecast["place"].to_index().intersection(analysis["place"].to_index(), sort=False)
    if not names or not len(places):
        what = "field" if not names else "place"
        raise InputError(
            f"estimating the correlation by lead: forecasts and analyses share no {what}"
        )
    forecast = forecast[names].isel(issue=slice(cycles)).sel(place=places)
    analysis = analysis[names].sel(place=places)
    found = {}
    for name in names:
        members = forecast[name].transpose("lead", "issue", "member", "place").values
        raw = [
            _pooled(members[k], _valid(analysis[name], forecast["issue"], lead), name, lead)
            for k, lead in enumerate(forecast["lead"].values.astype(int))
        ]
        found[name] = _smooth(np.array(raw))
    return found


def _valid(field: xr.DataArray, issues: xr.DataArray, lead: int) -> tuple[np.ndarray, np.ndarray]:
    """Valid days since 1970 and the analyses of them, (issue, place)."""
    days = issues.to_index() + pd.Timedelta(days=int(lead))
    values = field.transpose("day", "place").reindex(day=days).values
    return days.values.astype("datetime64[D]").astype(int), values


def _pooled(
    members: np.ndarray, analysed: tuple[np.ndarray, np.ndarray], name: str, lead: int
) -> float:
    """Correlation of members (issue, member, place) with analyses, of all members and places."""
    days, truth = analysed
    both = np.isfinite(members) & np.isfinite(truth)[:, None]
    pairs = int(both.any(axis=(1, 2)).sum())
    if pairs < LEAST_PAIRS:
        raise InputError(
            f"estimating the correlation of {name}: {pairs} cycles with forecast and analysis at "
            f"lead {lead}; expected at least {LEAST_PAIRS}"
        )
    basis = harmonics(days, 1 if np.ptp(days) < YEAR else 2)
    wide = np.broadcast_to(truth[:, None], members.shape)
    forecast, anomaly = (_without_season(np.where(both, v, np.nan), basis) for v in (members, wide))
    with np.errstate(invalid="ignore", divide="ignore"):
        weight = 1 / (anomaly**2).sum(axis=0)
        weight[~np.isfinite(weight)] = 0
    product, own, other = (
        float((weight * x).sum()) for x in (forecast * anomaly, forecast**2, anomaly**2)
    )
    return product / np.sqrt(own * other) if own * other > 0 else 0.0


def _without_season(values: np.ndarray, basis: np.ndarray) -> np.ndarray:
    """Departures (issue, series) from the basis; 0 where missing."""
    series = values.reshape(len(values), -1).astype(np.float64)
    departure = series - basis @ least_squares(series, basis, LEAST_PAIRS)
    return np.nan_to_num(departure)


def _smooth(raw: np.ndarray) -> np.ndarray:
    """Leads weighed 1, 2, 1 in Fisher's z, then made not to rise; the ends keep their slope."""
    z = np.arctanh(np.clip(raw, 0, NEAR_ONE))
    wide = np.pad(z, 1, mode="reflect", reflect_type="odd") if len(z) > 1 else np.repeat(z, 3)
    smooth = (wide[:-2] + 2 * wide[1:-1] + wide[2:]) / 4
    return np.clip(np.tanh(isotonic_regression(smooth, increasing=False).x), 0, 1)
