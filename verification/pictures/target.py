"""Target diagram: bias up, centred error across, and the circle within which a model is fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from verification.continuous.fairmode import BETA, mqi, mqi_90, mqi_parts
from verification.continuous.taylor import target_statistics
from verification.pictures.language import legible, letters, pairs_text, picture_language, titled
from verification.pictures.style import (
    COLOURS,
    GREY,
    MARKERS,
    TICK,
    Simulated,
    Sums,
    axes_width,
    by_name,
    finish,
    legend_below,
    open_axes,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WORDS = {
    "en": {
        "heading": "Target diagram",
        "fairmode_x": "← correlation  CRMSE / ({beta:g}·RMS$_U$)  deviation →",
        "fairmode_y": "bias / ({beta:g}·RMS$_U$)",
        "continuous_x": "← varies too little  CRMSE / σ$_O$  too much →",
        "continuous_y": "bias / σ$_O$",
        "points": "{points} points, each {pairs}",
        "met": "{share:.0%} in the circle",
        "mqi": "MQI at 90 %: {mqi:.2f}",
    },
    "zh": {
        "heading": "靶图",
        "fairmode_x": "← 相关  CRMSE / ({beta:g}·RMS$_U$)  标准差 →",
        "fairmode_y": "偏差 / ({beta:g}·RMS$_U$)",
        "continuous_x": "← 变幅偏小  CRMSE / σ$_O$  变幅偏大 →",
        "continuous_y": "偏差 / σ$_O$",
        "points": "{points} 点，每点{pairs}",
        "met": "圆内 {share:.0%}",
        "mqi": "90%站点 MQI：{mqi:.2f}",
    },
}

_LABELS = 5
"""Points outside the circle that are named, the farthest first."""


def draw_target(
    sums: Sums,
    *,
    beta: float = BETA,
    ax: Axes | None = None,
    lang: str = "en",
    title: str = "",
    simulated: Simulated = False,
) -> Axes:
    """Draw one point a station: its distance from the centre is the MQI, or RMSE / σ_O.

    With sums of `fairmode_sums` the unit is β·RMS_U as in the FAIRMODE guidance: up is the bias,
    across the centred RMSE, to the right where its part of the standard deviations is larger than
    that of the correlation. Within the circle (MQI ≤ 1) the error is no larger than β times the
    measurement uncertainty. With sums of `continuous_sums` the unit is the observed standard
    deviation, to the right where the forecast varies at least as much as the observed; a point
    within the circle is better than the observed mean. The five farthest points outside the
    circle are named, as far as their names do not overlap.

    Parameters
    ----------
    sums : xarray.Dataset or mapping of str to xarray.Dataset
        From `fairmode_sums` or `continuous_sums`, with at most one kept dimension (place);
        several models by name.
    beta : float
        Stringency, for `fairmode_sums` only.
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
    Janssen, S. and Thunis, P. (2022), FAIRMODE Guidance Document on Modelling Quality Objectives
    and Benchmarking, version 3.3, EUR 31068 EN, doi:10.2760/41988. Jolliff, J. K. et al. (2009),
    J. Marine Systems 76, 64-82.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import draw_target, fairmode_sums
    >>> obs = xr.DataArray([50.0, 50.0], dims="x")
    >>> ax = draw_target(fairmode_sums(obs + 14, obs, uncertainty="pm10"))
    >>> ax.get_lines()[-1].get_xydata().round(3).tolist()
    [[0.0, 0.5]]
    """
    first = sums if isinstance(sums, xr.Dataset) else next(iter(sums.values()), xr.Dataset())
    family = "continuous" if first.attrs.get("family") == "continuous" else "fairmode"
    named = by_name(sums, family, dims=1)
    speech = picture_language(lang)
    words = _WORDS[speech]
    points = [target_points(each, beta) for each in named.values()]
    far = max((float(np.nanmax(np.abs(p), initial=0.0)) for p in points), default=0.0)
    reach = max(1.5, 1.15 * far)
    ax = open_axes(ax, height=4.0)
    _circles(ax, reach)
    for i, (each, label) in enumerate(zip(named.values(), legible(named), strict=True)):
        x, y = points[i]
        shown = np.isfinite(x) & np.isfinite(y)
        style: dict[str, Any] = {
            "color": COLOURS[i % len(COLOURS)],
            "marker": MARKERS[i % len(MARKERS)],
        }
        share = np.mean(np.hypot(x, y)[shown] <= 1) if shown.any() else np.nan
        met = words["met"].format(share=share)
        style |= {"ls": "", "ms": 3.5, "alpha": 0.8, "mew": 0}
        ax.plot(x[shown], y[shown], label=titled(label, met, speech), **style)
        _name_far(ax, each["pairs"], x, y)
    legend_below(ax)
    total = sum(int(np.isfinite(x).sum()) for x, _ in points)
    pairs = pairs_text([each["pairs"] for each in named.values()], speech)
    note = words["points"].format(points=total, pairs=pairs)
    if family == "fairmode" and len(named) == 1 and first["pairs"].ndim:
        value = mqi_90(mqi(first, beta), str(first["pairs"].dims[0]))
        note += "\n" + words["mqi"].format(mqi=float(value))
    labels: dict[str, Any] = {f"{a}label": words[f"{family}_{a}"].format(beta=beta) for a in "xy"}
    return finish(ax, speech, title or words["heading"], note, simulated=simulated, **labels)


def target_points(sums: xr.Dataset, beta: float = BETA) -> tuple[np.ndarray, np.ndarray]:
    """Abscissa and ordinate of every point.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import continuous_sums
    >>> from verification.pictures.target import target_points
    >>> obs = xr.DataArray([10.0, 20.0, 30.0], dims="x")
    >>> x, y = target_points(continuous_sums(0.5 * obs + 10, obs))
    >>> x.round(6), y.round(6)
    (array([-0.5]), array([0.]))
    """
    if sums.attrs["family"] == "continuous":
        found = target_statistics(sums)
        return np.atleast_1d(found["signed_crmse"]), np.atleast_1d(found["normalised_bias"])
    parts = mqi_parts(sums, beta)
    deviation, correlation = parts["standard_deviation"] ** 2, parts["correlation"]
    sign = xr.where(deviation > correlation, 1.0, -1.0)
    across = sign * (deviation + correlation) ** 0.5 + 0.0  # no negative zero
    return np.atleast_1d(across), np.atleast_1d(parts["bias"])


def _circles(ax: Axes, reach: float) -> None:
    from matplotlib.patches import Circle

    ax.add_patch(Circle((0, 0), 1.0, facecolor="#D9EFE7", edgecolor="0.2", lw=0.9, zorder=0))
    ax.add_patch(Circle((0, 0), 0.5, fill=False, edgecolor=GREY, lw=0.7, ls="--", zorder=0))
    ax.axhline(0, color="0.5", lw=0.5, zorder=0)
    ax.axvline(0, color="0.5", lw=0.5, zorder=0)
    ax.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")


def _name_far(ax: Axes, pairs: xr.DataArray, x: np.ndarray, y: np.ndarray) -> None:
    if pairs.ndim == 0:
        return
    from matplotlib.patheffects import withStroke

    names = legible(pairs[pairs.dims[0]].values)
    reach = ax.get_xlim()[1]
    letter = 2 * reach * 0.6 * TICK / 72 / max(axes_width(ax) - 0.7, 1.0)  # 0.7 inches for labels
    distance = np.nan_to_num(np.hypot(x, y))
    named: list[int] = []
    for k in np.argsort(-distance, kind="stable")[:_LABELS]:
        # A name that would lie on another one is left out.
        apart = all(abs(y[k] - y[n]) > 0.08 * ax.get_ylim()[1] or x[k] * x[n] < 0 for n in named)
        if distance[k] > 1 and apart:
            named.append(int(k))
            # Away from the centre, where that leaves the name within the frame.
            outward = abs(x[k]) + letter * (letters(names[k]) + 1) < reach
            left = (x[k] > 0) != outward
            ax.annotate(
                names[k],
                (x[k], y[k]),
                xytext=(-4 if left else 4, 2),
                textcoords="offset points",
                ha="right" if left else "left",
                fontsize=TICK - 0.5,
                path_effects=[withStroke(linewidth=1.5, foreground="white")],
            )
