"""A comparison of models on the console: differences by lead, and which of them are real."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from rich.table import Table

from forecast.cli.show import console, percent, table_of
from forecast.cli.show_chosen import score_title
from forecast.cli.show_scores import SHARES, interval, number, simulated_note
from forecast.cli.words import word
from forecast.evaluation import ALL_DAYS, COMMON_DAYS
from forecast.training import ENSEMBLE

DEFAULT = (
    ("station", "pm25", "crps_quantiles", None),
    ("city", "aqi", "level_accuracy", None),
    ("city", "aqi", "range_accuracy", None),
    ("city", "aqi", "category_accuracy", None),
    ("city", "aqi", "ts", 200),
)
"""Kind of place, variable, score and threshold that are compared unless scores are named."""
COLOURS = {"better": "green", "worse": "red", "equal": "", "undefined": ""}


def show_comparison(
    table: pd.DataFrame,
    names: Sequence[str],
    lang: str,
    *,
    level: float,
    simulated: bool | str,
) -> None:
    """Print the differences of a model to its reference, one table for each score.

    The combination is shown beside the reference; where it is the reference itself, every other
    model beside it.

    Parameters
    ----------
    table : pandas.DataFrame
        From `forecast.evaluation.evaluate_against`.
    names : sequence of str
        Scores; those of the consultation if there are none.
    lang : str
        ``zh`` or ``en``.
    level : float
        Confidence level.
    simulated : bool or "weather"
        Named in every title.
    """
    out = console()
    models = list(dict.fromkeys(table["model"]))
    part = table[table["model"] == ENSEMBLE] if ENSEMBLE in models else table
    for group in [g for g in table["group"].unique() if g.startswith(COMMON_DAYS)]:
        suffix = group.removeprefix(COMMON_DAYS)
        whole = (part["group"] == ALL_DAYS + suffix) & (part["lead"] == "all")
        by_lead = part[part["group"] == group]
        for rows in _chosen(pd.concat([by_lead, part[whole]]), names):
            if rows["value"].notna().any():
                out.print(_table(rows, lang, simulated_note(simulated, lang), suffix))
    out.print(_legend(lang, level, str(table["reference"].iloc[0])))


def _chosen(table: pd.DataFrame, names: Sequence[str]) -> Iterator[pd.DataFrame]:
    """Rows of each table, in the order of the scores."""
    keys = ["place_kind", "pollutant", "score", "threshold"]
    found = {
        (key[:3], None if pd.isna(key[3]) else float(key[3]), key[4]): rows
        for key, rows in table.groupby([*keys, "model"], sort=False, dropna=False)
    }
    wanted = list(dict.fromkeys(DEFAULT)) if not names else list(names)
    for one in wanted:
        for (labels, threshold, _), rows in found.items():
            if one in (labels[2], (*labels, threshold)):
                yield rows


def _table(rows: pd.DataFrame, lang: str, note: str, suffix: str) -> Table:
    first = rows.iloc[0]
    share = first["score"] in SHARES
    model, reference = (word(first[c], lang) for c in ("model", "reference"))
    title = f"{note}{score_title(first, lang)}{suffix}"
    columns = ["lead", model, reference, "difference", "interval", "p_adjusted", "verdict", "pairs"]
    table = table_of(title, columns, lang)
    for row in rows.to_dict("records"):
        value, other, gap = (
            percent(row[c]) if share else number(row[c])
            for c in ("value", "value_reference", "difference")
        )
        signed = f"+{gap}" if row["difference"] > 0 else gap
        scale = 100 if share else 1
        bounds = pd.Series({end: scale * row[end] for end in ("low", "high")})
        verdict, colour = word(row["verdict"], lang), COLOURS[row["verdict"]]
        table.add_row(
            word(str(row["lead"]), lang), value, other, signed,
            interval(bounds, ".0f" if share else ".2f"),
            _p_value(row["p_adjusted"]),
            f"[{colour}]{verdict}[/]" if colour else verdict,
            f"{row['pairs']:,}",
        )  # fmt: skip
    return table


def _p_value(p: float) -> str:
    if not np.isfinite(p):
        return "–"
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def _legend(lang: str, level: float, reference: str) -> str:
    if lang == "zh":
        return (
            f"与{word(reference, lang)}比较：同样的样本（各模式均有预报者），逐日成对求差，方括号为"
            f"{level:.0%}分块自助法区间。\n"
            f"“优于”“劣于”：校正后的p值小于{1 - level:.2g}；p值已按同时检验多个时效校正"
            "（多重检验），否则“无显著差异”。偏差、覆盖率等以接近理想值为好的评分，比较与理想值的距离。"
        )
    return (
        f"Compared with {word(reference, lang)} on the same pairs (those every model forecast), "
        f"day by day; brackets: {level:.0%} block-bootstrap interval of the difference.\n"
        f"better, worse: p adjusted is below {1 - level:.2g}; p is adjusted for testing many leads "
        "at once; else no difference can be told. Scores that are best near a value (bias, "
        "coverage) are compared by their distance from it."
    )
