"""Readable tables on the console."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from rich.console import Console
from rich.table import Table
from rich.text import Text

from forecast.bulletin import bulletin_title
from forecast.check import CheckReport
from forecast.cli.words import warn, word
from forecast.export import city_table
from forecast.issued import read_issued
from forecast.modelstore import load_ensemble
from forecast.pollutants import LABELS, POLLUTANTS
from forecast.quality.report import QualityReport
from forecast.served import weather_remarks
from forecast.standard import standard_for

LISTED = 60
"""Rows of a list that are shown."""
MOST_CITIES = 40
"""Cities whose forecast is shown day by day."""
WIDTH = 116
"""Columns of a table when the output is no terminal."""


def console() -> Console:
    """Console of standard output; in a log or a pipe wide enough for the tables."""
    found = Console(highlight=False)
    return found if found.is_terminal else Console(highlight=False, width=WIDTH)


def show_paths(paths: Sequence[Path], lang: str) -> None:
    """List what was written, relative to the current folder where it is below it."""
    here = Path.cwd()
    print(word("written", lang))
    for path in paths:
        full = path.resolve()
        print(f"  {full.relative_to(here) if full.is_relative_to(here) else full}")


def show_issued(path: Path, lang: str) -> None:
    """Print the city × day table of an issued forecast; of many cities those most polluted."""
    issued = read_issued(path)
    cities = city_table(issued)
    title = f"{bulletin_title(issued, lang)}\n{_origin(issued, lang)}"
    highest = cities.groupby("city", sort=False)["aqi_high"].max().fillna(0)
    if len(highest) > MOST_CITIES:
        shown = highest.sort_values(ascending=False, kind="stable").index[:MOST_CITIES]
        cities = cities[cities["city"].isin(shown)]
        title += {
            "zh": f"\n{len(highest)}个城市中AQI最高的{MOST_CITIES}个，其余见table.csv",
            "en": f"\nthe {MOST_CITIES} of {len(highest)} cities with the highest AQI; "
            "table.csv has all",
        }[lang]
    head = [word(k, lang) for k in ("city", "date", "aqi", "level", "primary_name", "heavy")]
    head[4] = "首要污染物" if lang == "zh" else "primary"
    table = Table(*head, title=title, title_justify="left")
    for _, rows in cities.groupby("city", sort=False):
        for i, row in enumerate(rows.to_dict("records")):
            if not row["level"]:
                continue
            standard = standard_for(pd.Timestamp(row["valid_day"]).date())
            red, green, blue = standard.levels[row["level"] - 1].color
            table.add_row(
                (row["name"] if lang == "zh" else row["city"]) if i == 0 else "",
                row["valid_day"],
                f"{row['aqi_low']}–{row['aqi_high']}",
                Text("■ ", style=f"rgb({red},{green},{blue})")
                + Text(row[f"level_{lang}"], style=""),
                row["primary"] or ("无" if lang == "zh" else "none"),
                f"{row['heavy_probability']:.0%}",
                end_section=i == len(rows) - 1,
            )
    console().print(table)
    for remark in weather_remarks(issued, lang):
        warn(remark, lang)


def _origin(issued: xr.Dataset, lang: str) -> str:
    """What the forecast was made from: revision, training day, latest observation."""
    attributes = issued.attrs
    revision, trained = attributes["revision"], attributes["trained_until"]
    latest = attributes["latest_observation"]
    if lang == "zh":
        return f"第{revision}版；模型训练截至{trained}；最新观测{latest}"
    return f"revision {revision}; model trained up to {trained}; latest observation {latest}"


def show_check(report: CheckReport, lang: str) -> None:
    """Print what the sources hold and what quality control found in them."""
    out = console()
    names = ["source", "station", "first", "last", *(LABELS[p] for p in POLLUTANTS)]
    title = {"zh": "站点：有效值比例（%）", "en": "Stations: valid values in %"}[lang]
    table = table_of(title, names, lang)
    for row in report.stations.head(LISTED).to_dict("records"):
        table.add_row(
            row["source"],
            row["station"],
            f"{row['first']:%Y-%m-%d}",
            f"{row['last']:%Y-%m-%d}",
            *(percent(row[p]) for p in POLLUTANTS),
        )
    out.print(table)
    if len(report.stations) > LISTED:
        print(f"… {len(report.stations)}")
    for source, quality in report.quality.items():
        out.print(_rules_table(source, quality, lang))
        out.print(_worst_table(source, quality, lang))
        if len(quality.alarms):
            count = len(quality.alarms)
            print(f"{source}：{count}条警报" if lang == "zh" else f"{source}: {count} alarms")
    for source, reasons in report.rejected.items():
        for reason, count in reasons.items():
            print(f"{source}: {word('rejected', lang)} {count:,}: {reason}")
    out.print(_weather_table(report.weather, lang))
    print(word("problems" if report.problems else "no_problems", lang))
    for problem in report.problems[:LISTED]:
        print(f"  {problem}")
    if len(report.problems) > LISTED:
        print(f"  … {len(report.problems)}")


def _rules_table(source: str, quality: QualityReport, lang: str) -> Table:
    title = {"zh": f"{source}：质量标记（{quality.values:,}个值）",
             "en": f"{source}: quality flags ({quality.values:,} values)"}[lang]  # fmt: skip
    table = table_of(title, ["rule", *(LABELS[p] for p in POLLUTANTS), "stations", "meaning"], lang)
    for rule, row in quality.by_rule.iterrows():
        counts = [f"{row[p]:,}" if row[p] else "–" for p in POLLUTANTS]
        table.add_row(str(rule), *counts, str(row["stations"]), row["meaning"])
    return table


def _worst_table(source: str, quality: QualityReport, lang: str) -> Table:
    title = {"zh": f"{source}：各规则最严重个例", "en": f"{source}: worst case of each rule"}[lang]
    columns = ["rule", "station", "pollutant", "time", "value", "unit", "detail"]
    table = table_of(title, columns, lang)
    for row in quality.worst.groupby(["rule", "pollutant"], sort=False).head(1).to_dict("records"):
        value = row["value"]
        shown = f"{value:g}" if isinstance(value, int | float) and np.isfinite(value) else "–"
        when = str(row["time"])[:16].replace("T", " ")
        table.add_row(
            row["rule"], str(row["station"]), LABELS.get(row["pollutant"], str(row["pollutant"])),
            when, shown, str(row["unit"]), str(row["detail"]),
        )  # fmt: skip
    return table


def _weather_table(weather: pd.DataFrame, lang: str) -> Table:
    columns = ["product", "kind", "fields", "first", "last", "days", "missing", "leads", "members"]
    table = table_of("气象资料" if lang == "zh" else "Weather", columns, lang)
    for product, row in weather.iterrows():
        known = row.dropna()
        days = [f"{known[c]:%Y-%m-%d}" if c in known else "–" for c in ("first", "last")]
        counts = [f"{known[c]:.0f}" if c in known else "–" for c in ("days", "missing")]
        rest = [str(known.get("leads", "–")), f"{known.get('members', 0):.0f}"]
        table.add_row(str(product), row["kind"], row["fields"], *days, *counts, *rest)
    return table


def show_weights(folder: Path, lang: str) -> None:
    """Print the weights of the members by pollutant, averaged over leads."""
    trained = load_ensemble(folder)
    first = next(iter(trained.pollutants.values()))
    members = [str(m) for m in first.combination.weights["member"].values]
    title = "成员权重（各时效平均）" if lang == "zh" else "Weights of the members, mean over leads"
    table = table_of(title, ["pollutant", *members], lang)
    for pollutant, ensemble in trained.pollutants.items():
        mean = ensemble.combination.weights.mean("lead")
        table.add_row(LABELS[pollutant], *(f"{float(mean.sel(member=m)):.2f}" for m in members))
    console().print(table)


def table_of(title: str, columns: Sequence[str], lang: str) -> Table:
    """Empty table whose columns are named in the language, the first aligned left."""
    table = Table(title=title, title_justify="left")
    for i, key in enumerate(columns):
        table.add_column(word(key, lang), justify="left" if i == 0 else "right")
    return table


def percent(value: float) -> str:
    """A share in percent; a dash where there is none."""
    return f"{100 * value:.0f}" if np.isfinite(value) else "–"
