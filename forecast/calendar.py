"""Calendar predictors: season, weekday, days off, distance to Spring Festival."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from forecast.errors import ConfigError

FESTIVAL_REACH = 20
"""Days around Spring Festival beyond which the distance no longer matters."""
SPRING_FESTIVAL = "Chinese New Year (Spring Festival)"


def calendar_predictors(days: pd.DatetimeIndex, country: str) -> dict[str, np.ndarray]:
    """Calendar predictors of each local day; float32 arrays of the shape of `days`.

    Parameters
    ----------
    days : pandas.DatetimeIndex
        Local dates.
    country : str
        ISO 3166 code; public holidays and shifted working days come from the `holidays` library.

    Returns
    -------
    dict of str to ndarray
        ``season_sin``, ``season_cos``: yearly cycle; ``weekday``: 0 Monday … 6; ``day_off``: 1 on
        weekends and public holidays that are not working days; ``festival``: days since (+) or
        until (−) the nearest Spring Festival, within ±20.

    Raises
    ------
    ConfigError
        The library knows no such country.

    Examples
    --------
    >>> import pandas as pd
    >>> calendar_predictors(pd.DatetimeIndex(["2015-02-17"]), "CN")["festival"].tolist()
    [-2.0]
    """
    angle = 2 * np.pi * (days.day_of_year.to_numpy() - 1) / 365.25
    years = range(days[0].year - 1, days[-1].year + 2)
    off, working = _holidays(country, years.start, years.stop)
    date = days.values.astype("datetime64[D]")
    weekend = days.day_of_week.to_numpy() >= 5
    day_off = (weekend & ~np.isin(date, working)) | np.isin(date, off)
    since = (date[:, None] - _spring_festivals(years.start, years.stop)).astype(np.int64)
    nearest = np.take_along_axis(since, np.abs(since).argmin(axis=1)[:, None], axis=1)[:, 0]
    columns = {
        "season_sin": np.sin(angle),
        "season_cos": np.cos(angle),
        "weekday": days.day_of_week.to_numpy(),
        "day_off": day_off,
        "festival": np.clip(nearest, -FESTIVAL_REACH, FESTIVAL_REACH),
    }
    return {name: np.asarray(v, dtype=np.float32) for name, v in columns.items()}


@cache
def _holidays(country: str, first: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
    import holidays

    try:
        table = holidays.country_holidays(country, years=range(first, stop))
    except NotImplementedError:
        raise ConfigError(f"'holidays': no public holidays known of country {country!r}") from None
    off = np.array(sorted(table), dtype="datetime64[D]")
    working = np.array(sorted(getattr(table, "weekend_workdays", ())), dtype="datetime64[D]")
    return off, working


@cache
def _spring_festivals(first: int, stop: int) -> np.ndarray:
    """First day of the lunar year in each year, from the calendar of China."""
    import holidays

    found = {}
    for year in range(first, stop):
        table = holidays.country_holidays("CN", years=year, language="en_US")
        found[year] = min(d for d, name in table.items() if name == SPRING_FESTIVAL)
    return np.array(list(found.values()), dtype="datetime64[D]")
