"""Weather predictors along the path from issue to target.

What a place will breathe depends on the weather of the days that lead up to the target as much as
on the target day itself. Each field of the mean over the members, and over the cycles of the last
days (`lagged`), enters at the target day, the two days before and the day after, as the mean from
issue to target and over the last four days; days up to the issue come from the analysis. The spread
enters at the target day. From the ring of points around the place come the fields upstream and the
pressure gradient; from the path of each member what only a path can tell (`path_history`).
`predictor_text.describe` says what each one is.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from forecast.weather.days.derived import DERIVED
from forecast.weather.days.steps import WINDOWS
from forecast.weather.days.wind import wind_speed
from forecast.weather.fields import FIELDS
from forecast.weather.predictors.lagged import LaggedEnsemble
from forecast.weather.predictors.member_statistics import member_mean, member_spread
from forecast.weather.predictors.past_days import PastDays
from forecast.weather.predictors.path_history import history_predictors

BACK = 3
"""Days before lead 1 a path starts at: leads −2, −1, 0."""
OFFSETS = {"before2": -2, "before1": -1, "target": 0, "after1": 1}
RING_FIELDS = ("u10", "v10", "r2")
"""Fields taken upstream, beside the pressure."""
PRESSURES = ("msl", "sp")
"""The first there is gives the gradient: at sea level it is free of the terrain."""
EXTRA_STATISTICS = ("min", "max", *WINDOWS)
COMPASS = ("north", "east", "south", "west")
"""Bearings of the ring of points, 150 km away first, then 300 km (`places.BEARINGS`)."""


def path_predictors(
    forecast: xr.Dataset, analysis: xr.Dataset | None, last_known: np.ndarray, *, cycles: int = 1
) -> xr.Dataset:
    """Weather predictors of each case.

    Parameters
    ----------
    forecast : xarray.Dataset
        Daily fields on (issue, lead, member, place) and ``ring_*`` on (issue, lead, ring, place),
        leads 1 … n. Names of `FIELDS` and `DERIVED`, and those with a statistic of the day after
        them (``t2m_max``). ``ws`` is made from daily ``u10`` and ``v10`` where it is not given.
    analysis : xarray.Dataset or None
        The same fields on (day, place).
    last_known : ndarray of datetime64[D], (issue,)
        Last whole day known at each issue; later analyses are not used.
    cycles : int
        Days whose cycles are averaged for a day they all forecast, see `LaggedEnsemble`. Their
        issues must be among those of `forecast`.

    Returns
    -------
    xarray.Dataset
        float32 on (issue, lead, place); NaN where the path leaves what is known or forecast. Means
        are over the members and cycles that are not NaN, spreads over the members of the newest.

        - ``{field}_{target|before1|before2|after1|path|run4|spread}`` of each field, without the
          spread where there is one member
        - ``{field}_{statistic}_{target|spread}`` of each other statistic of the day
        - ``{field}_{north|east|south|west}`` 150 km away: u10, v10, r2 and a pressure
        - ``{msl|sp}_gradient_{north|east}`` over 600 km, Pa: of the pressure at sea level, or,
          where there is none, at the surface; this one holds a part of the terrain that is the same
          at a place day by day, and is left in, as the heights it could be reduced with are not
          those of the model
        - `path_history.history_predictors`
    """
    names = [*FIELDS, *DERIVED]
    fields: dict[str, Any] = {n: forecast[n].values for n in names if n in forecast}
    past: dict[str, Any] = {}
    if analysis is not None:
        past = {n: analysis[n] for n in names if n in analysis}
    for given in (fields, past):
        if "ws" not in given and {"u10", "v10"} <= given.keys():
            given["ws"] = wind_speed(given["u10"], given["v10"])
    lagged = LaggedEnsemble(forecast["issue"].values, cycles)
    days = PastDays(forecast["issue"].values, last_known, past)
    paths: dict[str, np.ndarray] = {}
    out: dict[str, np.ndarray] = {}
    for name, values in fields.items():
        mean = lagged.mean(values)
        paths[name] = np.concatenate([days.before(name, BACK, mean.shape[2]), mean], axis=1)
        out.update(_along(name, paths[name], mean))
        if values.shape[2] > 1:
            out[f"{name}_spread"] = member_spread(values, member_mean(values))
    for name in [f"{n}_{s}" for n in names for s in EXTRA_STATISTICS]:
        if name in forecast:
            values = forecast[name].values
            out[f"{name}_target"] = lagged.mean(values)
            if values.shape[2] > 1:
                out[f"{name}_spread"] = member_spread(values, member_mean(values))
    out.update(_upstream(forecast, lagged))
    out.update(history_predictors(fields, paths, days))
    dims = ("issue", "lead", "place")
    return xr.Dataset({n: (dims, v) for n, v in out.items()}, {d: forecast[d] for d in dims})


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
    out[f"{name}_run4"] = member_mean(windows, axis=0)
    return out


def _upstream(forecast: xr.Dataset, lagged: LaggedEnsemble) -> dict[str, np.ndarray]:
    """Ensemble means around the place and the pressure gradient across it."""
    out = {}
    pressures = [n for n in PRESSURES if f"ring_{n}" in forecast][:1]
    for name in [n for n in RING_FIELDS if f"ring_{n}" in forecast] + pressures:
        ring = forecast[f"ring_{name}"].values
        members = forecast[name].values if name in forecast else ring[:, :, :1]
        values = lagged.over_cycles(ring, members)
        for k, compass in enumerate(COMPASS):
            out[f"{name}_{compass}"] = values[:, :, k]
        if name not in pressures:
            continue
        far = values[:, :, -len(COMPASS) :]
        north, east, south, west = (far[:, :, k] for k in range(len(COMPASS)))
        out[f"{name}_gradient_north"], out[f"{name}_gradient_east"] = north - south, east - west
    return out
