"""Coloured scorecard: where one forecast is better than another, and where that is certain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
import xarray as xr

from verification.inference.comparison import scorecard_grid
from verification.pictures.language import (
    Language,
    legible,
    pairs_text,
    picture_language,
    score_name,
    titled,
)
from verification.pictures.style import TICK, Simulated, axes_width, finish, legend_below, open_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_FILLS = {1: ("#5AA5D6", "^"), -1: ("#E8945A", "v"), 0: ("#F2F2F2", "")}
"""Colour and marker of better, worse, and no difference told."""

_WORDS = {
    "en": {
        "heading": "Scorecard",
        "against": "{model}against {reference}",
        "lead": "lead (days)",
        "better": "better",
        "worse": "worse",
        "none": "not significant",
        "skill": "numbers: skill (%)",
        "difference": "numbers: difference of the score",
        "each": "a field",
    },
    "zh": {
        "heading": "评分对比表",
        "against": "{model}对比 {reference}",
        "lead": "预报时效（天）",
        "better": "显著较好",
        "worse": "显著较差",
        "none": "不显著",
        "skill": "数字：技巧（%）",
        "difference": "数字：评分之差",
        "each": "每格",
    },
}


def draw_scorecard(
    table: pd.DataFrame,
    *,
    rows: Sequence[str] | None = None,
    numbers: Literal["skill", "difference"] = "skill",
    ax: Axes | None = None,
    lang: str = "en",
    title: str = "",
    simulated: Simulated = False,
) -> Axes:
    """Draw a grid of scores and leads, coloured where a model surely differs from the reference.

    Blue with a triangle up is better, orange with a triangle down is worse; what is not
    significant stays pale whatever its sign, and what is missing or undefined stays blank.

    Parameters
    ----------
    table : pandas.DataFrame
        From `compare`, or a part of it.
    rows : sequence of str, optional
        Columns whose labels together name a row; the labels that vary and the score by default.
    numbers : {"skill", "difference"}
        What stands in the fields: percent of the way from the reference to the perfect value,
        or model minus reference in the unit of the score.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure without it.
    lang : {"en", "zh"}
        See `picture_language`.
    title : str
        Heading in place of the usual one.
    simulated : bool or "weather"
        Mark the title: data, or only weather, are simulated.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If the table lacks a column or has no rows, two of its lines fall on one field, or
        `numbers` is something else.
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> import pandas as pd
    >>> from verification import draw_scorecard
    >>> table = pd.DataFrame(
    ...     {"model": "new", "lead": [1, 2], "score": "mae", "verdict": ["better", "equal"]}
    ... ).assign(skill=[20.0, -1.0], difference=[-2.0, 0.1], p_adjusted=[0.01, 0.6])
    >>> [text.get_text() for text in draw_scorecard(table).texts]
    ['+20', '−1.0']
    """
    if numbers not in ("skill", "difference"):
        raise ValueError(f"numbers must be 'skill' or 'difference', found {numbers!r}")
    if table.empty:
        raise ValueError("the table of the comparison has no rows")
    grid = scorecard_grid(table, rows)
    speech = picture_language(lang)
    words = _WORDS[speech]
    names = _row_names(grid, speech)
    leads = legible(grid["lead"].values)
    longest = max(len(name) * (2 if speech == "zh" else 1) for name in names)
    wide = 0.38 * len(leads) + 0.065 * longest + 0.4
    ax = open_axes(ax, width=float(np.clip(wide, 3.5, 7.0)), height=0.23 * len(names) + 1.8)
    for i, j in zip(*np.nonzero(np.isfinite(grid["verdict"].values)), strict=True):
        number, verdict = float(grid[numbers][i, j]), int(grid["verdict"][i, j])
        _field(ax, (i, j), number, verdict, numbers == "skill")
    ax.set_xticks(range(len(leads)), leads)
    ax.set_yticks(range(len(names)), names)
    ax.set(xlim=(-0.5, len(leads) - 0.5), ylim=(len(names) - 0.5, -0.5))
    ax.tick_params(length=0)
    for side in ax.spines.values():
        side.set_visible(False)
    legend_below(ax, _legend(words), side="right")
    note = pairs_text(table["pairs"], speech, words["each"]) + "\n" if "pairs" in table else ""
    heading = title or titled(words["heading"], _contest(table, words["against"]), speech)
    labels: dict[str, Any] = {"xlabel": words["lead"]}
    labels["room"] = axes_width(ax) / 0.775 - 0.055 * longest - 0.15
    return finish(ax, speech, heading, note + words[numbers], simulated=simulated, **labels)


def _contest(table: pd.DataFrame, against: str) -> str:
    """The reference, after the model where the table has one."""
    found = {c: legible(table[c].unique()) for c in ("model", "reference") if c in table}
    if len(found.get("reference", [])) != 1:
        return ""
    model = f"{found['model'][0]} " if len(found.get("model", [])) == 1 else ""
    return against.format(model=model, reference=found["reference"][0])


def _row_names(grid: xr.Dataset, lang: Language) -> list[str]:
    names = [""] * grid.sizes["row"]
    for column in (str(c) for c in grid.coords if grid[c].dims == ("row",)):
        parts = legible(grid[column].values)
        if column == "score":
            parts = [score_name(part, lang) for part in parts]
        names = [f"{n}, {p}" if n else p for n, p in zip(names, parts, strict=True)]
    return names


def _field(ax: Axes, at: tuple[int, int], number: float, verdict: int, percent: bool) -> None:
    from matplotlib.patches import Rectangle

    i, j = at
    fill, marker = _FILLS[verdict]
    ax.add_patch(Rectangle((j - 0.5, i - 0.5), 1, 1, facecolor=fill, edgecolor="white", lw=0.8))
    if verdict:
        ax.plot(j, i - 0.27, marker, color="0.1", ms=3.2, mew=0, label="_verdict")
    if np.isfinite(number):
        ink, down = ("0.1", 0.14) if verdict else ("0.45", 0.0)
        style: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": TICK - 1, "color": ink}
        ax.text(j, i + down, _short(number, percent), **style)


def _short(number: float, percent: bool) -> str:
    """Two significant digits with a sign, at most one decimal of a percentage."""
    size = abs(number)
    if percent:
        return f"{number:+.{0 if size >= 9.95 else 1}f}".replace("-", "−")
    digits = 0 if size >= 9.95 else 1 if size >= 0.995 else 2 if size >= 0.0995 else 3
    text = f"{number:+.{digits}f}" if size >= 5e-4 or not size else f"{number:+.0e}"
    return text.replace("-", "−")


def _legend(words: dict) -> list:
    from matplotlib.patches import Patch

    kinds = (("better", 1, "▲ "), ("worse", -1, "▼ "), ("none", 0, ""))
    return [Patch(fc=_FILLS[k][0], label=mark + words[w]) for w, k, mark in kinds]
