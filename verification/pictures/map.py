"""A score at points on a map."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from verification.pictures.language import pairs_text, picture_language, score_name
from verification.pictures.style import LABEL, TICK, Simulated, finish, open_axes
from verification.registry import SCORES
from verification.sums import check_aligned

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WORDS = {
    "en": {"heading": "{score} by place", "places": "{places} places", "each": "each"},
    "zh": {"heading": "{score}分布", "places": "{places} 个地点", "each": "每点"},
}

Outlines = Iterable[Any] | Mapping[str, Any]


def draw_score_map(
    score: xr.DataArray,
    *,
    lon: xr.DataArray | None = None,
    lat: xr.DataArray | None = None,
    pairs: xr.DataArray | None = None,
    outlines: Outlines = (),
    centre: float | None = None,
    limits: tuple[float, float] | None = None,
    unit: str = "",
    ax: Axes | None = None,
    lang: str = "en",
    title: str = "",
    simulated: Simulated = False,
) -> Axes:
    """Draw a score at the points of a map, a degree of longitude shortened by the latitude.

    Parameters
    ----------
    score : xarray.DataArray, (place,)
        One value a place; a place without a value is a small grey cross.
    lon, lat : xarray.DataArray, (place,), optional
        Degrees east and north; the coordinates `lon` and `lat` of the score by default.
    pairs : xarray.DataArray, (place,), optional
        Pairs behind each value, for the title.
    outlines : iterable of lines, or mapping
        Lines (n, 2) of longitude and latitude to draw beneath, or the coordinates of GeoJSON: a
        geometry, a feature or a collection. None are supplied.
    centre : float, optional
        Value at the middle of a two-sided colour scale (0 for a bias); without it the scale is
        one-sided. By default the perfect value of scores that are best nearest to it.
    limits : tuple of float, optional
        Ends of the colour scale; the 2nd and 98th percentiles by default, values beyond them
        take the colour of the end. With a centre the scale is made symmetric about it.
    unit : str
        Unit of the forecast values, for scores that have it.
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
        If the score is not one-dimensional, has no positions, or a position is no number or
        outside [-360, 360] or [-90, 90].
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import draw_score_map
    >>> at = {"lon": ("place", [116.4, 117.2]), "lat": ("place", [39.9, 39.1])}
    >>> ax = draw_score_map(xr.DataArray([12.0, 15.0], dims="place", coords=at, name="mae"))
    >>> ax.collections[-1].get_offsets().tolist()
    [[116.4, 39.9], [117.2, 39.1]]
    """
    x, y = _positions(score, lon, lat)
    speech = picture_language(lang)
    words = _WORDS[speech]
    value = score.values.astype(float)
    known = SCORES.get(str(score.name))
    if centre is None and known is not None and known.orientation == "nearest":
        centre = known.perfect
    ax = open_axes(ax, height=_height(x, y))
    for line in _lines(outlines):
        ax.plot(line[:, 0], line[:, 1], color="0.6", lw=0.5, zorder=1, label="_outline")
    missing = np.isnan(value)
    ax.plot(x[missing], y[missing], "x", color="0.6", ms=3, mew=0.6, label="_missing", zorder=2)
    low, high = _limits(value, limits, centre)
    points = ax.scatter(
        x[~missing],
        y[~missing],
        c=value[~missing],
        vmin=low,
        vmax=high,
        cmap="viridis" if centre is None else "PuOr_r",
        s=22 if value.size <= 200 else 9,
        edgecolors="0.25",
        linewidths=0.4,
        zorder=3,
    )
    _frame(ax, x, y)
    name = score_name(str(score.name or "score"), speech)
    in_unit = f"{name} ({unit})" if unit and (known is None or known.unit == "input") else name
    beyond = (
        bool(np.nanmin(value, initial=low) < low),
        bool(np.nanmax(value, initial=high) > high),
    )
    _colour_bar(ax, points, in_unit, beyond)
    note = words["places"].format(places=int((~missing).sum()))
    if pairs is not None:
        note += ("，" if speech == "zh" else ", ") + pairs_text(pairs, speech, words["each"])
    heading = title or words["heading"].format(score=name)
    return finish(ax, speech, heading, note, xlabel="°E", ylabel="°N", simulated=simulated)


def _positions(
    score: xr.DataArray, lon: xr.DataArray | None, lat: xr.DataArray | None
) -> tuple[np.ndarray, np.ndarray]:
    if score.ndim != 1:
        raise ValueError(f"a map shows one value a place, found dimensions {list(score.dims)}")
    found = []
    for name, given, bound in (("lon", lon, 360.0), ("lat", lat, 90.0)):
        if given is None and name not in score.coords:
            raise ValueError(f"the score has no coordinate {name!r} and none was given")
        axis = score[name] if given is None else given
        check_aligned(score.rename("score"), axis.rename(name))
        degrees = np.broadcast_to(axis.values.astype(float), score.shape)
        if not (np.abs(degrees) <= bound).all():
            raise ValueError(f"{name} must lie within ±{bound:g} degrees, found {degrees.tolist()}")
        found.append(degrees)
    return found[0], found[1]


def _lines(outlines: Outlines) -> list[np.ndarray]:
    """All lines in nested sequences of positions, or in the geometries of GeoJSON."""
    if isinstance(outlines, Mapping):
        parts = [
            outlines[k]
            for k in ("features", "geometries", "geometry", "coordinates")
            if k in outlines and outlines[k] is not None
        ]
        return [line for part in parts[:1] for line in _lines(part)]
    if isinstance(outlines, np.ndarray) and outlines.ndim == 2:
        return [outlines.astype(float)]
    items: Sequence[Any] = list(outlines)
    if items and not isinstance(items[0], Mapping) and np.ndim(items[0]) == 1:
        return [np.array([item[:2] for item in items], dtype=float)]
    return [
        line
        for item in items
        if np.ndim(item) or isinstance(item, Mapping)
        for line in _lines(item)
    ]


def _limits(
    value: np.ndarray, limits: tuple[float, float] | None, centre: float | None
) -> tuple[float, float]:
    there = value[np.isfinite(value)]
    if limits is None:
        limits = tuple(np.percentile(there, (2, 98))) if there.size else (0.0, 1.0)
    low, high = limits
    if centre is not None:
        half = max(abs(high - centre), abs(low - centre))
        low, high = centre - half, centre + half
    return (low, high) if high > low else (low - 0.5, low + 0.5)


def _aspect(y: np.ndarray) -> float:
    """A degree of latitude in degrees of longitude, at the middle of the map."""
    return float(1 / np.cos(np.radians(np.clip((y.min() + y.max()) / 2, -85, 85))))


def _height(x: np.ndarray, y: np.ndarray) -> float:
    """Inches that a new figure needs, with 2.3 for the width of the map."""
    if not x.size:
        return 3.4
    ratio = max(np.ptp(y), 0.5) / max(np.ptp(x), 0.5) * _aspect(y)
    return float(np.clip(2.3 * ratio + 1.1, 2.2, 6.0))


def _frame(ax: Axes, x: np.ndarray, y: np.ndarray) -> None:
    """Leave a margin about the points, with the outlines cut there."""
    if not x.size:
        return
    across, up = max(np.ptp(x), 0.5), max(np.ptp(y), 0.5)
    ax.set_xlim(x.min() - 0.08 * across, x.max() + 0.08 * across)
    ax.set_ylim(y.min() - 0.08 * up, y.max() + 0.08 * up)
    ax.set_aspect(_aspect(y))


def _colour_bar(ax: Axes, points: Any, label: str, beyond: tuple[bool, bool]) -> None:
    """A scale beside the map, with a point at each end beyond which there are values."""
    strip = ax.inset_axes((1.03, 0.0, 0.05, 1.0))
    ends = {(True, True): "both", (True, False): "min", (False, True): "max"}
    bar = ax.figure.colorbar(points, cax=strip, extend=ends.get(beyond, "neither"))
    bar.set_label(label, fontsize=LABEL)
    bar.ax.tick_params(labelsize=TICK)
