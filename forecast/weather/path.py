"""Weather predictors along the path from issue to target.

What a place will breathe depends on the weather of the days that lead up to the target as much as
on the target day itself. Each field of the ensemble mean enters at the target day, the two days
before and the day after, as the mean from issue to target and over the last four days; days up to
the issue come from the analysis. The spread enters at the target day. From the ring of points
around the place come the fields upstream and the pressure gradient.
"""

from __future__ import annotations

import numpy as np
import xarray as xr

from forecast.weather.archive import BEARINGS, DISTANCES_KM
from forecast.weather.fields import UNITS

BACK = 3
"""Days before lead 1 a path starts at: leads −2, −1, 0."""
OFFSETS = {"before2": -2, "before1": -1, "target": 0, "after1": 1}
RING_FIELDS = ("u10", "v10", "r2", "sp")
_COMPASS = dict(zip(BEARINGS, ("north", "east", "south", "west"), strict=True))


def path_predictors(
    forecast: xr.Dataset, analysis: xr.Dataset | None, last_known: np.ndarray
) -> dict[str, xr.DataArray]:
    """Weather predictors of each case.

    Parameters
    ----------
    forecast : xarray.Dataset
        Fields on (issue, lead, member, place) and ``ring_*`` on (issue, lead, ring, place), leads
        1 … n.
    analysis : xarray.Dataset or None
        The same fields on (day, place).
    last_known : ndarray of datetime64[D], (issue,)
        Last whole day known at each issue; later analyses are not used.

    Returns
    -------
    dict of str to xarray.DataArray
        float32 on (issue, lead, place); NaN where the path leaves what is known or forecast.
        ``{field}_{target|before1|before2|after1|path|run4|spread}`` for each field and the wind
        speed ``ws``, ``{field}_{north|east|south|west}`` 150 km away, ``sp_gradient_{north|east}``
        (Pa over 600 km).
    """
    fields = {n: forecast[n].values for n in UNITS if n in forecast}
    past = {} if analysis is None else {n: analysis[n] for n in fields if n in analysis}
    if {"u10", "v10"} <= fields.keys():
        fields["ws"] = np.hypot(fields["u10"], fields["v10"])
        if {"u10", "v10"} <= past.keys():
            past["ws"] = xr.apply_ufunc(np.hypot, past["u10"], past["v10"])
    out: dict[str, np.ndarray] = {}
    for name, values in fields.items():
        mean = _mean(values)
        before = _past(past.get(name), forecast, last_known)
        path = np.concatenate([before, mean], axis=1)
        out.update(_along(name, path, mean))
        if values.shape[2] > 1:
            out[f"{name}_spread"] = _spread(values, mean)
    out.update(_upstream(forecast))
    dims = ("issue", "lead", "place")
    coords = {d: forecast[d] for d in dims}
    return {n: xr.DataArray(v, coords=coords, dims=dims) for n, v in out.items()}


def _along(name: str, path: np.ndarray, mean: np.ndarray) -> dict[str, np.ndarray]:
    """Offsets, path mean and four-day mean of one field; path starts `BACK` days before lead 1."""
    leads = mean.shape[1]
    out = {}
    for label, offset in OFFSETS.items():
        at = np.arange(leads) + BACK + offset
        values = path[:, np.minimum(at, path.shape[1] - 1)]
        values[:, at >= path.shape[1]] = np.nan
        out[f"{name}_{label}"] = values
    steps = np.arange(1, leads + 1, dtype=np.float32)[:, None]
    out[f"{name}_path"] = np.cumsum(mean, axis=1) / steps
    windows = np.stack([path[:, BACK - k : BACK - k + leads] for k in range(BACK + 1)])
    out[f"{name}_run4"] = _mean(windows, axis=0)
    return out


def _upstream(forecast: xr.Dataset) -> dict[str, np.ndarray]:
    """Ensemble means around the place and the pressure gradient across it."""
    out = {}
    near, far = 0, len(BEARINGS) * (len(DISTANCES_KM) - 1)
    for name in RING_FIELDS:
        if f"ring_{name}" not in forecast:
            continue
        values = forecast[f"ring_{name}"].values
        for k, bearing in enumerate(BEARINGS):
            out[f"{name}_{_COMPASS[bearing]}"] = values[:, :, near + k]
    if "ring_sp" in forecast:
        sp = forecast["ring_sp"].values
        north, east, south, west = (sp[:, :, far + k] for k in range(4))
        out["sp_gradient_north"], out["sp_gradient_east"] = north - south, east - west
    return out


def _past(field: xr.DataArray | None, forecast: xr.Dataset, last_known: np.ndarray) -> np.ndarray:
    """Analyses of the days at leads −2, −1 and 0, (issue, 3, place); NaN where not yet known."""
    issue = forecast["issue"].values.astype("datetime64[D]")
    shape = (len(issue), BACK, forecast.sizes["place"])
    if field is None:
        return np.full(shape, np.nan, np.float32)
    days = issue[:, None] + np.arange(1 - BACK, 1).astype("timedelta64[D]")[None, :]
    rows = field["day"].to_index().get_indexer(days.ravel().astype("datetime64[ns]"))
    values = field.transpose("day", "place").values[rows].reshape(shape).astype(np.float32)
    values[(rows.reshape(days.shape) < 0) | (days > last_known[:, None])] = np.nan
    return values


def _mean(values: np.ndarray, axis: int = 2) -> np.ndarray:
    """Mean over the finite values along `axis`, NaN where there is none."""
    known = np.isfinite(values)
    count = known.sum(axis=axis)
    total = np.where(known, values, 0).sum(axis=axis, dtype=np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(count > 0, total / count, np.nan).astype(np.float32)


def _spread(values: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Standard deviation over the members known; NaN with fewer than two."""
    known = np.isfinite(values)
    square = np.where(known, (values - mean[:, :, None]) ** 2, 0).sum(axis=2)
    count = known.sum(axis=2)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(count > 1, np.sqrt(square / (count - 1)), np.nan).astype(np.float32)
