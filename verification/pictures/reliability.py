"""Reliability diagram: how often an event came when it was given a probability."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from verification.pictures.language import Language, legible, pairs_text, picture_language, titled
from verification.pictures.style import (
    COLOURS,
    GREY,
    MARKERS,
    TICK,
    Simulated,
    Sums,
    by_name,
    finish,
    legend_below,
    open_axes,
)
from verification.probabilistic.reliability import consistency_band, reliability_curve

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WORDS = {
    "en": {
        "heading": "Reliability",
        "forecast": "forecast probability",
        "observed": "observed frequency",
        "base": "climatology",
        "bars": "consistent with reliability, {level:.0%}",
        "pairs": "pairs",
    },
    "zh": {
        "heading": "可靠性曲线",
        "forecast": "预报概率",
        "observed": "观测频率",
        "base": "气候频率",
        "bars": "可靠预报的{level:.0%}区间",
        "pairs": "样本数",
    },
}


def draw_reliability(
    sums: Sums,
    *,
    event: str = "",
    level: float = 0.9,
    ax: Axes | None = None,
    lang: str = "en",
    title: str = "",
    simulated: Simulated = False,
) -> Axes:
    """Draw a reliability diagram with consistency bars and the histogram of probabilities.

    A point is one bin: the mean of its probabilities and the frequency of the event. The vertical
    bar about the diagonal holds `level` of the frequencies that a reliable forecast with as many
    pairs would give (binomial). Pairs count as independent; neighbouring days and places are not,
    so the true bars are wider. The strip above counts the pairs of each bin.

    Parameters
    ----------
    sums : xarray.Dataset or mapping of str to xarray.Dataset
        From `reliability_sums` without weights, summed over all kept dimensions; several models
        by name.
    event : str
        What the probability is for, e.g. "AQI > 200".
    level : float
        Share held by the consistency bars.
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
        The strip is the first of its `child_axes`.

    Raises
    ------
    ValueError
        If the sums are of another family, weighted or keep a dimension, or `level` is not in
        (0, 1).
    ImportError
        If matplotlib is not installed.

    References
    ----------
    Bröcker, J. and Smith, L. A. (2007), Weather and Forecasting 22, 651-661.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import draw_reliability, reliability_sums
    >>> p = xr.DataArray([0.2, 0.2, 0.7, 0.7], dims="x")
    >>> sums = reliability_sums(p, xr.DataArray([0, 1, 1, 1], dims="x"))
    >>> ax = draw_reliability(sums, event="AQI > 200")
    >>> ax.get_lines()[-1].get_xydata().tolist()
    [[0.2, 0.5], [0.7, 1.0]]
    """
    named = by_name(sums, "reliability")
    speech = picture_language(lang)
    words = _WORDS[speech]
    ax = open_axes(ax, height=4.1)
    strip = ax.inset_axes((0.0, 1.03, 1.0, 0.2), sharex=ax)
    ax.plot([0, 1], [0, 1], color="0.2", lw=0.8, zorder=1)
    first = next(iter(named.values()))
    base = float(first["events"].sum()) / max(float(first["pairs"]), 1.0)
    ax.axhline(base, color=GREY, ls=":", lw=0.9, label=words["base"], zorder=1)
    for i, (each, label) in enumerate(zip(named.values(), legible(named), strict=True)):
        colour, marker = COLOURS[i % len(COLOURS)], MARKERS[i % len(MARKERS)]
        curve = xr.merge([reliability_curve(each), consistency_band(each, level)])
        curve = curve.isel(bin=np.flatnonzero(curve["count"].values > 0))
        p = curve["probability"].values
        bars = words["bars"].format(level=level) if i == 0 else "_bars"
        # The bars of several models fall on one another: each is narrower than the one before.
        wide = 6 / (i + 1) if len(named) > 1 else 4
        ax.vlines(p, curve["low"], curve["high"], color=colour, lw=wide, alpha=0.3, label=bars)
        style: dict[str, Any] = {
            "marker": marker,
            "ms": 3.5,
            "lw": 1.2,
            "label": label or None,
            "zorder": 3,
        }
        ax.plot(p, curve["frequency"], color=colour, **style)
        side = 0.02 * (i - (len(named) - 1) / 2)
        strip.vlines(p + side, 0.5, curve["count"], color=colour, lw=4 / len(named) ** 0.5)
    _frame(ax, strip, words["pairs"])
    legend_below(ax, columns=2)
    heading = title or titled(words["heading"], event, speech)
    return finish(
        ax,
        speech,
        heading,
        _note(first, speech),
        xlabel=words["forecast"],
        ylabel=words["observed"],
        simulated=simulated,
    )


def _frame(ax: Axes, strip: Axes, pairs: str) -> None:
    ax.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
    ax.grid(alpha=0.3, lw=0.5)
    strip.set_yscale("log")
    strip.set_ylim(bottom=0.8)
    strip.tick_params(labelbottom=False)
    strip.set_ylabel(pairs, fontsize=TICK)
    strip.grid(axis="y", alpha=0.3, lw=0.5)


def _note(sums: xr.Dataset, lang: Language) -> str:
    events = float(sums["events"].sum())
    total = pairs_text(sums["pairs"], lang)
    return f"{total}，事件 {events:,.0f}" if lang == "zh" else f"{total}, {events:,.0f} events"
