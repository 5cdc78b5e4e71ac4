"""Columns of the tables of files: which score, how it is called, explained and written."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecast.cli.show import percent
from forecast.pollutants import LABELS, UNITS
from verification import SCORES

_TITLES = {"aqi": ("AQI", "AQI"), "value": ("数值", "value")}
_PRETTY = {"ug m-3": "µg/m³", "mg m-3": "mg/m³"}
_REFERENCES = {
    "persistence": ("持续性", "persistence"),
    "climatology": ("气候态", "climatology"),
}


@dataclass(frozen=True)
class Column:
    """A column of the tables.

    Attributes
    ----------
    scores : tuple of str
        The first that a model has is shown.
    zh, en : str
        Heading.
    kind : {"value", "signed", "share", "number", "interval"}
        How it is written; an interval is that of the score.
    threshold : float
        Of yes/no scores, else NaN.
    """

    scores: tuple[str, ...]
    zh: str
    en: str
    kind: str = "value"
    threshold: float = np.nan

    def heading(self, lang: str) -> str:
        """Heading in ``zh`` or ``en``."""
        return self.zh if lang == "zh" else self.en


VALUES = (
    Column(("bias",), "平均偏差", "mean error", "signed"),
    Column(("mae",), "平均绝对误差", "mean abs. error"),
    Column(("mae",), "其90%区间", "its 90 % interval", "interval"),
    Column(("rmse",), "均方根误差", "root mean sq. error"),
    Column(("correlation",), "相关系数", "correlation", "number"),
    Column(("crps_quantiles", "crps_fair"), "概率误差CRPS", "prob. error (CRPS)"),
    Column(("coverage_90",), "90%范围覆盖%", "inside its 90 % range, %", "share"),
)
"""Of a concentration, an index or a variable of the user's own."""
CONSULTATION = (
    Column(("level_accuracy",), "级别准确%", "level right, %", "share"),
    Column(("level_accuracy",), "其90%区间", "its 90 % interval", "interval"),
    Column(("level_over_rate",), "偏高%", "too high, %", "share"),
    Column(("level_under_rate",), "偏低%", "too low, %", "share"),
    Column(("level_range_accuracy",), "跨级准确%", "levels named, %", "share"),
    Column(("range_accuracy",), "AQI范围准确%", "within AQI range, %", "share"),
    Column(("mean_width",), "范围幅度", "width of range"),
    Column(("category_accuracy",), "首要污染物准确%", "primary right, %", "share"),
)
"""Of levels, ranges and primary pollutants."""
HEAVY = tuple(
    column
    for threshold in (100.0, 200.0)
    for column in (
        Column(("pod",), f"AQI>{threshold:g}报出%", f"AQI > {threshold:g} foretold, %",
               "share", threshold),
        Column(("far",), "空报%", "false alarms, %", "share", threshold),
        Column(("ts",), "TS", "threat score", "number", threshold),
    )
)  # fmt: skip
"""Of polluted and of heavily polluted days."""
DEFAULTS = tuple(dict.fromkeys(s for c in (*VALUES, *CONSULTATION, *HEAVY) for s in c.scores))
"""Scores that the tables show."""

EXPLANATIONS: tuple[tuple[frozenset[str], str, str], ...] = (
    (frozenset({"bias"}),
     "平均偏差：预报减实况的平均，正为偏高。平均绝对误差：误差大小的平均。"
     "均方根误差：对大误差更敏感。相关系数：同升同降的程度，1为最好。",
     "mean error: forecast minus observed, positive where too high; mean abs. error: mean size "
     "of the errors; root mean square error: weighs large errors more; correlation: rise and fall "
     "together, best 1."),
    (frozenset({"crps_quantiles", "crps_fair"}),
     "概率误差（CRPS）：整个预报分布的误差，越小越好；单值预报的概率误差即其平均绝对误差。",
     "prob. error (CRPS): error of the whole distribution, smaller is better; that of a "
     "single value is its mean absolute error."),
    (frozenset({"coverage_90"}),
     "90%范围覆盖：实况落在预报的90%范围内的比例，应接近90。",
     "inside its 90 % range: share of the observed in the forecast's 90 % range, should be near "
     "90."),
    (frozenset({"level_accuracy"}),
     "级别准确：预报级别与实况相同的比例；偏高、偏低：预报级别高于、低于实况的比例。",
     "level right: forecast level equals the observed; too high, too low: it lies above, below."),
    (frozenset({"level_range_accuracy"}),
     "跨级准确：实况级别在预报所跨级别之内的比例。",
     "levels named: the observed level is among those that the forecast names or its range spans."),
    (frozenset({"range_accuracy"}),
     "AQI范围准确：实况在预报下限与上限之间的比例，须与范围幅度同看。",
     "within AQI range: observed between low and high; to be read beside the width of the range."),
    (frozenset({"category_accuracy"}),
     "首要污染物准确：预报与实况有共同的首要污染物（只计实况有首要污染物的日子）。",
     "primary right: a primary pollutant in common, of the days that had one."),
    (frozenset({"pod"}),
     "报出：实况超过该AQI的日子中预报也超过的比例；空报：预报超过而实况没有的比例；"
     "TS：报对÷（报对+漏报+空报），1为最好。",
     "foretold: share of the days above this AQI that were forecast so; false alarms: share of the "
     "days forecast so that were not; threat score: hits / (hits + misses + false alarms), best "
     "1."),
)  # fmt: skip
"""Scores, and what is said of their columns where one is shown."""


def name_of(variable: str, lang: str) -> str:
    """A variable as tables write it, with its unit where it has one."""
    if variable in LABELS:
        return f"{LABELS[variable]} ({_PRETTY[UNITS[variable]]})"
    return _TITLES.get(variable, (variable, variable))[lang == "en"]


def unit_of(variable: str) -> str:
    """Unit of a pollutant; empty for others."""
    return _PRETTY[UNITS[variable]] if variable in UNITS else ""


def model_name(model: str, lang: str) -> str:
    """A model as tables write it: references in words."""
    return _REFERENCES.get(model, (model, model))[lang == "en"]


def score_title(name: str, lang: str) -> str:
    """A score in words, with its orientation."""
    score = SCORES[name]
    best = f"{score.perfect:.3g}"
    zh = {"larger": "越大越好", "smaller": "越小越好", "nearest": f"以{best}为最好"}
    en = {"larger": "larger is better", "smaller": "smaller is better", "nearest": f"best {best}"}
    if lang == "zh":
        return f"{score.chinese}（{name}；{zh[score.orientation]}）"
    return f"{score.long_name} ({name}; {en[score.orientation]})"


def short_name(score: str, lang: str) -> str:
    """Heading of the column of a score, else its name in words."""
    for column in (*VALUES, *CONSULTATION):
        if score in column.scores:
            return column.heading(lang)
    return SCORES[score].chinese if lang == "zh" else SCORES[score].long_name


def kind_of(score: str) -> str:
    """How a score is written."""
    for column in (*VALUES, *CONSULTATION, *HEAVY):
        if score in column.scores and column.kind != "interval":
            return column.kind
    return "value" if SCORES[score].unit == "input" else "number"


def written(value: float, kind: str, variable: str, *, signed: bool = False) -> str:
    """A figure as tables write it; a dash where there is none."""
    if not np.isfinite(value):
        return "–"
    if kind == "share":
        return f"{100 * value:+.0f}" if signed else percent(value)
    coarse = kind != "number" and (variable in LABELS or variable == "aqi") and variable != "co"
    sign = "+" if signed or kind == "signed" else ""
    return f"{value:{sign}.{1 if coarse else 2}f}"


def interval_of(row: pd.Series, kind: str, variable: str, *, signed: bool = False) -> str:
    """Interval of a row of a table; a dash where it has none."""
    ends = [written(row[end], kind, variable, signed=signed) for end in ("low", "high")]
    return "–" if "–" in ends else f"{ends[0]} … {ends[1]}"
