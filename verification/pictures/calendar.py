"""Calendar of hits and misses: the level of every day, forecast and observed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr

from verification.pictures.language import Language, pairs_text, picture_language
from verification.pictures.style import (
    LEVEL_COLOURS,
    LEVEL_NAMES,
    Simulated,
    axes_width,
    finish,
    legend_below,
    open_axes,
)
from verification.sums import check_aligned

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WORDS: dict[Language, dict[str, Any]] = {
    "en": {
        "heading": "Hits and misses: {event} and above",
        "count": "{pairs}; hits {hits}, misses {misses}, false alarms {false_alarms}",
        "lead": "lead (days)",
        "observed": "observed",
        "day": "valid day, {span}",
        "of_month": "day of the month",
        "cell": "field: observed, square: forecast",
        "marks": ("hit", "miss", "false alarm"),
    },
    "zh": {
        "heading": "{event}及以上的命中与漏报",
        "count": "{pairs}；命中 {hits}，漏报 {misses}，空报 {false_alarms}",
        "lead": "预报时效（天）",
        "observed": "实况",
        "day": "日期，{span}",
        "of_month": "日",
        "cell": "底色：实况，方块：预报",
        "marks": ("命中", "漏报", "空报"),
    },
}

_MARKS = ("o", "X", "^")
"""Hit, miss, false alarm."""


def draw_hit_calendar(
    fcst: xr.DataArray,
    obs: xr.DataArray,
    *,
    event: int = 5,
    day: str = "day",
    colours: Sequence[str] = LEVEL_COLOURS,
    names: Sequence[str] | None = None,
    ax: Axes | None = None,
    lang: str = "en",
    title: str = "",
    simulated: Simulated = False,
) -> Axes:
    """Draw levels by day, and mark the hits, misses and false alarms of an event.

    With forecasts by lead, a column is a valid day: its observed level is the lowest field, its
    forecasts stand above by lead. With one forecast a day, a row is a month: a field has the
    colour of the observed level, the square in it that of the forecast. The event is a level of
    `event` or higher; a disc is a hit, a cross a miss, a triangle a false alarm.

    Parameters
    ----------
    fcst : xarray.DataArray, (lead, day) or (day,)
        Forecast level from 1; NaN or 0 where missing (a blank field).
    obs : xarray.DataArray, (day,)
        Observed level on the same days.
    event : int
        Lowest level of the event; 5, heavy pollution, by default.
    day : str
        Name of the dimension of valid days, labelled with dates in order of time.
    colours : sequence of str
        Colour of each level from 1; those of the Chinese index (HJ 633) by default.
    names : sequence of str, optional
        Name of each level from 1.
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
        Collections labelled with the words for hit, miss and false alarm hold the marks.

    Raises
    ------
    ValueError
        If dimensions are not those above, labels differ, days are no dates, or there is a level
        without a colour.
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> import pandas as pd
    >>> import xarray as xr
    >>> from verification import draw_hit_calendar
    >>> days = {"day": pd.date_range("2016-01-01", periods=3)}
    >>> obs = xr.DataArray([5, 5, 2], dims="day", coords=days)
    >>> ax = draw_hit_calendar(xr.DataArray([5, 3, 5], dims="day", coords=days), obs)
    >>> ax.get_title(loc="left").splitlines()[1]
    '3 pairs; hits 1, misses 1, false alarms 1'
    """
    names = LEVEL_NAMES[picture_language(lang)] if names is None else names
    dates = _dates(fcst, obs, day)
    known = min(len(colours), len(names))
    for array in (fcst, obs):
        highest = float(array.fillna(0).max()) if array.size else 0.0
        if highest > known:
            raise ValueError(f"level {highest:g} has no colour or name: there are {known} levels")
    speech = picture_language(lang)
    words = _WORDS[speech]
    by_lead = "lead" in fcst.dims
    draw = _by_lead if by_lead else _by_month
    ax, outcome = draw(ax, fcst, obs, dates, event, colours, words)
    levels = sorted({int(v) for a in (fcst, obs) for v in np.unique(a.fillna(0).values) if v > 0})
    columns = max(3, int(axes_width(ax)))
    legend_below(ax, _legend(levels, colours, names, words["marks"]), columns=columns)
    counts = {
        k: int((outcome == i).sum()) for i, k in enumerate(("hits", "misses", "false_alarms"))
    }
    pairs = pairs_text(int((outcome >= 0).sum()), speech)
    note = words["count"].format(pairs=pairs, **counts)
    note += "" if by_lead else "\n" + words["cell"]
    heading = title or words["heading"].format(event=names[event - 1])
    span = f"{dates.min():%Y-%m-%d} – {dates.max():%Y-%m-%d}"
    labels: dict[str, Any] = {
        "xlabel": words["day"].format(span=span) if by_lead else words["of_month"]
    }
    labels["ylabel"] = words["lead"] if by_lead else ""
    return finish(ax, speech, heading, note, simulated=simulated, **labels)


def _dates(fcst: xr.DataArray, obs: xr.DataArray, day: str) -> pd.DatetimeIndex:
    if set(fcst.dims) not in ({day}, {day, "lead"}) or obs.dims != (day,):
        raise ValueError(
            f"levels must be forecast by ('lead', {day!r}) or ({day!r},) and observed by "
            f"({day!r},), found {fcst.dims} and {obs.dims}"
        )
    check_aligned(fcst.rename("forecast level"), obs.rename("observed level"))
    if not isinstance(fcst.indexes.get(day), pd.DatetimeIndex):
        raise ValueError(f"the dimension {day!r} needs dates as labels")
    return fcst.indexes[day]


def outcomes(fcst: np.ndarray, obs: np.ndarray, event: int) -> np.ndarray:
    """Outcome of each pair of levels.

    0 hit, 1 miss, 2 false alarm, 3 neither forecast nor observed, -1 where either is missing.

    Examples
    --------
    >>> import numpy as np
    >>> from verification.pictures.calendar import outcomes
    >>> outcomes(np.array([5, 2, 6, 1, np.nan]), np.array([6, 5, 4, 1, 5]), 5)
    array([ 0,  1,  2,  3, -1])
    """
    f, o = fcst >= event, obs >= event
    missing = ~((fcst > 0) & (obs > 0))
    return np.select([missing, f & o, o, f], [-1, 0, 1, 2], default=3)


def _by_lead(
    ax: Axes | None,
    fcst: xr.DataArray,
    obs: xr.DataArray,
    dates: pd.DatetimeIndex,
    event: int,
    colours: Sequence[str],
    words: dict,
) -> tuple[Axes, np.ndarray]:
    day = obs.dims[0]
    levels = fcst.transpose("lead", day).values.astype(float)
    leads, days = levels.shape
    ax = open_axes(ax, width=min(7.0, max(4.4, 0.09 * days)), height=0.17 * leads + 1.55)
    position = np.arange(days)
    gap = 0.4  # sets the observed row apart
    _paint(ax, levels, np.arange(leads) + 1 + gap, colours)
    _paint(ax, obs.values.astype(float)[None, :], np.zeros(1), colours)
    outcome = outcomes(levels, obs.values.astype(float), event)
    rows, columns = np.meshgrid(np.arange(leads) + 1 + gap, position, indexing="ij")
    ax.set(xlim=(-0.5, days - 0.5), ylim=(-0.5, leads + 0.5 + gap))
    _mark(ax, columns, rows, outcome, levels, colours, words["marks"])
    ticks = np.unique(np.linspace(0, days - 1, min(days, 5)).round().astype(int))
    ax.set_xticks(ticks, [f"{dates[i]:%m-%d}" for i in ticks])
    labels = fcst["lead"].values if "lead" in fcst.coords else np.arange(1, leads + 1)
    shown = np.arange(0, leads, 1 if leads <= 12 else 2)
    ax.set_yticks([0, *(shown + 1 + gap)], [words["observed"], *(f"{labels[i]}" for i in shown)])
    return ax, outcome


def _by_month(
    ax: Axes | None,
    fcst: xr.DataArray,
    obs: xr.DataArray,
    dates: pd.DatetimeIndex,
    event: int,
    colours: Sequence[str],
    words: dict,
) -> tuple[Axes, np.ndarray]:
    months = dates.to_period("M")
    first = months.min()
    row = np.array([(m - first).n for m in months], dtype=int)
    ax = open_axes(ax, height=0.17 * (row.max(initial=0) + 1) + 1.7, width=4.2)
    f, o = fcst.values.astype(float), obs.values.astype(float)
    fields = np.full((row.max(initial=0) + 1, 31), np.nan)
    fields[row, dates.day - 1] = o
    inner = np.full_like(fields, np.nan)
    inner[row, dates.day - 1] = f
    lines = -np.arange(fields.shape[0], dtype=float)
    _paint(ax, fields, lines, colours, start=1)
    _paint(ax, inner, lines, colours, start=1, size=0.56)
    outcome = outcomes(f, o, event)
    ax.set(xlim=(0.5, 31.5), ylim=(lines[-1] - 0.5, 0.5))
    _mark(ax, dates.day.to_numpy(), -row.astype(float), outcome, f, colours, words["marks"])
    ax.set_xticks([1, 5, 10, 15, 20, 25, 30])
    ax.set_yticks(lines, [f"{first + k:%Y-%m}" for k in range(len(lines))])
    return ax, outcome


def _paint(
    ax: Axes,
    levels: np.ndarray,
    rows: np.ndarray,
    colours: Sequence[str],
    start: int = 0,
    size: float = 1.0,
) -> None:
    """One square for each level that is there, `size` wide, about (column + start, row)."""
    from matplotlib.collections import PolyCollection

    i, j = np.nonzero(levels > 0)
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * size / 2
    centres = np.stack([j + start, rows[i]], axis=-1)
    squares: Any = centres[:, None, :] + corners
    faces = [colours[int(level) - 1] for level in levels[i, j]]
    style: dict[str, Any] = {"edgecolors": "white" if size == 1 else "0.3", "linewidths": 0.4}
    ax.add_collection(PolyCollection(squares, facecolors=faces, **style))


def _mark(
    ax: Axes,
    x: np.ndarray,
    y: np.ndarray,
    outcome: np.ndarray,
    levels: np.ndarray,
    colours: Sequence[str],
    words: Sequence[str],
) -> None:
    """Mark hits, misses and false alarms, white on dark fields and black on light ones."""
    from matplotlib.colors import to_rgb

    luma = np.array([np.dot(to_rgb(c), (0.299, 0.587, 0.114)) for c in colours])
    x_size, y_size = np.abs(
        ax.transData.transform([(1.0, 1.0)]) - ax.transData.transform([(0.0, 0.0)])
    )[0]
    points = 72 / ax.figure.dpi * min(x_size, y_size)
    for kind, (marker, word) in enumerate(zip(_MARKS, words, strict=True)):
        at = outcome == kind
        dark = luma[levels[at].astype(int) - 1] < 0.5
        ink = np.where(dark, "white", "black")
        size = (0.6 * points) ** 2
        ax.scatter(x[at], y[at], s=size, marker=marker, c=ink, lw=0, label=word, zorder=3)


def _legend(
    levels: Sequence[int], colours: Sequence[str], names: Sequence[str], words: Sequence[str]
) -> list:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    style: dict[str, Any] = {"ls": "", "color": "black", "ms": 4, "mew": 0}
    marks = [Line2D([], [], marker=m, label=w, **style) for m, w in zip(_MARKS, words, strict=True)]
    patches = [Patch(fc=colours[k - 1], ec="0.4", lw=0.4, label=names[k - 1]) for k in levels]
    return [*marks, *patches]
