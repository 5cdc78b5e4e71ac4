"""ROC: hits against false alarms as the probability that triggers a warning is lowered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from verification.pictures.language import legible, pairs_text, picture_language, titled
from verification.pictures.style import (
    COLOURS,
    MARKERS,
    Simulated,
    Sums,
    by_name,
    finish,
    legend_below,
    open_axes,
)
from verification.probabilistic.roc import roc_area, roc_curve

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WORDS = {
    "en": {
        "heading": "ROC",
        "pofd": "probability of false detection (POFD)",
        "pod": "probability of detection (POD)",
        "area": "area {area:.3f}",
        "none": "no skill",
        "events": "{pairs}, {events:,.0f} events",
    },
    "zh": {
        "heading": "ROC曲线",
        "pofd": "误报率 POFD",
        "pod": "命中率 POD",
        "area": "面积 {area:.3f}",
        "none": "无技巧",
        "events": "{pairs}，事件 {events:,.0f}",
    },
}


def draw_roc(
    sums: Sums,
    *,
    event: str = "",
    ax: Axes | None = None,
    lang: str = "en",
    title: str = "",
    simulated: Simulated = False,
) -> Axes:
    """Draw the relative operating characteristic of probabilities for an event.

    A point is one probability of the bins: warned are all pairs at or above it. The area under
    the curve (`roc_area`) is in the legend; a forecast without skill has 0.5. There is no curve,
    and the area is NaN, when all pairs or none have the event.

    Parameters
    ----------
    sums : xarray.Dataset or mapping of str to xarray.Dataset
        From `reliability_sums`, summed over all kept dimensions; several models by name. Finer
        bins make a finer curve (`member_bins` makes it exact for an ensemble).
    event : str
        What the probability is for, e.g. "AQI > 200".
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
        If the sums are of another family or keep a dimension.
    ImportError
        If matplotlib is not installed.

    References
    ----------
    Mason, I. (1982), Australian Meteorological Magazine 30, 291-303.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import draw_roc, reliability_sums
    >>> p = xr.DataArray([0.2, 0.2, 0.7, 0.7], dims="x")
    >>> ax = draw_roc(reliability_sums(p, xr.DataArray([0, 0, 0, 1], dims="x"), bins=[0, 0.5, 1]))
    >>> ax.get_lines()[-1].get_label()
    'area 0.833'
    """
    named = by_name(sums, "reliability")
    speech = picture_language(lang)
    words = _WORDS[speech]
    ax = open_axes(ax, height=4.1)
    ax.plot([0, 1], [0, 1], color="0.2", lw=0.8, ls=":", label=words["none"])
    for i, (each, label) in enumerate(zip(named.values(), legible(named), strict=True)):
        curve = roc_curve(each)
        area = words["area"].format(area=float(roc_area(each)))
        ax.plot(
            curve["pofd"],
            curve["pod"],
            color=COLOURS[i % len(COLOURS)],
            marker=MARKERS[i % len(MARKERS)],
            ms=3,
            lw=1.2,
            label=titled(label, area, speech),
        )
    ax.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
    ax.grid(alpha=0.3, lw=0.5)
    legend_below(ax, columns=2)
    first = next(iter(named.values()))
    events = float(first["events"].sum())
    note = words["events"].format(pairs=pairs_text(first["pairs"], speech), events=events)
    heading = title or titled(words["heading"], event, speech)
    labels: dict[str, Any] = {"xlabel": words["pofd"], "ylabel": words["pod"]}
    return finish(ax, speech, heading, note, simulated=simulated, **labels)
