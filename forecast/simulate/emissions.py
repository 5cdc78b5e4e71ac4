"""Emissions of a city by hour: traffic, industry and heating, with weekly and holiday cycles."""

from __future__ import annotations

from collections.abc import Mapping

import holidays
import numpy as np
import pandas as pd

from .climate import season

__all__ = ["SHARES", "SPECIES", "emissions", "holiday_factors"]

SPECIES = ("pm", "no2", "so2", "co", "dust", "o3")

# Share of traffic, industry and heating in the emission of a species, at a mean rate in
# micrograms per square metre and hour that gives the concentrations of a northern Chinese city.
SHARES: Mapping[str, tuple[float, float, float]] = {
    "pm": (0.22, 0.40, 0.38),
    "no2": (0.60, 0.32, 0.08),
    "so2": (0.02, 0.38, 0.60),
    "co": (0.35, 0.30, 0.35),
}
RATES: Mapping[str, float] = {"pm": 1950.0, "no2": 3400.0, "so2": 1000.0, "co": 36000.0}

# By day of the week from Monday: fewer trips at the week-end, most on Friday.
TRAFFIC_WEEK = (1.03, 1.04, 1.04, 1.05, 1.09, 0.92, 0.83)
INDUSTRY_WEEK = (1.01, 1.02, 1.02, 1.02, 1.01, 0.98, 0.94)
# Two rush hours; starts at local midnight.
TRAFFIC_DAY = (
    *(0.55, 0.42, 0.36, 0.36, 0.45, 0.75, 1.15, 1.45, 1.40, 1.20, 1.10, 1.08),
    *(1.05, 1.05, 1.08, 1.12, 1.25, 1.45, 1.50, 1.30, 1.15, 1.05, 0.90, 0.78),
)
# Factors of traffic and industry on a public holiday and in the Spring Festival week.
HOLIDAY = (0.85, 0.95)
SPRING_FESTIVAL = (0.55, 0.60)
FIREWORKS_HOURS = 9
FIREWORKS = {"pm": 3.5, "so2": 3.0, "co": 0.3}


def holiday_factors(days: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find the public holidays of China among the days.

    Parameters
    ----------
    days
        Local days, datetime64.

    Returns
    -------
    traffic, industry : numpy.ndarray
        Factor of each day, 1 on working days.
    festival : numpy.ndarray
        True on the day of the Spring Festival.

    Examples
    --------
    >>> traffic, _, festival = holiday_factors(np.array(["2014-01-31", "2014-03-04"], "M8[D]"))
    >>> traffic, festival
    (array([0.55, 1.  ]), array([ True, False]))
    """
    index = pd.DatetimeIndex(days)
    years = range(index[0].year - 1, index[-1].year + 2)
    calendar = holidays.country_holidays("CN", years=years, language="en_US")
    traffic, industry = np.ones(index.size), np.ones(index.size)
    off = index.isin(pd.DatetimeIndex(list(calendar)))
    traffic[off], industry[off] = HOLIDAY
    new_years: dict[int, pd.Timestamp] = {}
    for day in sorted(calendar):
        if "Spring Festival" in calendar[day]:
            new_years.setdefault(day.year, pd.Timestamp(day))
    for new_year in new_years.values():
        week = (index >= new_year - pd.Timedelta(days=2)) & (
            index < new_year + pd.Timedelta(days=7)
        )
        traffic[week], industry[week] = SPRING_FESTIVAL
    return traffic, industry, index.isin(pd.DatetimeIndex(list(new_years.values())))


def emissions(days: np.ndarray, cold: np.ndarray) -> dict[str, np.ndarray]:
    """Emission of a city of size 1 by species.

    Parameters
    ----------
    days
        Local days, datetime64.
    cold
        Degrees below 15 degC by hour and city, (hour, city), what heating follows.

    Returns
    -------
    dict of numpy.ndarray
        ``pm no2 so2 co`` in micrograms per square metre and hour, (hour, city), float32.
    """
    index = pd.DatetimeIndex(days)
    traffic_off, industry_off, festival = holiday_factors(days)
    weekday = index.day_of_week.to_numpy()
    traffic_daily = traffic_off * np.array(TRAFFIC_WEEK)[weekday]
    industry_daily = industry_off * np.array(INDUSTRY_WEEK)[weekday]
    traffic = np.outer(traffic_daily, TRAFFIC_DAY).ravel()[:, None]
    industry = np.repeat(industry_daily, 24)[:, None]
    heating = _heating(np.repeat(index.day_of_year.to_numpy(float), 24))[:, None] * (
        0.5 + np.clip(cold, 0, None) / 15
    )
    fireworks = np.zeros(index.size * 24)
    for day in np.flatnonzero(festival):
        eve = day * 24 - 5
        fireworks[max(eve, 0) : max(eve + FIREWORKS_HOURS, 0)] = 1.0
    result = {}
    for species, shares in SHARES.items():
        rate = shares[0] * traffic + shares[1] * industry + shares[2] * (0.1 + 1.6 * heating)
        rate = rate + FIREWORKS.get(species, 0.0) * fireworks[:, None]
        result[species] = (RATES[species] * rate).astype(np.float32)
    return result


def _heating(doy: np.ndarray) -> np.ndarray:
    # District heating runs from 15 November to 15 March; two weeks to start and to stop.
    return 1 / (1 + np.exp(-14 * (season(doy, coldest=15.0) - 0.5)))
