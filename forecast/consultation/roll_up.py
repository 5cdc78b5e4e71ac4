"""Roll-ups: the days of an area from the forecasts of its cities and their joint scenarios."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from forecast.aqi import level, primary_names
from forecast.consultation.areas import Area
from forecast.consultation.episodes import RANGE
from forecast.decision import HEAVY
from forecast.pollutants import LABELS
from forecast.standard import as_date, standard_for

MIDDLE = (0.25, 0.75)
"""Share of cities whose range is left out at either end when an area is said to be mostly so."""


def area_days(
    issued: xr.Dataset, area: Area, weights: Mapping[str, float] | None = None
) -> pd.DataFrame:
    """Days of an area.

    Parameters
    ----------
    issued : xarray.Dataset
        From `forecast.issued.read_issued`.
    area : Area
    weights : mapping of str to float, optional
        Weight of each city in the mean (population, area); equal where not given.

    Returns
    -------
    pandas.DataFrame
        One row a valid day: ``lead, valid_day``; ``cities`` with a forecast; ``aqi_mean``,
        ``aqi_mean_low``, ``aqi_mean_high``: weighted mean of the AQI over the cities, median and
        10 to 90 % over the scenarios; ``level_low``, ``level_high``: levels of the middle half of
        the cities by the middle of their issued ranges; ``level_1`` … ``level_6``: cities issued
        at each level; ``heavy_cities``, ``heavy_low``, ``heavy_high``: cities above AQI 200, mean
        and 10 to 90 % over the scenarios; ``heavy_probability``: of any city above 200;
        ``primary``: most frequent issued primary pollutant. Numbers are missing where no city has
        a forecast.

    Raises
    ------
    ValueError
        A weight is missing, negative or not finite, or all are zero.
    """
    own = issued.sel(place=list(area.cities))
    weight = _weights(area, weights)
    aqi = own["scenario_aqi"].transpose("scenario", "lead", "place").values
    low, high, levels, primary = (
        own[n].transpose("lead", "place").values
        for n in ("aqi_low", "aqi_high", "level", "primary")
    )
    middle = (low + high) / 2
    rows = []
    for k, day in enumerate(own["valid_day"].values):
        known = np.isfinite(low[k])
        row: dict[str, object] = {
            "lead": int(own["lead"].values[k]),
            "valid_day": pd.Timestamp(day),
            "cities": int(known.sum()),
        }
        if known.any() and weight[known].sum() > 0:
            row |= _day(middle[k, known], levels[k, known], primary[k, known], aqi[:, k, known],
                        weight[known], day)  # fmt: skip
        rows.append(row)
    return pd.DataFrame(rows)


def _day(
    middle: np.ndarray,
    issued_levels: np.ndarray,
    primary: np.ndarray,
    aqi: np.ndarray,
    weight: np.ndarray,
    day: np.datetime64,
) -> dict[str, object]:
    """One day of an area: values of its cities with a forecast, `aqi` on (scenario, city)."""
    standard = standard_for(as_date(day))
    ends = np.quantile(middle, MIDDLE, method="nearest")
    first, last = (int(e) for e in level(ends, standard))
    mean = aqi @ weight / weight.sum()
    heavy = (aqi > HEAVY).sum(axis=1)
    names = [p for mask in primary for p in primary_names(max(int(mask), 0))]
    most = max(dict.fromkeys(names), key=names.count) if names else None
    low, median, high = np.quantile(mean, [RANGE[0], 0.5, RANGE[1]], method="hazen")
    few, many = np.quantile(heavy, RANGE, method="nearest")
    return {
        "aqi_mean": float(median),
        "aqi_mean_low": float(low),
        "aqi_mean_high": float(high),
        "level_low": first,
        "level_high": last,
        **{f"level_{n}": int((issued_levels == n).sum()) for n in range(1, 7)},
        "heavy_cities": float(heavy.mean()),
        "heavy_low": int(few),
        "heavy_high": int(many),
        "heavy_probability": float((heavy > 0).mean()),
        "primary": LABELS[most] if most else "",
    }


def _weights(area: Area, weights: Mapping[str, float] | None) -> np.ndarray:
    if weights is None:
        return np.ones(len(area.cities))
    missing = [c for c in area.cities if c not in weights]
    if missing:
        raise ValueError(f"no weight of {', '.join(missing)}")
    found = np.array([weights[c] for c in area.cities], float)
    if not (np.isfinite(found).all() and (found >= 0).all() and found.sum() > 0):
        raise ValueError(f"weights of {area.name} must be positive and finite, found {found}")
    return found
