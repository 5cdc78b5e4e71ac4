"""Check: what the sources of a configuration hold, before anything is stored."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from forecast.city_stations import by_station
from forecast.config import Config
from forecast.covariates.intake import read_files, unknown_places
from forecast.covariates.settings import Covariate
from forecast.errors import InputError
from forecast.guidance.settings import Guidance
from forecast.guidance.table import read_guidance
from forecast.ingest import BATCH, Progress, no_progress, read_station_table
from forecast.ingest_weather import open_source
from forecast.pollutants import POLLUTANTS
from forecast.quality import check_daily, check_quality
from forecast.quality.report import QualityReport
from forecast.weather.grids import Grid
from forecast.weather.sampling.weights import grid_weights
from forecast.weather.settings import Weather
from forecast.workspace import Workspace

LIBRARY = 365
"""Days of analyses that dressing needs at least."""
USUAL = ("u10", "v10", "t2m")
"""Fields the first weather product hardly does without."""
SCARCE = 0.5
"""A station with a smaller share of valid values of a pollutant is listed."""


@dataclass(frozen=True)
class CheckReport:
    """What the sources hold.

    Attributes
    ----------
    stations : pandas.DataFrame
        One row a source and station: ``source, first, last`` (local), ``steps`` (hours or days) and
        the share of valid values by pollutant (``pm25`` …).
    quality : dict of str to QualityReport
        By source: flags, counts by station and rule, worst cases, alarms.
    rejected : dict of str to Counter
        By source: values the reader left out, by reason.
    weather : pandas.DataFrame
        One row a product: kind, fields, days, first, last, missing days, leads, members.
    problems : list of str
        What would stop or weaken a forecast, one sentence each.
    """

    stations: pd.DataFrame
    quality: dict[str, QualityReport]
    rejected: dict[str, Counter[str]]
    weather: pd.DataFrame
    problems: list[str] = field(default_factory=list)


def check_sources(config: Config, progress: Progress = no_progress) -> CheckReport:
    """Read every source once, judge it, and report; nothing is stored.

    Raises
    ------
    InputError
        A source cannot be read at all; the first such is named.
    """
    problems: list[str] = []
    table = read_station_table(config)
    rows: list[dict[str, object]] = []
    quality: dict[str, QualityReport] = {}
    rejected: dict[str, Counter[str]] = {}
    for source in config.observations:
        name = source.store_name
        rejected[name] = Counter()
        paths = config.source_files(source.files)
        for start in range(0, len(paths), BATCH):
            reading = source.read_many(paths[start : start + BATCH], config.utc_offset)
            rejected[name] += reading.rejected
            label = name if len(paths) <= BATCH else f"{name} {start // BATCH + 1}"
            if reading.hourly is not None:
                rows += _station_rows(reading.hourly, name, "station", config.utc_offset)
                quality[label] = check_quality(
                    reading.hourly, table, config.quality, config.utc_offset
                )
            if reading.daily is not None:
                cities = config.stations.format == "cities"
                daily = by_station(reading.daily) if cities else reading.daily
                rows += _station_rows(daily, name, "place", 0)
                quality[label] = check_daily(daily, table, config.quality)
            progress(f"checking {name}", start + len(paths[start : start + BATCH]), len(paths))
    stations = pd.DataFrame(rows)
    problems += _station_problems(stations, table)
    for report in quality.values():
        problems += [
            f"{shift.station}: {shift.pollutant} looks shifted ({shift.first:%Y-%m-%d} … "
            f"{shift.last:%Y-%m-%d})"
            for shift in report.shifts.itertuples()
        ]
        problems += [
            f"stations {twin.station} and {twin.other}: same {twin.what}"
            for twin in report.duplicates.itertuples()
        ]
    rows = [_weather_row(p, config, table, problems, progress) for p in config.weather]
    weather = pd.DataFrame(rows).set_index("product")
    problems += _dressing_problems(config, weather)
    for guidance in config.guidance:
        problems += _guidance_problems(guidance, config)
    for covariate in config.covariates:
        problems += _covariate_problems(covariate, config, table)
    return CheckReport(stations, quality, rejected, weather, problems)


def write_quality(report: CheckReport, workspace: Workspace) -> list[Path]:
    """Write flags and alarms of each source below ``quality/`` and return the files."""
    return [
        path
        for source, quality in report.quality.items()
        for path in quality.write(workspace.quality / source.replace(" ", "-"))
    ]


def _station_rows(
    data: xr.Dataset, source: str, place: str, utc_offset: float
) -> list[dict[str, object]]:
    time = "time" if place == "station" else "day"
    local = data[time].to_index() + pd.Timedelta(hours=utc_offset)
    share = {p: np.isfinite(data[p].transpose(place, time).values).mean(axis=1) for p in POLLUTANTS}
    return [
        {
            "source": source,
            "station": str(station),
            "first": local[0],
            "last": local[-1],
            "steps": len(local),
            **{p: float(share[p][i]) for p in POLLUTANTS},
        }
        for i, station in enumerate(data[place].values)
    ]


def _station_problems(stations: pd.DataFrame, table: pd.DataFrame) -> list[str]:
    there = pd.Index(stations["station"])
    problems = [
        f"station {name} has observations but is not in the station table"
        for name in there.difference(table.index)
    ]
    problems += [
        f"station {name} is in the station table but has no observations"
        for name in table.index.difference(there)
    ]
    for row in stations.to_dict("records"):
        poor = [p for p in POLLUTANTS if row[p] < SCARCE]
        if poor:
            problems.append(f"station {row['station']}: under half of {', '.join(poor)} is valid")
    return problems


def _dressing_problems(config: Config, weather: pd.DataFrame) -> list[str]:
    """Why analyses could not be dressed."""
    problems = []
    for product in (p for p in config.weather if p.dressing and not p.dressing.perfect_prognosis):
        analyses = weather[weather["kind"] == "analysis"]
        days = analyses["days"].sum() if "days" in analyses else 0
        if days < LIBRARY:
            problems.append(
                f"weather {product.product}: dressing needs {LIBRARY} days of analyses, "
                f"found {days:.0f}"
            )
    return problems


def _guidance_problems(guidance: Guidance, config: Config) -> list[str]:
    """Files of a guidance that cannot be read, and days or issues that none of them has."""
    problems, days = [], pd.DatetimeIndex([])
    for path in config.source_files(guidance.files):
        try:
            data, _ = read_guidance(path, guidance)
        except InputError as error:
            problems.append(str(error))
            continue
        days = days.union(data["issue" if "issue" in data.dims else "day"].to_index())
    if len(days):
        missing = pd.date_range(days.min(), days.max()).difference(days)
        if len(missing):
            first = f"first {missing[0]:%Y-%m-%d}"
            problems.append(f"guidance {guidance.name}: {len(missing)} days missing, {first}")
    return problems


def _covariate_problems(covariate: Covariate, config: Config, stations: pd.DataFrame) -> list[str]:
    """Files of a covariate that cannot be read, and places that nobody bears."""
    try:
        rows = read_files(covariate, config.source_files(covariate.files))
    except InputError as error:
        return [str(error)]
    return [
        f"covariate {covariate.name}: {place} is no station, city or province of the station table"
        for place in unknown_places(rows, stations)
    ]


def _weather_row(
    product: Weather,
    config: Config,
    stations: pd.DataFrame,
    problems: list[str],
    progress: Progress,
) -> dict[str, object]:
    """What the files of a product hold; damaged ones join the problems."""
    row: dict[str, object] = {"product": product.product, "kind": product.kind}
    if not product.files:
        members = product.dressing.members if product.dressing else 0
        return {**row, "fields": "dressed analyses", "members": members}
    days, fields = pd.DatetimeIndex([]), dict[str, None]()
    members = furthest = 0
    ignored: dict[str, None] = {}
    paths = config.source_files(product.files)
    for i, path in enumerate(paths):
        if i % 100 == 99:
            progress(f"checking weather {product.product}", i + 1, len(paths))
        try:
            data = open_source(product, path)
            _cover(data, product, stations)
        except InputError as error:
            problems.append(str(error))
            continue
        times = data["issue"].to_index()
        if product.kind == "analysis" and data.attrs["cell"] != "local day":
            times = times + pd.Timedelta(hours=config.utc_offset)
        days = days.union(times.floor("D").unique())
        fields |= dict.fromkeys(map(str, data.data_vars))
        ignored |= dict.fromkeys(filter(None, data.attrs["ignored"].split(", ")))
        members = max(members, data.sizes["member"])
        furthest = max(furthest, int(data["lead"].to_index().max() / pd.Timedelta(days=1)))
        data.close()
    if not len(days):
        return {**row, "fields": "none"}
    if product.kind == "forecast":
        row |= {"leads": f"…{furthest}", "members": members}
        if furthest < config.leads:
            problems.append(
                f"weather {product.product}: leads end at day {furthest}, {config.leads} are wanted"
            )
    wanting = [name for name in USUAL if name not in fields]
    if wanting and product is config.weather[0] and not product.fields:
        problems.append(
            f"weather {product.product}: no field {', '.join(wanting)}"
            + (f"; not understood: {', '.join(list(ignored)[:10])}" if ignored else "")
        )
    missing = pd.date_range(days.min(), days.max()).difference(days)
    if len(missing):
        problems.append(
            f"weather {product.product}: {len(missing)} days missing, first {missing[0]:%Y-%m-%d}"
        )
    span = {"days": len(days), "first": days.min(), "last": days.max(), "missing": len(missing)}
    return {**row, "fields": " ".join(fields), **span}


def _cover(data: xr.Dataset, product: Weather, stations: pd.DataFrame) -> None:
    """Refuse a grid that does not hold the stations, as the ingest would."""
    names = None if product.outside == "missing" else stations.index.to_numpy()
    lat, lon = stations["lat"].to_numpy(float), stations["lon"].to_numpy(float)
    try:
        grid_weights(Grid.of(data), lat, lon, method=product.sampling, names=names)
    except InputError as error:
        raise InputError(f"{data.attrs['source']}: {error}") from None
