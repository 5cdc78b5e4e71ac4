"""Histogram of ranks or of the PIT: whether the spread and the centre of a forecast are right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from verification.pictures.language import pairs_text, picture_language
from verification.pictures.style import (
    COLOURS,
    GREY,
    Simulated,
    by_name,
    finish,
    legend_below,
    open_axes,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WORDS = {
    "en": {
        "rank": "Rank histogram",
        "pit": "PIT histogram",
        "rank_x": "rank of the observed value among {members} members",
        "pit_x": "probability that the forecast gave to lower values",
        "y": "frequency / expected",
        "band": "calibrated, {level:.0%}",
        "bars": "observed",
    },
    "zh": {
        "rank": "秩直方图",
        "pit": "PIT直方图",
        "rank_x": "观测在{members}个成员中的秩",
        "pit_x": "预报给出的低于观测的概率",
        "y": "频率与期望之比",
        "band": "校准预报的{level:.0%}区间",
        "bars": "观测",
    },
}


def draw_rank_histogram(
    sums: xr.Dataset,
    *,
    level: float = 0.9,
    ax: Axes | None = None,
    lang: str = "en",
    title: str = "",
    simulated: Simulated = False,
) -> Axes:
    """Draw a histogram of ranks or of the PIT with the band of a calibrated forecast.

    Bars show the frequency over the expected one, so that 1 is right in every bin: high outer
    bars mean too little spread, a slope means bias (high on the left: forecast too high). The
    band holds `level` of the frequencies in each bin that a calibrated forecast with as many
    pairs would give (binomial). Pairs count as independent; neighbouring days and places are not,
    so the true band is wider. A PIT bar is as wide as the probability between its two quantiles.

    Parameters
    ----------
    sums : xarray.Dataset
        From `rank_sums` or `pit_sums`, summed over all kept dimensions.
    level : float
        Share held by the band, for each bin on its own.
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
        If the sums are of another family or keep a dimension, or `level` is not in (0, 1).
    ImportError
        If matplotlib is not installed.

    References
    ----------
    Hamill, T. M. (2001), Monthly Weather Review 129, 550-560.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import draw_rank_histogram, pit_sums
    >>> fcst = xr.DataArray([[1.0, 2.0, 4.0]] * 4, dims=("x", "quantile"),
    ...                     coords={"quantile": [0.25, 0.5, 0.75]})
    >>> ax = draw_rank_histogram(pit_sums(fcst, xr.DataArray([3.0, 3.0, 9.0, 0.0], dims="x")))
    >>> [float(bar.get_height()) for bar in ax.patches]
    [1.0, 0.0, 2.0, 1.0]
    """
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, found {level}")
    family = "pit" if sums.attrs.get("family") == "pit" else "rank"
    by_name(sums, family)
    speech = picture_language(lang)
    words = _WORDS[speech]
    edges, nominal = _bins(sums, family)
    pairs, weight = float(sums["pairs"]), float(sums["weight"])
    height = sums["count"].values / nominal / weight if weight else np.zeros(nominal.size)
    ax = open_axes(ax, height=2.7)
    width = np.diff(edges)
    ax.bar(
        edges[:-1],
        height,
        width,
        align="edge",
        color=COLOURS[5],
        edgecolor="white" if width.size <= 30 else "none",
        lw=0.6,
        label=words["bars"],
    )
    ax.axhline(1.0, color="0.2", lw=0.8)
    if pairs:
        low, high = sampling_band(pairs, nominal, level)
        label = words["band"].format(level=level)
        style: dict[str, Any] = {"facecolor": "none", "edgecolor": GREY, "hatch": "////", "lw": 0.0}
        low, high = (np.append(bound, bound[-1]) for bound in (low, high))
        ax.fill_between(edges, low, high, step="post", label=label, **style)
    if family == "rank":
        ax.locator_params(axis="x", integer=True)
    ax.set(xlim=(edges[0], edges[-1]), ylim=(0, None))
    legend_below(ax)
    xlabel = words[f"{family}_x"].format(members=nominal.size - 1)
    heading, note = title or words[family], pairs_text(pairs, speech)
    labels: dict[str, Any] = {"xlabel": xlabel, "ylabel": words["y"]}
    return finish(ax, speech, heading, note, simulated=simulated, **labels)


def _bins(sums: xr.Dataset, family: str) -> tuple[np.ndarray, np.ndarray]:
    """Edges on the horizontal axis, and the share that each bin should hold."""
    if family == "pit":
        edges = np.append(sums["bin"].values, 1.0)
        return edges, np.diff(edges)
    size = sums.sizes["rank"]
    return np.arange(size + 1) - 0.5, np.full(size, 1.0 / size)


def sampling_band(pairs: float, nominal: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Ends of the central binomial interval of each bin, over the expected number.

    Examples
    --------
    >>> import numpy as np
    >>> from verification.pictures.ranks import sampling_band
    >>> sampling_band(100, np.array([0.5]), 0.95)
    (array([0.8]), array([1.2]))
    """
    from scipy.stats import binom  # half a second to import, for this picture alone

    tails = ((1 - level) / 2, (1 + level) / 2)
    low, high = (binom.ppf(q, np.round(pairs), nominal) / (pairs * nominal) for q in tails)
    return low, high
