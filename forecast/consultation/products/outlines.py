"""Outlines under the point map of the page, from the user's own GeoJSON file.

No outlines come with the package: which borders a map may show is for its user to know.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from forecast.errors import InputError

Lines = list[list[list[float]]]
"""Lines of points of longitude and latitude, degrees."""
MOST_BYTES = 50_000_000
MOST_POINTS = 40_000
"""Points a page carries; about 0.6 MB."""
STEP = 0.02
"""Points nearer to the last one kept, in degrees, are left out."""
DAMAGE = (ValueError, TypeError, LookupError, AttributeError, OverflowError)
"""What content that is no GeoJSON brings."""
LINES = {"LineString": 0, "MultiLineString": 1, "Polygon": 1, "MultiPolygon": 2}
"""Kinds of geometry by how deep their lines lie."""


def read_outlines(path: Path) -> Lines:
    """Lines of a GeoJSON file, thinned.

    Parameters
    ----------
    path : Path
        Geometries of any kind that has lines; longitude and latitude in degrees (RFC 7946).

    Returns
    -------
    list of list of [float, float]
        Rounded to 0.01 degrees; points nearer than `STEP` to the one before are left out.

    Raises
    ------
    InputError
        The file cannot be read, holds no lines, a point that is no longitude and latitude, or too
        many points.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file of outlines")
    if path.stat().st_size > MOST_BYTES:
        raise InputError(f"{path}: over {MOST_BYTES // 1_000_000} MB; simplify the outlines")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        lines = [_thinned(line) for line in _lines(content)]
    except (*DAMAGE, RecursionError) as error:
        raise InputError(f"{path}: expected GeoJSON of lines or polygons: {error}") from None
    lines = [line for line in lines if len(line) > 1]
    if not lines:
        raise InputError(f"{path}: expected GeoJSON of lines or polygons, found none")
    count = sum(map(len, lines))
    if count > MOST_POINTS:
        raise InputError(
            f"{path}: {count:,} points after thinning to {STEP} degrees; a page carries "
            f"{MOST_POINTS:,}; simplify the outlines"
        )
    return lines


def _lines(content: dict[str, Any]) -> Iterator[list[Any]]:
    """Every line of a feature collection, a feature or a geometry."""
    kind = content["type"]
    if kind == "FeatureCollection":
        for feature in content["features"]:
            yield from _lines(feature)
    elif kind == "Feature":
        if content["geometry"] is not None:
            yield from _lines(content["geometry"])
    elif kind == "GeometryCollection":
        for geometry in content["geometries"]:
            yield from _lines(geometry)
    elif kind in LINES:
        lines = [content["coordinates"]]
        for _ in range(LINES[kind]):
            lines = [inner for outer in lines for inner in outer]
        yield from lines


def _thinned(line: list[Any]) -> list[list[float]]:
    points = np.array([point[:2] for point in line], dtype=float).reshape(-1, 2)
    low, high = np.array([-180, -90]), np.array([360, 90])
    if not ((points >= low) & (points <= high)).all():
        raise ValueError("a point is no longitude and latitude in degrees")
    kept: list[np.ndarray] = []
    for k, point in enumerate(points):
        if not kept or k == len(points) - 1 or np.abs(point - kept[-1]).max() >= STEP:
            kept.append(point)
    return np.round(kept, 2).tolist()
