"""Heavy-pollution processes on the console: each observed one, and how they were forecast."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from rich.table import Table

from forecast.cli.show import console, table_of
from forecast.cli.show_chosen import score_table
from forecast.cli.show_scores import beside, number, simulated_note, values
from forecast.cli.words import word
from forecast.evaluation.processes import ProcessEvaluation
from forecast.evaluation.settings import Evaluation
from forecast.training import ENSEMBLE

LISTED = 12
"""Processes that are listed, those with the highest peak."""
ERRORS = {
    "start_error": "process_start_mae",
    "peak_day_error": "process_peak_day_mae",
    "peak_error": "process_peak_mae",
}


def show_processes(
    found: ProcessEvaluation,
    settings: Evaluation,
    names: Sequence[str],
    lang: str,
    *,
    simulated: bool | str,
) -> None:
    """Print the observed processes and the scores of their forecasts.

    Parameters
    ----------
    found : ProcessEvaluation
        From `forecast.evaluation.processes.evaluate_processes`.
    settings : Evaluation
        What a process is.
    names : sequence of str
        Scores of processes that were asked for; the list is shown without any.
    lang : str
        ``zh`` or ``en``.
    simulated : bool or "weather"
        Named in every title.
    """
    out = console()
    note = simulated_note(simulated, lang)
    if not len(found.listing):
        above = settings.processes.above
        out.print(
            f"{note}没有观测到AQI>{above:g}的过程。"
            if lang == "zh"
            else f"{note}No process above AQI {above:g} was observed."
        )
        return
    if not names:
        out.print(_listing(found.listing, settings, lang, note))
        out.print(_scores(found.scores, lang, note))
        out.print(_legend(settings, lang))
        return
    for name in names:
        rows = found.scores[found.scores["score"] == name]
        if len(rows):
            out.print(score_table(rows, lang, note))


def _listing(listing: pd.DataFrame, settings: Evaluation, lang: str, note: str) -> Table:
    above, count = settings.processes.above, len(listing)
    listed = {
        "zh": f"，列出峰值最高的{LISTED}个",
        "en": f", the {LISTED} with the highest peak",
    }
    more = "" if count <= LISTED else listed[lang]
    title = {
        "zh": f"{note}观测到的污染过程（AQI>{above:g}）：{count}个{more}",
        "en": f"{note}Observed pollution processes (AQI > {above:g}): {count}{more}",
    }[lang]
    columns = ["first", "days", "extent", "peak", "peak_day", "peak_place",
               "primary", "first_lead", "continuous_lead"]  # fmt: skip
    table = table_of(title, columns, lang)
    for row in listing.nlargest(LISTED, "peak").sort_values("start").to_dict("records"):
        start, peak_day = (pd.Timestamp(row[c]) for c in ("start", "peak_day"))
        table.add_row(
            f"{start:%Y-%m-%d}",
            f"{row['days']:.0f}",
            f"{row['extent']:.0f}",
            f"{row['peak']:.0f}",
            f"{peak_day:%m-%d}",
            str(row["peak_place"]),
            row["primary"] or "–",
            _ahead(row["first_lead"], lang),
            _ahead(row["continuous_lead"], lang),
        )
    return table


def _ahead(days: float, lang: str) -> str:
    """Days ahead; a process that no forecast held was missed."""
    if not np.isfinite(days):
        return "漏报" if lang == "zh" else "missed"
    return f"{days:.0f}天" if lang == "zh" else f"{days:.0f} d"


def _scores(scores: pd.DataFrame, lang: str, note: str) -> Table:
    title = {
        "zh": f"{note}过程预报评分：集合预报（持续性/气候态）",
        "en": f"{note}Processes: wubu (persistence/climatology)",
    }[lang]
    columns = ["lead", "hit", "far", "interval", *ERRORS, "processes"]
    table = table_of(title, columns, lang)
    for lead, at in scores.groupby("lead", sort=False):
        own = at[at["model"] == ENSEMBLE].set_index("score")
        low, high = own.loc["process_pod", ["low", "high"]]
        table.add_row(
            word(str(lead), lang),
            beside(values(at, "process_pod")),
            beside(values(at, "process_far")),
            f"[{100 * low:.0f}, {100 * high:.0f}]" if np.isfinite(low) else "–",
            *(number(own["value"].get(score, np.nan), 1) for score in ERRORS.values()),
            f"{own.loc['process_pod', 'pairs']:,}",
        )
    return table


def _legend(settings: Evaluation, lang: str) -> str:
    rule = settings.processes
    if lang == "zh":
        return (
            f"过程：相距{rule.radius_km:g}公里以内的城市AQI>{rule.above:g}连成一片，间断不超过"
            f"{rule.gap_days}天。命中：日期重叠（容差±{rule.tolerance_days}天）且城市重合不少于"
            f"{rule.share:.0%}；FAR：预报而未出现的比例；区间为命中率的区间。\n"
            "首报提前：最早在开始前几天报出；连续报出：从开始前几天起每次起报都报出。"
            "误差为平均绝对误差。"
        )
    return (
        f"Process: cities above AQI {rule.above:g} within {rule.radius_km:g} km of each other, "
        f"with at most {rule.gap_days} day between. Hit: days overlap (±{rule.tolerance_days}) and "
        f"at least {rule.share:.0%} of the cities agree; interval: of the hit rate.\n"
        "first seen: days before its start at which it was first forecast; held from: days before "
        "its start from which on every issue held it. Errors are mean absolute ones."
    )
