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
from forecast.evaluation import ALL_DAYS, COMMON_DAYS
from forecast.export import city_table
from forecast.issued import read_issued
from forecast.modelstore import load_ensemble
from forecast.pollutants import LABELS, POLLUTANTS
from forecast.quality.report import QualityReport
from forecast.served import weather_remarks
from forecast.standard import standard_for
from forecast.training import ENSEMBLE, REFERENCES

_EVERY_PAIR = {"zh": "（发布日太少，各时效用所有样本）", "en": " (few issues: every pair)"}
LISTED = 60
"""Rows of a list that are shown."""
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


def show_scores(scores: pd.DataFrame, lang: str, *, simulated: bool | str) -> None:
    """Print the scores by lead beside the references: PM2.5 of stations, AQI of cities."""
    out = console()
    note = {
        "zh": {True: "【模拟数据】", "weather": "【模拟气象】"}.get(simulated, ""),
        "en": {True: "SIMULATED data. ", "weather": "SIMULATED weather. "}.get(simulated, ""),
    }[lang]
    for group in [g for g in scores["group"].unique() if g.startswith(COMMON_DAYS)]:
        part = scores[scores["group"] == group]
        whole = scores[
            (scores["group"] == group.replace(COMMON_DAYS, ALL_DAYS)) & (scores["lead"] == "all")
        ]
        suffix = group.removeprefix(COMMON_DAYS)
        if not part["pairs"].any():  # too few issues for days that all leads share
            part = scores[(scores["group"] == ALL_DAYS + suffix) & (scores["lead"] != "all")]
            part, suffix = part[part["pairs"] > 0], suffix + _EVERY_PAIR[lang]
        both = pd.concat([part, whole])
        out.print(_crps_table(both, lang, note, suffix))
        out.print(_consultation_table(both, lang, note, suffix))
    out.print(
        "CRPS = 19个分位数平均分位损失的2倍；逐时效行只用各时效共有的日期，“全部”行用所有样本；"
        "方括号为分块自助法区间。"
        if lang == "zh"
        else "CRPS = 2 x mean pinball loss over 19 quantiles. Rows by lead: valid days common to "
        "all leads; row 'all': every pair. Brackets: moving-block bootstrap interval."
    )


def _crps_table(scores: pd.DataFrame, lang: str, note: str, suffix: str) -> Table:
    title = {"zh": f"{note}站点PM2.5日均值，CRPS（µg/m³）{suffix}",
             "en": f"{note}Daily PM2.5 at stations, CRPS (µg/m³){suffix}"}[lang]  # fmt: skip
    part = scores[(scores["place_kind"] == "station") & (scores["pollutant"] == "pm25")]
    columns = ["ensemble", "interval", *REFERENCES, "coverage", "bias", "rmse", "correlation"]
    table = _table(title, ["lead", *columns, "pairs"], lang)
    for lead, at in part.groupby("lead", sort=False):
        crps = _values(at, "crps_quantiles")
        row = at[(at["model"] == ENSEMBLE) & (at["score"] == "crps_quantiles")].iloc[0]
        table.add_row(
            word(str(lead), lang),
            f"{crps[ENSEMBLE]:.1f}",
            f"[{row['low']:.1f}, {row['high']:.1f}]" if np.isfinite(row["low"]) else "–",
            *(f"{crps[r]:.1f}" for r in REFERENCES),
            _percent(_values(at, "coverage_90")[ENSEMBLE]),
            f"{_values(at, 'bias')[ENSEMBLE]:+.1f}",
            f"{_values(at, 'rmse')[ENSEMBLE]:.1f}",
            f"{_values(at, 'correlation')[ENSEMBLE]:.2f}",
            f"{row['pairs']:,}",
        )
    return table


def _consultation_table(scores: pd.DataFrame, lang: str, note: str, suffix: str) -> Table:
    title = {
        "zh": f"{note}城市AQI，准确率为%：集合预报（持续性/气候态）{suffix}",
        "en": f"{note}AQI of cities, accuracies in %: wubu (persistence/climatology){suffix}",
    }[lang]
    part = scores[(scores["place_kind"] == "city") & (scores["pollutant"] == "aqi")]
    columns = ["strict", "lenient", "range", "width", "primary", "pod", "far", "ts", "pairs"]
    table = _table(title, ["lead", *columns], lang)
    for lead, at in part.groupby("lead", sort=False):
        pairs = at[(at["model"] == ENSEMBLE) & (at["score"] == "level_accuracy")]["pairs"].iloc[0]
        width = _values(at, "mean_width")[ENSEMBLE]
        table.add_row(
            word(str(lead), lang),
            _beside(_values(at, "level_accuracy")),
            _percent(_values(at, "level_range_accuracy")[ENSEMBLE]),
            _beside(_values(at, "range_accuracy")),
            f"{width:.0f}",
            _beside(_values(at, "category_accuracy")),
            _percent(_values(at, "pod")[ENSEMBLE]),
            _percent(_values(at, "far")[ENSEMBLE]),
            _beside(_values(at, "ts"), percent=False),
            f"{pairs:,}",
        )
    return table


def show_issued(path: Path, lang: str) -> None:
    """Print the city × day table of an issued forecast."""
    issued = read_issued(path)
    cities = city_table(issued)
    title = f"{bulletin_title(issued, lang)}\n{_origin(issued, lang)}"
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
    table = _table(title, names, lang)
    for row in report.stations.head(LISTED).to_dict("records"):
        table.add_row(
            row["source"],
            row["station"],
            f"{row['first']:%Y-%m-%d}",
            f"{row['last']:%Y-%m-%d}",
            *(_percent(row[p]) for p in POLLUTANTS),
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
    table = _table(title, ["rule", *(LABELS[p] for p in POLLUTANTS), "stations", "meaning"], lang)
    for rule, row in quality.by_rule.iterrows():
        counts = [f"{row[p]:,}" if row[p] else "–" for p in POLLUTANTS]
        table.add_row(str(rule), *counts, str(row["stations"]), row["meaning"])
    return table


def _worst_table(source: str, quality: QualityReport, lang: str) -> Table:
    title = {"zh": f"{source}：各规则最严重个例", "en": f"{source}: worst case of each rule"}[lang]
    columns = ["rule", "station", "pollutant", "time", "value", "unit", "detail"]
    table = _table(title, columns, lang)
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
    table = _table("气象资料" if lang == "zh" else "Weather", columns, lang)
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
    members = list(next(iter(trained.pollutants.values())).members)
    title = "成员权重（各时效平均）" if lang == "zh" else "Weights of the members, mean over leads"
    table = _table(title, ["pollutant", *members], lang)
    for pollutant, ensemble in trained.pollutants.items():
        mean = ensemble.combination.weights.mean("lead")
        table.add_row(LABELS[pollutant], *(f"{float(mean.sel(member=m)):.2f}" for m in members))
    console().print(table)


def _table(title: str, columns: Sequence[str], lang: str) -> Table:
    table = Table(title=title, title_justify="left")
    for i, key in enumerate(columns):
        table.add_column(word(key, lang), justify="left" if i == 0 else "right")
    return table


def _values(scores: pd.DataFrame, score: str) -> pd.Series:
    """Value of one score by model."""
    return scores[scores["score"] == score].set_index("model")["value"]


def _beside(values: pd.Series, *, percent: bool = True) -> str:
    """Figure of the ensemble with those of persistence and climatology."""
    show = _percent if percent else (lambda v: f"{v:.2f}" if np.isfinite(v) else "–")
    references = "/".join(show(values[r]) for r in REFERENCES)
    return f"{show(values[ENSEMBLE])} ({references})"


def _percent(value: float) -> str:
    return f"{100 * value:.0f}" if np.isfinite(value) else "–"
