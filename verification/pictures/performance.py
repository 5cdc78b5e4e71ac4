"""Performance diagram: four scores of an event in one point."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from verification.categorical.events import far, pod
from verification.pictures.language import (
    dimension_text,
    legible,
    pairs_text,
    picture_language,
    titled,
)
from verification.pictures.style import (
    COLOURS,
    GREY,
    MARKERS,
    TICK,
    Simulated,
    Sums,
    by_name,
    finish,
    label_ends,
    legend_below,
    open_axes,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BIASES = (0.3, 0.5, 0.8, 1.0, 1.3, 2.0, 3.0)
"""Frequency biases whose rays are drawn."""

_WORDS = {
    "en": {
        "heading": "Performance",
        "ratio": "success ratio (1 − FAR)",
        "pod": "probability of detection (POD)",
        "curves": "curves: TS; rays: frequency bias",
    },
    "zh": {
        "heading": "综合表现图",
        "ratio": "成功率（1 − 空报率）",
        "pod": "命中率 POD",
        "curves": "曲线：TS评分；射线：频率偏差",
    },
}


def draw_performance(
    sums: Sums,
    *,
    event: str = "",
    ax: Axes | None = None,
    lang: str = "en",
    title: str = "",
    simulated: Simulated = False,
) -> Axes:
    """Draw POD against the success ratio, over curves of equal TS and rays of equal bias.

    Good is the upper right corner; above the diagonal an event is forecast too often. Points of
    one model are joined along the kept dimension, the first and the last are labelled.

    Parameters
    ----------
    sums : xarray.Dataset or mapping of str to xarray.Dataset
        From `contingency_sums` or `exceedance_sums`, with at most one dimension of points (lead
        or threshold); several models by name. A point is left out where POD or FAR is undefined.
    event : str
        What is forecast, e.g. "AQI > 200".
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
        If the sums are of another family or have more than one dimension.
    ImportError
        If matplotlib is not installed.

    References
    ----------
    Roebber, P. J. (2009), Weather and Forecasting 24, 601-608.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import contingency_sums, draw_performance
    >>> fcst, obs = xr.DataArray([1, 1, 0, 1], dims="x"), xr.DataArray([1, 1, 1, 0], dims="x")
    >>> ax = draw_performance(contingency_sums(fcst, obs))
    >>> ax.get_lines()[-1].get_xydata().round(2).tolist()
    [[0.67, 0.67]]
    """
    named = by_name(sums, "contingency", dims=1)
    for each in named.values():
        if each["hits"].ndim > 1:
            found = [str(d) for d in each["hits"].dims]
            raise ValueError(f"this picture joins points along one dimension, found {found}")
    speech = picture_language(lang)
    words = _WORDS[speech]
    ax = open_axes(ax, height=4.3)
    _background(ax)
    for i, (each, label) in enumerate(zip(named.values(), legible(named), strict=True)):
        x = np.atleast_1d(1.0 - far(each).values)
        y = np.atleast_1d(pod(each).values)
        shown = np.isfinite(x) & np.isfinite(y)
        colour, marker = COLOURS[i % len(COLOURS)], MARKERS[i % len(MARKERS)]
        ax.plot(x[shown], y[shown], color=colour, marker=marker, ms=4, lw=1.0, label=label or None)
        label_ends(ax, each["hits"], x, y, colour)
    legend_below(ax)
    note = pairs_text([each["pairs"] for each in named.values()], speech)
    note += dimension_text(named, speech, "hits") + "\n" + words["curves"]
    heading = title or titled(words["heading"], event, speech)
    labels: dict[str, Any] = {"xlabel": words["ratio"], "ylabel": words["pod"]}
    return finish(ax, speech, heading, note, simulated=simulated, clear=13.0, **labels)


def _background(ax: Axes) -> None:
    """Curves TS = 1 / (1/SR + 1/POD - 1) and rays POD = bias · SR."""
    sr, pod_ = np.meshgrid(*2 * (np.linspace(0.005, 1, 200),))
    ts = 1 / (1 / sr + 1 / pod_ - 1)
    levels = np.arange(0.1, 1.0, 0.1)
    curves = ax.contour(sr, pod_, ts, levels=levels, colors="0.75", linewidths=0.7)
    at = [(2 * t / (1 + t), 2 * t / (1 + t)) for t in levels[1::2]]  # on the ray of bias 1
    ax.clabel(curves, levels[1::2], fmt="%.1f", fontsize=TICK - 1, colors=GREY, manual=at)
    for bias in BIASES:
        end = (1.0, bias) if bias <= 1 else (1 / bias, 1.0)
        ax.plot([0, end[0]], [0, end[1]], color="0.75", lw=0.6, ls="--", label="_bias")
        style: dict[str, Any] = {"textcoords": "offset points", "fontsize": TICK - 1, "color": GREY}
        style |= {"xytext": (2, 0), "va": "center"} if bias <= 1 else {"xytext": (0, 2)}
        style |= {} if bias <= 1 else {"ha": "center"}
        ax.annotate(f"{bias:g}", end, annotation_clip=False, **style)
    ax.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
