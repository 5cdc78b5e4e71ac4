"""Timeline of pollution processes, observed and forecast, by place or region."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from verification.pictures.language import Language, legible, picture_language
from verification.pictures.style import (
    COLOURS,
    TICK,
    Simulated,
    axes_width,
    finish,
    legend_below,
    open_axes,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NEEDED = ("start", "end", "peak_day", "peak", "peak_place", "places")
_WORDS: dict[Language, dict[str, Any]] = {
    "en": {
        "heading": "Pollution processes",
        "note": "{observed} observed, {forecast} forecast",
        "kinds": ("observed", "forecast"),
        "peak": "peak day and value",
        "day": "local day",
    },
    "zh": {
        "heading": "污染过程",
        "note": "实况 {observed} 次，预报 {forecast} 次",
        "kinds": ("实况", "预报"),
        "peak": "峰值日与峰值",
        "day": "日期",
    },
}


def draw_process_timeline(
    observed: pd.DataFrame,
    forecast: pd.DataFrame,
    *,
    regions: Mapping[str, str] | None = None,
    ax: Axes | None = None,
    lang: str = "en",
    title: str = "",
    simulated: Simulated = False,
) -> Axes:
    """Draw processes as bars over the days, the observed one above the forecast one in each row.

    A bar reaches from the first to the last day of its process, both included, in the row of
    every place that the process touched at some time. A diamond marks the day of the peak in the
    row of its place, with the value.

    Parameters
    ----------
    observed, forecast : pandas.DataFrame
        Tables of processes, one row each, with start, end, peak_day (dates), peak (value),
        peak_place and places (tuple); for the forecast those of one lead or one issue. May be
        empty.
    regions : mapping of str to str, optional
        Region of each place, to have one row a region; a place without one keeps its own row.
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
        If a table lacks a column.
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> import pandas as pd
    >>> from verification import draw_process_timeline
    >>> days = pd.to_datetime(["2016-01-01", "2016-01-04", "2016-01-02"])
    >>> row = {"start": days[0], "end": days[1], "peak_day": days[2], "peak": 310.0}
    >>> table = pd.DataFrame([{**row, "peak_place": "a", "places": ("a", "b")}])
    >>> ax = draw_process_timeline(table, table[:0])
    >>> [float(bar.get_width()) for bar in ax.patches]
    [4.0, 4.0]
    """
    tables = {"observed": observed, "forecast": forecast}
    for name, table in tables.items():
        lacking = [c for c in _NEEDED if c not in table]
        if lacking:
            raise ValueError(f"the table of {name} processes lacks the columns {lacking}")
    rows = _rows(tables, dict(regions or {}))
    speech = picture_language(lang)
    words = _WORDS[speech]
    ax = open_axes(ax, width=5.5, height=0.3 * max(len(rows), 1) + 1.4)
    positions = {name: -i for i, name in enumerate(rows)}
    styles = (
        {"facecolor": COLOURS[0], "edgecolor": COLOURS[0]},
        {"facecolor": "#F7D9C4", "edgecolor": COLOURS[1], "hatch": "////"},
    )
    for k, (table, kind) in enumerate(zip(tables.values(), words["kinds"], strict=True)):
        middle = 0.2 - 0.4 * k
        _bars(ax, table, positions, dict(regions or {}), middle, {**styles[k], "label": kind})
    _frame(ax, rows)
    for k, table in enumerate(tables.values()):
        _peaks(ax, table, positions, dict(regions or {}), 0.2 - 0.4 * k)
    legend_below(ax, _legend(styles, words), columns=3)
    note = words["note"].format(observed=len(observed), forecast=len(forecast))
    heading = title or words["heading"]
    return finish(ax, speech, heading, note, xlabel=words["day"], simulated=simulated)


def _rows(tables: Mapping[str, pd.DataFrame], regions: Mapping[str, str]) -> list[str]:
    """Names of the rows, those with the earliest process first."""
    first: dict[str, pd.Timestamp] = {}
    for table in tables.values():
        for start, places in zip(table["start"], table["places"], strict=True):
            for place in places:
                row = regions.get(place, place)
                first[row] = min(first.get(row, pd.Timestamp.max), pd.Timestamp(start))
    return sorted(first, key=lambda row: (first[row], row))


def _bars(
    ax: Axes,
    table: pd.DataFrame,
    positions: Mapping[str, int],
    regions: Mapping[str, str],
    middle: float,
    style: dict,
) -> None:
    from matplotlib.dates import date2num

    for start, end, places in zip(table["start"], table["end"], table["places"], strict=True):
        left = date2num(pd.Timestamp(start))
        width = date2num(pd.Timestamp(end)) - left + 1
        for row in dict.fromkeys(regions.get(p, p) for p in places):
            at = positions[row] + middle
            ax.barh(at, width, 0.34, left, align="center", lw=0.6, **style)


def _peaks(
    ax: Axes,
    table: pd.DataFrame,
    positions: Mapping[str, int],
    regions: Mapping[str, str],
    middle: float,
) -> None:
    from matplotlib.dates import date2num

    days = [float(date2num(pd.Timestamp(day))) + 0.5 for day in table["peak_day"]]
    rows = [positions[regions.get(place, place)] for place in table["peak_place"]]
    number = float(np.ptp(ax.get_xlim())) * 0.27 / max(axes_width(ax), 1.0)  # its width in days
    for x, row, peak in zip(days, rows, table["peak"], strict=True):
        y = row + middle
        others = [d - x for d, r in zip(days, rows, strict=True) if r == row]
        frame = [side - x for side in ax.get_xlim()]
        left = _leftward(others, frame, number)
        ax.plot(x, y, "D", color="white", mec="0.1", ms=4, mew=0.7, label="_peak", zorder=3)
        box: dict[str, Any] = {
            "boxstyle": "round,pad=0.1",
            "fc": "white",
            "ec": "none",
            "alpha": 0.8,
        }
        ax.annotate(
            f"{peak:.0f}",
            (x, y),
            xytext=(-4.5 if left else 4.5, -0.3),
            textcoords="offset points",
            ha="right" if left else "left",
            va="center",
            fontsize=TICK - 1,
            bbox=box,
            zorder=4,
        )


def _leftward(others: Sequence[float], frame: Sequence[float], number: float) -> bool:
    """Whether a number belongs on the left: no room on the right, and room for it on the left.

    Distances in days: of the other peaks in the row, of the sides of the frame, and the width of
    a number; a peak on the left may have its own number between them.
    """
    crowded = any(0 < d < number for d in (*others, frame[1]))
    return crowded and frame[0] < -number and not any(-2 * number < d < 0 for d in others)


def _frame(ax: Axes, rows: list[str]) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator(minticks=3, maxticks=8)
    ax.xaxis_date()
    ax.xaxis.set_major_locator(locator)
    dates = ["%Y", "%Y-%m", "%m-%d", "%H:%M", "%H:%M", "%S"]
    above = ["", "%Y", "%Y", "%Y-%m-%d", "%Y-%m-%d", "%Y-%m-%d"]
    ax.xaxis.set_major_formatter(
        ConciseDateFormatter(locator, formats=dates, zero_formats=dates, offset_formats=above)
    )
    ax.xaxis.get_offset_text().set_fontsize(TICK)
    ax.use_sticky_edges = False
    ax.margins(x=0.04)
    ax.autoscale_view(scaley=False)
    for i in range(1, len(rows)):
        ax.axhline(0.5 - i, color="0.9", lw=0.5, zorder=0, label="_row")
    ax.set_yticks([-i for i in range(len(rows))], legible(rows))
    ax.set_ylim(-max(len(rows), 1) + 0.45, 0.55)
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="x", alpha=0.3, lw=0.5)
    ax.set_axisbelow(True)


def _legend(styles: tuple[dict, dict], words: dict) -> list:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    bars = [Patch(lw=0.6, label=k, **s) for k, s in zip(words["kinds"], styles, strict=True)]
    peak: dict[str, Any] = {
        "ls": "",
        "marker": "D",
        "mec": "0.1",
        "color": "white",
        "ms": 4,
        "mew": 0.7,
    }
    return [*bars, Line2D([], [], label=words["peak"], **peak)]
