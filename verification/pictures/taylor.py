"""Taylor diagram: correlation, standard deviation and centred error in one point."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from verification.continuous.taylor import taylor_statistics
from verification.pictures.language import dimension_text, legible, pairs_text, picture_language
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

_RAYS = (0.2, 0.4, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)

_WORDS = {
    "en": {
        "heading": "Taylor diagram",
        "deviation": "standard deviation / observed",
        "correlation": "correlation",
        "perfect": "observed",
        "note": "dotted: centred RMSE / observed deviation",
    },
    "zh": {
        "heading": "泰勒图",
        "deviation": "标准差与观测之比",
        "correlation": "相关系数",
        "perfect": "观测",
        "note": "点线：中心化均方根误差与观测标准差之比",
    },
}


def draw_taylor(
    sums: Sums,
    *,
    ax: Axes | None = None,
    lang: str = "en",
    title: str = "",
    simulated: Simulated = False,
) -> Axes:
    """Draw the ratio of standard deviations as radius and the correlation as angle.

    The distance from the star is the centred RMSE in units of the observed standard deviation.
    Points of one model are joined along the kept dimension, the first and the last are labelled.
    The axes are ordinary ones, so a point lies at (s·r, s·√(1 - r²)) for the ratio s and the
    correlation r.

    Parameters
    ----------
    sums : xarray.Dataset or mapping of str to xarray.Dataset
        From `continuous_sums`, with at most one kept dimension (lead); several models by name. A
        point is left out where the observed or the forecast values are constant.
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
        If the sums are of another family or keep more than one dimension.
    ImportError
        If matplotlib is not installed.

    References
    ----------
    Taylor, K. E. (2001), J. Geophys. Res. 106(D7), 7183-7192.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import continuous_sums, draw_taylor
    >>> obs = xr.DataArray([10.0, 20.0, 60.0], dims="x")
    >>> ax = draw_taylor(continuous_sums(0.5 * obs, obs))
    >>> ax.get_lines()[-1].get_xydata().round(3).tolist()
    [[0.5, 0.0]]
    """
    named = by_name(sums, "continuous", dims=1)
    speech = picture_language(lang)
    words = _WORDS[speech]
    points = []
    for each in named.values():
        found = taylor_statistics(each)
        s, r = (np.atleast_1d(found[n]) for n in ("standard_deviation_ratio", "correlation"))
        points.append((s * r, s * np.sqrt(np.clip(1 - r**2, 0, None))))
    reach = max([1.5, *(1.1 * np.nanmax(np.hypot(x, y), initial=0.0) for x, y in points)])
    left = any((x < 0).any() for x, _ in points)
    ax = open_axes(ax, height=3.2 if left else 4.0)
    _grid(ax, reach, left, words["correlation"])
    ax.plot(1, 0, marker="*", ms=9, color="0.1", ls="", clip_on=False, label=words["perfect"])
    for i, (each, label) in enumerate(zip(named.values(), legible(named), strict=True)):
        x, y = points[i]
        shown = np.isfinite(x)
        colour, marker = COLOURS[i % len(COLOURS)], MARKERS[i % len(MARKERS)]
        ax.plot(
            x[shown],
            y[shown],
            color=colour,
            marker=marker,
            ms=4,
            lw=0.8,
            label=label or None,
            clip_on=False,
        )
        label_ends(ax, each["pairs"], x, y, colour)
    legend_below(ax)
    note = pairs_text([each["pairs"] for each in named.values()], speech)
    note += dimension_text(named, speech) + "\n" + words["note"]
    heading = title or words["heading"]
    return finish(ax, speech, heading, note, xlabel=words["deviation"], simulated=simulated)


def _grid(ax: Axes, reach: float, left: bool, correlation: str) -> None:
    """Arcs of equal deviation and centred error, rays of equal correlation."""
    angle = np.linspace(0, np.pi if left else np.pi / 2, 181)
    step = 0.5 if reach <= 3 else np.ceil(reach / 4)
    for radius in np.arange(step, reach, step):
        solid = np.isclose(radius, 1.0)
        style: dict[str, Any] = {"color": "0.3" if solid else "0.75", "lw": 0.9 if solid else 0.6}
        ax.plot(radius * np.cos(angle), radius * np.sin(angle), label="_arc", **style)
        around = np.linspace(0, np.pi, 181)
        x, y = 1 + radius * np.cos(around), radius * np.sin(around)
        x[(np.hypot(x, y) > reach) | ((x < 0) & (not left))] = np.nan
        ax.plot(x, y, color="0.6", lw=0.6, ls=":", label="_error")
    ax.plot(reach * np.cos(angle), reach * np.sin(angle), color="0.2", lw=0.8, label="_edge")
    for r in (*(-r for r in _RAYS[::-1] if left), 0.0, *_RAYS):
        x, y = reach * r, reach * np.sqrt(1 - r * r)
        ax.plot([0, x], [0, y], color="0.85", lw=0.5, label="_ray")
        side = "center" if abs(r) < 0.3 else "left" if r > 0 else "right"
        text: dict[str, Any] = {"fontsize": TICK - 0.5, "color": GREY, "va": "center", "ha": side}
        ax.text(
            (1.05 if side == "center" else 1.02) * x, 1.04 * y, f"{r:g}".replace("-", "−"), **text
        )
    middle = np.pi / 2 if left else np.pi / 4
    x, y = (1.15 * reach * f(middle) for f in (np.cos, np.sin))
    turn = 0 if left else -45
    ax.text(x, y, correlation, fontsize=TICK, rotation=turn, ha="center", va="center")
    ax.set(xlim=(-1.1 * reach if left else 0, 1.1 * reach), aspect="equal", yticks=[])
    ax.set_ylim(0, (1.2 if left else 1.1) * reach)
    ticks = np.arange(0, reach, step)
    ax.set_xticks([*(-ticks[:0:-1] if left else []), *ticks])
    ax.xaxis.set_major_formatter(lambda value, _: f"{abs(value):g}")
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)
    ax.plot([0, 0], [0, reach], color="0.2", lw=0.8, label="_edge")
