"""A score by lead, several models beside each other, with their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from verification.pictures.language import legible, pairs_text, picture_language, score_name
from verification.pictures.style import COLOURS, MARKERS, Simulated, finish, legend_below, open_axes
from verification.registry import SCORES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NEEDED = ("model", "lead", "score", "value", "low", "high", "pairs")
_WORDS = {
    "en": {
        "heading": "{score} by lead",
        "each": "a lead",
        "lead": "lead (days)",
        "perfect": "perfect",
        "bars": "bars: {level}interval",
    },
    "zh": {
        "heading": "{score}随预报时效的变化",
        "each": "每时效",
        "lead": "预报时效（天）",
        "perfect": "理想值",
        "bars": "线段：{level}区间",
    },
}


def draw_by_lead(
    table: pd.DataFrame,
    score: str | None = None,
    *,
    references: Sequence[str] = ("persistence", "climatology"),
    unit: str = "",
    level: float | None = None,
    ax: Axes | None = None,
    lang: str = "en",
    title: str = "",
    simulated: Simulated = False,
) -> Axes:
    """Draw a score against the lead: one line a model, a bar for each interval.

    The perfect value is a thin line and always in view, so that no axis makes a small difference
    look large.

    Parameters
    ----------
    table : pandas.DataFrame
        Long table of `scorecard`: model, lead, score, value, low, high, pairs; one row for each
        model and lead, so only one group and pollutant. Rows whose lead is no number (`all`) are
        left out; a missing value leaves a gap, a missing interval leaves the bar out.
    score : str, optional
        Score to show; may be left out when the table has only one.
    references : sequence of str
        Models to draw dashed, in grey.
    unit : str
        Unit of the forecast values, for scores that have it.
    level : float, optional
        Confidence level of the intervals, to be named in the title.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure without it.
    lang : {"en", "zh"}
        See `picture_language`.
    title : str
        Heading in place of the name of the score.
    simulated : bool or "weather"
        Mark the title: data, or only weather, are simulated.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If columns are missing, the score is not in the table, or a model and lead has two rows.
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> import pandas as pd
    >>> from verification import draw_by_lead
    >>> table = pd.DataFrame({"model": "ensemble", "lead": [1, 2], "score": "mae", "pairs": 90})
    >>> table = table.assign(value=[9.0, 12.0], low=[8.0, 10.0], high=[10.0, 14.0])
    >>> ax = draw_by_lead(table, unit="µg/m³")
    >>> ax.get_ylabel()
    'mean absolute error (µg/m³)'
    """
    speech = picture_language(lang)
    words = _WORDS[speech]
    name, rows = _rows(table, score)
    ax = open_axes(ax)
    models = list(dict.fromkeys(rows["model"]))
    shifts = (np.arange(len(models)) - (len(models) - 1) / 2) * min(0.12, 0.6 / len(models))
    own = iter(zip(COLOURS * len(models), MARKERS * len(models), strict=False))
    greys = iter(("0.35", "0.6", "0.5", "0.7") * len(models))
    for model, label, shift in zip(models, legible(models), shifts, strict=True):
        reference = model in references
        colour, marker = (next(greys), "") if reference else next(own)
        line = rows[rows["model"] == model].sort_values("lead")
        value, low, high = (line[c].to_numpy(dtype=float) for c in ("value", "low", "high"))
        ax.errorbar(
            line["lead"].to_numpy(dtype=float) + shift,
            value,
            np.maximum([value - low, high - value], 0.0),
            color=colour,
            marker=marker,
            ls="--" if reference else "-",
            ms=3.5,
            lw=1.2,
            elinewidth=0.7,
            capsize=1.5,
            label=label,
        )
    perfect = _frame(ax, rows["lead"], name, words["perfect"])
    legend_below(ax, [*ax.containers, *perfect])
    known = SCORES.get(name)
    long_name = score_name(name, speech)
    in_unit = f" ({unit})" if unit and (known is None or known.unit == "input") else ""
    note = pairs_text(rows["pairs"], speech, words["each"])
    if rows["low"].notna().any():
        percent = "" if level is None else f"{level:.0%}{' ' if speech == 'en' else ''}"
        note += ("；" if speech == "zh" else "; ") + words["bars"].format(level=percent)
    heading = title or words["heading"].format(score=long_name)
    labels: dict[str, Any] = {"xlabel": words["lead"], "ylabel": f"{long_name}{in_unit}"}
    return finish(ax, speech, heading, note, simulated=simulated, **labels)


def _rows(table: pd.DataFrame, score: str | None) -> tuple[str, pd.DataFrame]:
    """Name of the score, and the rows to draw with whole leads as numbers."""
    lacking = [c for c in _NEEDED if c not in table]
    if lacking:
        raise ValueError(f"the table lacks the columns {lacking}; it has {list(table.columns)}")
    found = sorted(set(table["score"]))
    if score is None and len(found) != 1:
        raise ValueError(f"name the score to draw, one of {found}")
    name = found[0] if score is None else score
    if name not in found:
        raise ValueError(f"the table has no score {name!r}, only {found}")
    rows = table[table["score"] == name]
    rows = rows.assign(lead=pd.to_numeric(rows["lead"], errors="coerce")).dropna(subset="lead")
    twice = rows[rows.duplicated(["model", "lead"])]
    if len(twice):
        first = twice.iloc[0]
        raise ValueError(
            f"two rows for the model {first['model']!r} at lead {first['lead']:g}: "
            "choose one group and pollutant before drawing"
        )
    return name, rows


def _frame(ax: Axes, leads: pd.Series, name: str, perfect: str) -> list:
    """Ticks and grid; gives the line of the perfect value where the score is known."""
    ticks = sorted(set(leads))
    ax.set_xticks(ticks if len(ticks) <= 15 else ticks[:: -(-len(ticks) // 10)])
    ax.grid(axis="y", alpha=0.3, lw=0.5)
    if name not in SCORES:
        return []
    style: dict[str, Any] = {"color": "0.2", "lw": 0.8, "ls": ":", "zorder": 1}
    return [ax.axhline(SCORES[name].perfect, label=perfect, **style)]
