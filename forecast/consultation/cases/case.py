"""The case report after an episode, as plain values: what came, what was forecast, and why.

Everything in it was known by the end of the last day of the episode; the estimate of what the
weather alone would have given starts from what was known on the day before the first.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from forecast.aqi import level, primary_names
from forecast.atomic import write_json, write_text
from forecast.bulletin import HEAVY_LEVEL, Language, simulated_mark
from forecast.chain import backtest_folder
from forecast.config import Config
from forecast.consultation.areas import Area, areas_of, find_area
from forecast.consultation.briefing import plain, weather_days
from forecast.consultation.cases.analysed_weather import analyses_until, with_analyses
from forecast.consultation.cases.forecasts import forecast_course
from forecast.consultation.cases.page import case_page
from forecast.consultation.cases.weather_alone import weather_alone
from forecast.consultation.dispersion import dispersion
from forecast.consultation.products.writers import file_name
from forecast.consultation.review import observed_days
from forecast.errors import ConfigError, InputError
from forecast.issued import latest_files, read_issued
from forecast.known import Known, known_at
from forecast.pollutants import LABELS
from forecast.standard import as_date, standard_for
from forecast.workspace import Workspace

Case = dict[str, Any]
MOST_DAYS = 31
"""Longest span of a case."""
DAY = pd.Timedelta(days=1)


def case_folder(workspace: Workspace, backtest: str | None = None) -> Path:
    """Folder of the cases of a workspace, or of one of its back-tests (``latest``: the newest).

    Raises
    ------
    InputError
        There is no such back-test.
    """
    run = workspace.folder if backtest is None else backtest_folder(workspace, backtest)
    return run / "cases"


def write_case(
    config: Config,
    workspace: Workspace,
    first: pd.Timestamp,
    last: pd.Timestamp,
    level: str = "nation",
    area: str | None = None,
    *,
    backtest: str | None = None,
    lang: Language = "zh",
) -> tuple[Case, list[Path]]:
    """Make the case report of an episode and write it as JSON and as a page.

    Parameters
    ----------
    config : Config
    workspace : Workspace
    first, last : pandas.Timestamp
        Days of the episode.
    level : str
        ``nation``, ``region``, ``province`` or ``city``.
    area : str, optional
        Id or name of an area of the level; needed where it has several.
    backtest : str, optional
        Take the forecasts from this back-test (``latest``: the newest), and write there.
    lang : {"zh", "en"}
        Language the page opens in.

    Returns
    -------
    case : dict
        See `make_case`.
    written : list of Path
        ``cases/<first>_<last>_<level>-<area>.html`` and ``.json``.

    Raises
    ------
    ConfigError, InputError
        See `make_case`.
    """
    folder = case_folder(workspace, backtest)
    case = make_case(config, workspace, folder.parent / "issued", first, last, level, area)
    head = case["head"]
    name = f"{head['first']}_{head['last']}_{level}-{file_name(head['area']['name'])}"
    page = write_text(folder / f"{name}.html", case_page(case, lang))
    # the library lists what has a JSON file: it comes when the page is there
    return case, [page, write_json(folder / f"{name}.json", case)]


def make_case(
    config: Config,
    workspace: Workspace,
    issued: Path,
    first: pd.Timestamp,
    last: pd.Timestamp,
    level: str = "nation",
    area: str | None = None,
) -> Case:
    """Gather what is to be said of an episode.

    Parameters
    ----------
    config, workspace, first, last, level, area
        As in `write_case`.
    issued : Path
        Folder of the issued forecasts.

    Returns
    -------
    dict
        Plain values for JSON, missing is None: ``head``; ``observed`` with ``days`` (see
        `observed_days`), ``pm25`` (mean of the area by day, µg m-3) and ``cities``; ``forecasts``
        from `forecast_course`; ``weather`` by day from the analyses, ``weather_alone`` from the
        function of that name.

    Raises
    ------
    ConfigError
        `last` is before `first`, or the span is over `MOST_DAYS` days.
    InputError
        No forecast was issued for any of the days, nothing was observed on them, or there is no
        such area.
    """
    span = (last - first).days + 1
    if span < 1:
        raise ConfigError(f"--to {last:%Y-%m-%d} is before --from {first:%Y-%m-%d}")
    if span > MOST_DAYS:
        raise ConfigError(f"--from … --to: {span} days; expected an episode of up to {MOST_DAYS}")
    reach = first - config.leads * DAY
    files = {d: p for d, p in latest_files(issued).items() if reach <= d < last}
    if not files:
        raise InputError(
            f"{issued}: no forecast issued from {reach:%Y-%m-%d} to {last - DAY:%Y-%m-%d}; "
            "a case compares forecasts with what came"
        )
    newest = read_issued(files[max(files)])
    own = find_area(areas_of(newest, config.consultation.areas), level, area)
    observed = workspace.observed_daily()
    observed = observed.sel(day=observed["day"] <= last)
    days = observed_days(observed, own, last, span)
    if not days:
        raise InputError(
            f"{workspace.daily_file}: no AQI of {own.name} from {first:%Y-%m-%d} to {last:%Y-%m-%d}"
        )
    cities = _cities(observed, newest, own, first, last)
    known = known_at(workspace, config, first - DAY)
    analyses = analyses_until(known, last)
    case = {
        "head": {
            **_head(newest, own, config, first, last),
            "backtest": None if issued == workspace.issued else issued.parent.name,
        },
        "observed": {"days": days, "pm25": _mean_by_day(cities, span), "cities": cities},
        "forecasts": forecast_course(
            files, observed, own.cities, first, last, config.evaluation.processes
        ),
        "weather": [] if analyses is None else _weather(known, analyses, own, last),
        "weather_alone": weather_alone(known, analyses, own.cities, observed, last),
    }
    made: Case = plain(case)
    return made


def _head(
    issued: xr.Dataset, area: Area, config: Config, first: pd.Timestamp, last: pd.Timestamp
) -> dict[str, Any]:
    attributes, what = issued.attrs, str(issued.attrs["simulated"])
    standard = standard_for(as_date(last))
    rule = config.evaluation.processes
    title_zh, title_en = (attributes[f"title_{n}"] or attributes["title"] for n in ("zh", "en"))
    return {
        "area": {"level": area.level, "name": area.name, "zh": area.zh, "en": area.en},
        "title": {
            "zh": f"{simulated_mark(what, 'zh')}{title_zh}污染过程个例报告",
            "en": f"{simulated_mark(what, 'en')}{title_en}: case report of a pollution episode",
        },
        "simulated": what,
        "first": first,
        "last": last,
        "days": list(pd.date_range(first, last)),
        "leads": config.leads,
        "standard": standard.name,
        "process": {
            "above": rule.above,
            "radius_km": rule.radius_km,
            "gap_days": rule.gap_days,
            "tolerance_days": rule.tolerance_days,
            "share": rule.share,
        },
        "levels": [{"zh": n.zh, "en": n.en, "color": list(n.color)} for n in standard.levels],
        "edges": standard.edges[:-1].tolist(),
    }


def _cities(
    observed: xr.Dataset,
    issued: xr.Dataset,
    area: Area,
    first: pd.Timestamp,
    last: pd.Timestamp,
) -> list[dict[str, Any]]:
    """Course of each city observed, the highest peak first."""
    days = pd.date_range(first, last)
    own = observed[["aqi", "primary", "pm25"]].reindex(place=list(area.cities), day=days)
    found = []
    for city in area.cities:
        one = own.sel(place=city)
        aqi, pm25 = one["aqi"].values.astype(float), one["pm25"].values.astype(float)
        if not np.isfinite(aqi).any():
            continue
        peak = int(np.nanargmax(aqi))
        numbers = level(aqi, standard_for(as_date(last)))
        heavy = days[numbers >= HEAVY_LEVEL]
        found.append(
            {
                "city": city,
                "name": str(issued["name"].sel(place=city).values),
                "start": heavy[0] if len(heavy) else None,
                "end": heavy[-1] if len(heavy) else None,
                "heavy_days": len(heavy),
                "peak_day": days[peak],
                "peak": float(aqi[peak]),
                "primary": [LABELS[p] for p in primary_names(int(one["primary"].values[peak]))],
                "pm25_mean": float(np.nanmean(pm25)) if np.isfinite(pm25).any() else None,
                "aqi": aqi.tolist(),
                "levels": numbers.tolist(),
                "pm25": pm25.tolist(),
            }
        )
    return sorted(found, key=lambda c: -c["peak"])


def _mean_by_day(cities: list[dict[str, Any]], days: int) -> list[float | None]:
    """Mean PM2.5 of the cities observed, by day."""
    values = np.array([c["pm25"] for c in cities]).reshape(-1, days)
    known = np.isfinite(values)
    count, total = known.sum(axis=0), np.where(known, values, 0).sum(axis=0)
    return [float(t / n) if n else None for t, n in zip(total, count, strict=True)]


def _weather(
    known: Known, analyses: xr.Dataset, area: Area, last: pd.Timestamp
) -> list[dict[str, Any]]:
    """Analysed weather of the days after `known` ends, with its dispersion."""
    rows: list[dict[str, Any]] = []
    leads = known.config.leads
    for before in pd.date_range(known.until, last - DAY, freq=leads * DAY):
        count = min((last - before).days, leads)
        world = with_analyses(replace(known, until=before), analyses, area.cities, count)
        for day in weather_days(dispersion(world, before), area)[:count]:
            lead = day.pop("lead")
            rows.append({"day": before + lead * DAY, **day})
    return rows
