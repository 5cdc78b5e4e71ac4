"""Predictors from guidance: what a model forecast for each case, as it was known at its issue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import xarray as xr

from forecast.guidance.settings import Guidance

OLDEST_DAYS = 2
"""Days a cycle may serve on while no newer one is there."""
DIMS = ("issue", "lead", "place")


def guidance_predictors(
    sources: Sequence[Guidance],
    known: Mapping[str, xr.Dataset],
    issues: pd.DatetimeIndex,
    leads: np.ndarray,
    places: np.ndarray,
) -> dict[str, xr.DataArray]:
    """Guidance of each case.

    Parameters
    ----------
    sources : sequence of Guidance
        Sections of the configuration.
    known : mapping of str to xarray.Dataset
        What is known of each by its name, from `forecast.known.Known.guidance`.
    issues : pandas.DatetimeIndex
        Local issue dates.
    leads : ndarray of int, (lead,)
        Days.
    places : ndarray of str, (place,)
        Stations.

    Returns
    -------
    dict of str to xarray.DataArray, (issue, lead, place)
        ``guidance_<name>_<pollutant>``, float32, in the pollutant's unit. Guidance by valid day is
        that of the case's valid day. Of guidance by cycle the newest at hand at the case's issue is
        taken that forecasts the valid day and is at most `OLDEST_DAYS` late. NaN where there is
        none.

    Examples
    --------
    >>> cams = Guidance(name="cams", files="cams.csv", columns={"pm25": "cams_pm25"})
    >>> day = pd.date_range("2015-01-01", periods=3)
    >>> known = xr.Dataset(
    ...     {"pm25": (("day", "place"), np.float32([[10], [20], [30]]))},
    ...     {"day": day, "place": ["a"]},
    ... )
    >>> leads, places = np.array([1, 2]), np.array(["a"])
    >>> found = guidance_predictors([cams], {"cams": known}, day[:2], leads, places)
    >>> found["guidance_cams_pm25"].values[..., 0].tolist()
    [[20.0, 30.0], [30.0, nan]]
    """
    coords = {"issue": issues, "lead": leads, "place": places}
    out = {}
    for source in sources:
        data = known.get(source.name, xr.Dataset())
        for pollutant in source.columns:
            values = np.full((len(issues), len(leads), len(places)), np.nan, np.float32)
            if pollutant in data and "day" in data.dims:
                valid = issues.values[:, None] + _days(leads)[None, :]
                rows = data["day"].to_index().get_indexer(valid.ravel()).reshape(valid.shape)
                values = _taken(data[pollutant], rows, places)
            elif pollutant in data:
                values = _of_cycles(data[pollutant], issues, leads, places, source.delay_days)
            out[source.predictor(pollutant)] = xr.DataArray(values, coords=coords, dims=DIMS)
    return out


def _of_cycles(
    data: xr.DataArray, issues: pd.DatetimeIndex, leads: np.ndarray, places: np.ndarray, delay: int
) -> np.ndarray:
    """Values of the newest cycle at hand that forecasts the valid day."""
    count = data.sizes["lead"]
    flat = xr.DataArray(
        data.values.reshape(-1, data.sizes["place"]),
        coords={"place": data["place"]},
        dims=("row", "place"),
    )
    out = np.full((len(issues), len(leads), len(places)), np.nan, np.float32)
    for age in range(delay, delay + OLDEST_DAYS + 1):
        cycle = data["issue"].to_index().get_indexer(issues - pd.Timedelta(days=age))
        lead = data["lead"].to_index().get_indexer(leads + age)
        there = (cycle[:, None] >= 0) & (lead[None, :] >= 0)
        rows = np.where(there, cycle[:, None] * count + lead[None, :], -1)
        out = np.where(np.isfinite(out), out, _taken(flat, rows, places))
    return out


def _taken(data: xr.DataArray, rows: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Rows (issue, lead) of `data` (row, place) at the places; −1, or an unknown place, is NaN."""
    columns = data["place"].to_index().get_indexer(pd.Index(places))
    out = np.full((*rows.shape, len(places)), np.nan, np.float32)
    if len(data):
        out = data.values[rows][..., columns].astype(np.float32)
        out[rows < 0] = np.nan
        out[..., columns < 0] = np.nan
    return out


def _days(leads: np.ndarray) -> np.ndarray:
    return leads.astype("timedelta64[D]").astype("timedelta64[ns]")
