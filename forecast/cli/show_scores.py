"""Scores on the console: what a forecaster is judged by, each figure beside its references."""

from __future__ import annotations

import numpy as np
import pandas as pd
from rich.table import Table

from forecast.cli.show import console, percent, table_of
from forecast.cli.words import word
from forecast.evaluation import ALL_DAYS, COMMON_DAYS
from forecast.evaluation.mean_index import MEAN_INDEX
from forecast.evaluation.truth import UNADJUSTED
from forecast.training import ENSEMBLE, REFERENCES

EVERY_PAIR = {"zh": "（发布日太少，各时效用所有样本）", "en": " (few issues: every pair)"}
HEAVY = 200
OTHER_LEVELS = (100, 150, 300)
HIT = "level_accuracy"
SHARES = {"range_accuracy", "level_accuracy", "level_range_accuracy", "category_accuracy"} | {
    *("pod", "far", "miss_rate", "over_rate", "under_rate", "pofd", "half_level_accuracy"),
    *("coverage_50", "coverage_80", "coverage_90", "hj1130_range_accuracy", "table_accuracy"),
    *("hj1130_level_accuracy", "hj1130_primary_accuracy", "hj1130_heavy_accuracy"),
}
"""Scores that are written in percent."""


def show_scores(scores: pd.DataFrame, lang: str, *, simulated: bool | str) -> None:
    """Print the scores by lead beside the references: AQI of cities, PM2.5 of stations.

    Parameters
    ----------
    scores : pandas.DataFrame
        From `forecast.evaluation.evaluate` with the default scores.
    lang : str
        ``zh`` or ``en``.
    simulated : bool or "weather"
        Named in every title.
    """
    out = console()
    note = simulated_note(simulated, lang)
    for suffix, both in by_standard(scores, lang):
        out.print(_crps_table(both, lang, note, suffix))
        out.print(_consultation_table(both, lang, note, suffix))
        for gains in (_decision_table, _adjustment_table):
            table = gains(both, lang, note, suffix)
            if table is not None:
                out.print(table)
        out.print(_official_table(both, lang, note, suffix))
        out.print(_heavy_table(both, lang, note, suffix))
        out.print(_thresholds_table(both, lang, note, suffix))
        members = _members_table(both, lang, note, suffix)
        if members is not None:
            out.print(members)
    out.print(_legend(lang))


def by_standard(scores: pd.DataFrame, lang: str) -> list[tuple[str, pd.DataFrame]]:
    """Rows by lead on common days and the row of all pairs, for each standard of the index."""
    found = []
    for group in [g for g in scores["group"].unique() if g.startswith(COMMON_DAYS)]:
        suffix = group.removeprefix(COMMON_DAYS)
        part = scores[scores["group"] == group]
        whole = scores[(scores["group"] == ALL_DAYS + suffix) & (scores["lead"] == "all")]
        title = suffix
        if not part["pairs"].any():  # too few issues for days that all leads share
            part = scores[(scores["group"] == ALL_DAYS + suffix) & (scores["lead"] != "all")]
            part, title = part[part["pairs"] > 0], suffix + EVERY_PAIR[lang]
        found.append((title, pd.concat([part, whole])))
    return found


def simulated_note(simulated: bool | str, lang: str) -> str:
    """What a title begins with where data are simulated."""
    return {
        "zh": {True: "【模拟数据】", "weather": "【模拟气象】"}.get(simulated, ""),
        "en": {True: "SIMULATED data. ", "weather": "SIMULATED weather. "}.get(simulated, ""),
    }[lang]


def _legend(lang: str) -> str:
    if lang == "zh":
        return (
            "每格为本系统的成绩，括号内依次为持续性预报（明日如今日）和气候态预报，作参照。\n"
            "级别：预报级别与实况相同（其后为其区间）；跨级：实况级别在预报范围所跨级别之内；范围：实况AQI在预报"
            "上下限之内（幅宽为上下限之差）；偏高、偏低：实况低于、高于范围的比例；首要：首要污染物相同（仅实况AQI>50的日子）。\n"
            "决策增益：由情景选出级别和范围，与取浓度均值的指数（括号内）相比，末为差值。\n"
            "半级：12个半级相差不超过1；HJ范围：实况在预报AQI±25%之内，HJ重污染：重污染日报出的比例"
            "（HJ 1130）；NMC分：AQI、级别、首要污染物得分的平均，满分100（国家气象中心办法）。\n"
            "POD：重污染日报出的比例；FAR：预报重污染而未出现的比例；"
            "TS：报对日数 ÷（报对+漏报+空报）。"
            "–：没有可评的日子。\n"
            "CRPS：概率预报误差，越小越好（19个分位数平均分位损失的2倍）；方括号为分块自助法区间。"
            "逐时效行只用各时效共有的日期，“全部”行用所有样本。"
        )
    return (
        "Each figure is wubu's, with persistence (tomorrow as today) and climatology beside it.\n"
        "level: forecast level = observed; cross: observed level among those the range spans; "
        "range: observed AQI within low-high (width = high - low); over, under: observed below, "
        "above the range; primary: a common primary pollutant, days above AQI 50.\n"
        "gain of the decision: level and range chosen from the scenarios, beside those of the "
        "index of the mean concentrations (in brackets), and the difference.\n"
        "half-level: at most one of 12 half-levels off; HJ range: observed within forecast ±25 %, "
        "HJ heavy: heavy days forecast as such (HJ 1130); NMC points: mean of AQI, level and "
        "primary pollutant, at most 100 (National Meteorological Centre).\n"
        "POD: share of heavy days that were forecast; FAR: share of forecast heavy days that did "
        "not come; TS: hits / (hits + misses + false alarms). -: no day to judge.\n"
        "CRPS: error of the probabilities, smaller is better (2 x mean pinball loss over 19 "
        "quantiles). Rows by lead: valid days common to all leads; row 'all': every pair. "
        "Brackets: moving-block bootstrap interval."
    )


def _crps_table(scores: pd.DataFrame, lang: str, note: str, suffix: str) -> Table:
    title = {"zh": f"{note}站点PM2.5日均值，CRPS（µg/m³）{suffix}",
             "en": f"{note}Daily PM2.5 at stations, CRPS (µg/m³){suffix}"}[lang]  # fmt: skip
    part = scores[(scores["place_kind"] == "station") & (scores["pollutant"] == "pm25")]
    columns = ["ensemble", "interval", *REFERENCES, "coverage", "bias", "rmse", "correlation"]
    table = table_of(title, ["lead", *columns, "pairs"], lang)
    for lead, at in part.groupby("lead", sort=False):
        crps = values(at, "crps_quantiles")
        row = at[(at["model"] == ENSEMBLE) & (at["score"] == "crps_quantiles")].iloc[0]
        table.add_row(
            word(str(lead), lang),
            f"{crps[ENSEMBLE]:.1f}",
            interval(row, ".1f"),
            *(f"{crps[r]:.1f}" for r in REFERENCES),
            percent(values(at, "coverage_90")[ENSEMBLE]),
            f"{values(at, 'bias')[ENSEMBLE]:+.1f}",
            f"{values(at, 'rmse')[ENSEMBLE]:.1f}",
            f"{values(at, 'correlation')[ENSEMBLE]:.2f}",
            f"{row['pairs']:,}",
        )
    return table


def _consultation_table(scores: pd.DataFrame, lang: str, note: str, suffix: str) -> Table:
    title = {
        "zh": f"{note}城市AQI，准确率为%：集合预报（持续性/气候态）{suffix}",
        "en": f"{note}AQI of cities, accuracies in %: wubu (persistence/climatology){suffix}",
    }[lang]
    part = index_of_cities(scores)
    columns = ["strict", "interval", "lenient", "range", "width", "over", "under", "primary"]
    table = table_of(title, ["lead", *columns, "pairs"], lang)
    for lead, at in part.groupby("lead", sort=False):
        row = at[(at["model"] == ENSEMBLE) & (at["score"] == "level_accuracy")].iloc[0]
        table.add_row(
            word(str(lead), lang),
            beside(values(at, "level_accuracy")),
            interval(row, ".0f", 100),
            percent(_of(at, "level_range_accuracy")),
            beside(values(at, "range_accuracy")),
            f"{_of(at, 'mean_width'):.0f}",
            percent(_of(at, "over_rate")),
            percent(_of(at, "under_rate")),
            beside(values(at, "category_accuracy")),
            f"{row['pairs']:,}",
        )
    return table


def _decision_table(scores: pd.DataFrame, lang: str, note: str, suffix: str) -> Table | None:
    """What deciding by the scenarios gains over the index of the mean; None where not scored."""
    title = {
        "zh": f"{note}会商决策的增益：按情景决策（按均值指数）{suffix}",
        "en": f"{note}Gain of the decision: by scenarios (by the index of the mean){suffix}",
    }[lang]
    return _gains(scores, MEAN_INDEX, title, lang)


def _adjustment_table(scores: pd.DataFrame, lang: str, note: str, suffix: str) -> Table | None:
    """What adjustments gain over what guidance said; None where nothing was adjusted."""
    title = {
        "zh": f"{note}会商调整的增益：发布值（调整前）{suffix}",
        "en": f"{note}Value added by adjustments: as issued (as guidance said){suffix}",
    }[lang]
    return _gains(scores, UNADJUSTED, title, lang)


def _gains(scores: pd.DataFrame, naive: str, title: str, lang: str) -> Table | None:
    """Level, range, width and threat score as issued, beside those of another decision."""
    part = index_of_cities(scores)
    if naive not in set(part["model"]):
        return None
    table = table_of(title, ["lead", "strict", "range", "width", "ts", "pairs"], lang)
    for lead, at in part.groupby("lead", sort=False):
        heavy = at[at["threshold"] == HEAVY]
        own = at[(at["model"] == ENSEMBLE) & (at["score"] == HIT)]
        table.add_row(
            word(str(lead), lang),
            gain(values(at, HIT), naive),
            gain(values(at, "range_accuracy"), naive),
            gain(values(at, "mean_width"), naive, shares=False, digits=0),
            gain(values(heavy, "ts"), naive, shares=False),
            f"{int(own['pairs'].sum()):,}",
        )
    return table


def gain(found: pd.Series, naive: str = MEAN_INDEX, *, shares: bool = True, digits: int = 2) -> str:
    """Figure as issued with that of another decision and their difference."""
    own, other = (float(found.get(m, np.nan)) for m in (ENSEMBLE, naive))
    if not np.isfinite(own - other):
        return "–"
    scale, form = (100, ".1f") if shares else (1, f".{digits}f")
    return f"{scale * own:{form}} ({scale * other:{form}}) {scale * (own - other):+{form}}"


def _official_table(scores: pd.DataFrame, lang: str, note: str, suffix: str) -> Table:
    title = {
        "zh": f"{note}城市AQI，按评分办法：集合预报（持续性/气候态）{suffix}",
        "en": f"{note}AQI of cities by official forms: wubu (persistence/climatology){suffix}",
    }[lang]
    part = index_of_cities(scores)
    columns = ["half_level", "hj_range", "hj_heavy", "nmc", "interval", "pairs"]
    table = table_of(title, ["lead", *columns], lang)
    for lead, at in part.groupby("lead", sort=False):
        row = at[(at["model"] == ENSEMBLE) & (at["score"] == "nmc_composite")].iloc[0]
        table.add_row(
            word(str(lead), lang),
            beside(values(at, "half_level_accuracy")),
            beside(values(at, "hj1130_range_accuracy")),
            beside(values(at, "hj1130_heavy_accuracy")),
            beside(values(at, "nmc_composite"), shares=False, digits=0),
            interval(row, ".0f"),
            f"{row['pairs']:,}",
        )
    return table


def _heavy_table(scores: pd.DataFrame, lang: str, note: str, suffix: str) -> Table:
    title = {
        "zh": f"{note}城市重污染日（AQI>200）：集合预报（持续性/气候态）{suffix}",
        "en": f"{note}Heavy days of cities (AQI > 200): wubu (persistence/climatology){suffix}",
    }[lang]
    part = index_of_cities(scores)
    columns = ["pod", "far", "frequency", "ts", "interval", "pairs"]
    table = table_of(title, ["lead", *columns], lang)
    for lead, at in part.groupby("lead", sort=False):
        heavy = at[at["threshold"] == HEAVY]
        row = heavy[(heavy["model"] == ENSEMBLE) & (heavy["score"] == "ts")].iloc[0]
        table.add_row(
            word(str(lead), lang),
            beside(values(heavy, "pod")),
            beside(values(heavy, "far")),
            number(_of(heavy, "frequency_bias")),
            beside(values(heavy, "ts"), shares=False),
            interval(row, ".2f"),
            f"{row['pairs']:,}",
        )
    return table


def _thresholds_table(scores: pd.DataFrame, lang: str, note: str, suffix: str) -> Table:
    title = {
        "zh": f"{note}城市各级超标日的TS：集合预报（持续性/气候态）{suffix}",
        "en": f"{note}TS of days above other levels: wubu (persistence/climatology){suffix}",
    }[lang]
    part = index_of_cities(scores)
    table = table_of(title, ["lead", *(f"AQI>{t}" for t in OTHER_LEVELS), "pairs"], lang)
    for lead, at in part.groupby("lead", sort=False):
        row = at[(at["model"] == ENSEMBLE) & (at["score"] == "ts")].iloc[0]
        table.add_row(
            word(str(lead), lang),
            *(beside(values(at[at["threshold"] == t], "ts"), shares=False) for t in OTHER_LEVELS),
            f"{row['pairs']:,}",
        )
    return table


def _members_table(scores: pd.DataFrame, lang: str, note: str, suffix: str) -> Table | None:
    """Each model by itself; None where there is none beside the combination and references."""
    models = [
        m
        for m in dict.fromkeys(scores["model"])
        if m not in (ENSEMBLE, MEAN_INDEX, UNADJUSTED, *REFERENCES)
    ]
    if not models:
        return None
    title = {
        "zh": f"{note}各成员：站点PM2.5的CRPS / 城市级别准确率（%）{suffix}",
        "en": f"{note}Members: CRPS of PM2.5 at stations / level right at cities (%){suffix}",
    }[lang]
    shown = [ENSEMBLE, *models, *REFERENCES]
    table = table_of(title, ["lead", *shown, "pairs"], lang)
    for lead, at in scores.groupby("lead", sort=False):
        station = at[(at["place_kind"] == "station") & (at["pollutant"] == "pm25")]
        crps, hits = values(station, "crps_quantiles"), values(index_of_cities(at), HIT)
        own = index_of_cities(at[at["model"] == ENSEMBLE])
        pairs = own[own["score"] == HIT]["pairs"]
        cells = (
            f"{number(crps.get(m, np.nan), 1)} / {percent(hits.get(m, np.nan))}" for m in shown
        )
        table.add_row(word(str(lead), lang), *cells, f"{int(pairs.sum()):,}")
    return table


def values(scores: pd.DataFrame, score: str) -> pd.Series:
    """Value of one score by model."""
    return scores[scores["score"] == score].set_index("model")["value"]


def interval(row: pd.Series, form: str, scale: float = 1) -> str:
    """Interval of a row of a scorecard in brackets; a dash where it has none."""
    if not np.isfinite(row["low"]):
        return "–"
    low, high = (_unsigned_zero(f"{scale * row[end]:{form}}") for end in ("low", "high"))
    return f"[{low}, {high}]"


def _unsigned_zero(text: str) -> str:
    return text.lstrip("-") if float(text) == 0 else text


def number(value: float, digits: int = 2) -> str:
    """A figure with some digits behind the point; a dash where there is none."""
    return f"{value:.{digits}f}" if np.isfinite(value) else "–"


def _of(scores: pd.DataFrame, score: str) -> float:
    return float(values(scores, score).get(ENSEMBLE, np.nan))


def index_of_cities(scores: pd.DataFrame) -> pd.DataFrame:
    """Rows of the AQI of cities."""
    return scores[(scores["place_kind"] == "city") & (scores["pollutant"] == "aqi")]


def beside(found: pd.Series, *, shares: bool = True, digits: int = 2) -> str:
    """Figure of the ensemble with those of persistence and climatology; shares in percent."""

    def shown(model: str) -> str:
        value = float(found.get(model, np.nan))
        return percent(value) if shares else number(value, digits)

    return f"{shown(ENSEMBLE)} ({'/'.join(shown(r) for r in REFERENCES)})"
