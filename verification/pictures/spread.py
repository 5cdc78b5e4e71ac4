"""Spread–error diagram: whether the spread of an ensemble tells how large its error will be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from verification.pictures.language import dimension_text, legible, pairs_text, picture_language
from verification.pictures.style import (
    COLOURS,
    MARKERS,
    Simulated,
    Sums,
    by_name,
    finish,
    label_ends,
    legend_below,
    open_axes,
)
from verification.probabilistic.spread import BINNED, FAMILY
from verification.sums import ratio

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WORDS = {
    "en": {
        "heading": "Spread and error",
        "x": "RMSE expected from the spread{unit}",
        "y": "RMSE of the ensemble mean{unit}",
        "perfect": "spread = error",
    },
    "zh": {
        "heading": "离散度与误差",
        "x": "离散度对应的均方根误差{unit}",
        "y": "集合平均的均方根误差{unit}",
        "perfect": "离散度 = 误差",
    },
}


def draw_spread_error(
    sums: Sums,
    *,
    unit: str = "",
    ax: Axes | None = None,
    lang: str = "en",
    title: str = "",
    simulated: Simulated = False,
) -> Axes:
    """Draw the RMSE of the ensemble mean against the one that the spread lets expect.

    Of a reliable ensemble of m members with the variance s² (with m - 1) the mean squared error is
    s² (m + 1)/m; its root mean is the abscissa. On the diagonal the spread is right, above it is
    too small. Points of one model are joined: along the kept dimension (lead), whose first and
    last label are written, or along the bins of the spread.

    Parameters
    ----------
    sums : xarray.Dataset or mapping of str to xarray.Dataset
        From `spread_sums` with at most one kept dimension, or from `spread_error_sums` summed
        over all kept dimensions; several models by name.
    unit : str
        Unit of the forecast values.
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
        If the sums are of another family or keep too many dimensions.
    ImportError
        If matplotlib is not installed.

    References
    ----------
    Fortin, V. et al. (2014), Journal of Hydrometeorology 15, 1708-1713.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import draw_spread_error, spread_sums
    >>> fcst = xr.DataArray([[1.0, 3.0, 5.0]], dims=("x", "member"))
    >>> ax = draw_spread_error(spread_sums(fcst, xr.DataArray([8.0], dims="x")))
    >>> ax.get_lines()[-1].get_xydata().round(4).tolist()  # √(4 · 4/3), 8 - 3
    [[2.3094, 5.0]]
    """
    first = sums if isinstance(sums, xr.Dataset) else next(iter(sums.values()), xr.Dataset())
    binned = first.attrs.get("family") == BINNED
    named = by_name(sums, BINNED, dims=0) if binned else by_name(sums, FAMILY, dims=1)
    speech = picture_language(lang)
    words = _WORDS[speech]
    ax = open_axes(ax, height=3.8)
    ax.axline((0, 0), slope=1, color="0.2", lw=0.8, ls=":", label=words["perfect"])
    reach = 0.0
    for i, (each, label) in enumerate(zip(named.values(), legible(named), strict=True)):
        pairs = each["count"] if binned else each["weight"]
        terms = (each[n] for n in ("expected_squared_error", "squared_error"))
        x, y = (np.atleast_1d(ratio(term, pairs) ** 0.5) for term in terms)
        colour, marker = COLOURS[i % len(COLOURS)], MARKERS[i % len(MARKERS)]
        style: dict[str, Any] = {"color": colour, "marker": marker, "ms": 4, "lw": 0.9}
        ax.plot(x, y, label=label or None, zorder=3, **style)
        label_ends(ax, each["pairs"], x, y, colour)
        reach = max(reach, float(np.nanmax([x, y], initial=0.0)))
    reach = 1.1 * reach or 1.0
    ax.set(xlim=(0, reach), ylim=(0, reach), aspect="equal")
    ax.grid(alpha=0.3, lw=0.5)
    legend_below(ax)
    note = pairs_text([each["pairs"] for each in named.values()], speech)
    note += dimension_text(named, speech)
    in_unit = f" ({unit})" if unit else ""
    labels: dict[str, Any] = {f"{a}label": words[a].format(unit=in_unit) for a in "xy"}
    return finish(ax, speech, title or words["heading"], note, simulated=simulated, **labels)
