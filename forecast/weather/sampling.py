"""From a regular grid to places: sparse bilinear weights, built once per grid."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from forecast.errors import InputError

EARTH_RADIUS_KM = 6371.0


def bilinear_weights(
    latitude: np.ndarray,
    longitude: np.ndarray,
    place_lat: np.ndarray,
    place_lon: np.ndarray,
    *,
    names: np.ndarray | None = None,
) -> sparse.csr_array:
    """Bilinear weights from a regular latitude–longitude grid to places.

    Parameters
    ----------
    latitude, longitude : ndarray, (y,) and (x,)
        Axes of the grid, degrees, monotonic either way; longitudes 0–360 or ±180.
    place_lat, place_lon : ndarray, (place,)
        Degrees.
    names : ndarray of str, optional
        Names of the places. With names, a place outside the grid is an error that lists them;
        without, its row is NaN and so is what is sampled there.

    Returns
    -------
    scipy.sparse.csr_array, (place, y × x)
        Each row sums to 1. Longitude wraps when the grid goes around the earth.

    Raises
    ------
    InputError
        Named places lie outside the grid.
    """
    y, x, wy, wx, inside = _cells(latitude, longitude, place_lat, place_lon)
    if names is not None and not inside.all():
        shown = ", ".join(map(str, names[~inside][:5]))
        south, north, west, east = *_ends(latitude), *_ends(longitude)
        raise InputError(
            f"{(~inside).sum()} of {len(names)} places lie outside the weather grid "
            f"({south:g}…{north:g}°N, {west:g}…{east:g}°E): {shown}"
        )
    count, width = len(place_lat), len(longitude)
    corners = [
        (y, x, (1 - wy) * (1 - wx)),
        (y, (x + 1) % width, (1 - wy) * wx),
        (np.minimum(y + 1, len(latitude) - 1), x, wy * (1 - wx)),
        (np.minimum(y + 1, len(latitude) - 1), (x + 1) % width, wy * wx),
    ]
    row = np.tile(np.arange(count), 4)
    column = np.concatenate([cy * width + cx for cy, cx, _ in corners])
    weight = np.concatenate([np.where(inside, w, np.nan) for *_, w in corners])
    keep = weight != 0  # a zero weight must not spread a neighbour's NaN
    matrix = sparse.csr_array(
        (weight[keep].astype(np.float32), (row[keep], column[keep])),
        shape=(count, len(latitude) * width),
    )
    matrix.sum_duplicates()
    return matrix


def sample(weights: sparse.csr_array, field: np.ndarray) -> np.ndarray:
    """Apply weights to fields (…, y, x); returns (…, place), float32."""
    flat = field.reshape(-1, field.shape[-2] * field.shape[-1])
    return np.ascontiguousarray((weights @ flat.T).T, dtype=np.float32).reshape(
        *field.shape[:-2], weights.shape[0]
    )


def ring(
    lat: np.ndarray, lon: np.ndarray, bearings: np.ndarray, distances: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Points around each place at given bearings and distances, on great circles.

    Parameters
    ----------
    lat, lon : ndarray, (place,)
        Degrees.
    bearings : ndarray, (b,)
        Degrees clockwise from north.
    distances : ndarray, (d,)
        Kilometres.

    Returns
    -------
    lat, lon : ndarray, (d × b, place)
        Bearings run fastest.
    """
    angle = np.tile(np.radians(bearings), len(distances))[:, None]
    arc = np.repeat(np.asarray(distances) / EARTH_RADIUS_KM, len(bearings))[:, None]
    phi, lam = np.radians(lat)[None, :], np.radians(lon)[None, :]
    there = np.arcsin(np.sin(phi) * np.cos(arc) + np.cos(phi) * np.sin(arc) * np.cos(angle))
    east = np.arctan2(
        np.sin(angle) * np.sin(arc) * np.cos(phi), np.cos(arc) - np.sin(phi) * np.sin(there)
    )
    return np.degrees(there), (np.degrees(lam + east) + 180) % 360 - 180


def _cells(
    latitude: np.ndarray, longitude: np.ndarray, place_lat: np.ndarray, place_lon: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """South-west (in index order) grid point of each place, its weights, and who is inside."""
    y, wy, inside_y = _interval(np.asarray(latitude, float), np.asarray(place_lat, float))
    axis = np.asarray(longitude, float)
    step = np.diff(axis).mean() if len(axis) > 1 else 0.0
    if step and abs(abs(step) * len(axis) - 360) < abs(step) / 2:  # the grid goes around
        axis = np.append(axis, axis[0] + np.copysign(360, step))
    lon = axis.min() + (np.asarray(place_lon, float) - axis.min()) % 360
    x, wx, inside_x = _interval(axis, lon)
    return y, x, wy, wx, inside_y & inside_x


def _ends(axis: np.ndarray) -> tuple[float, float]:
    return float(np.min(axis)), float(np.max(axis))


def _interval(axis: np.ndarray, at: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rising = axis if axis[0] <= axis[-1] else axis[::-1]
    inside = (at >= rising[0] - 1e-9) & (at <= rising[-1] + 1e-9)
    low = np.clip(np.searchsorted(rising, at, side="right") - 1, 0, max(len(rising) - 2, 0))
    high = np.minimum(low + 1, len(rising) - 1)
    gap = np.where(high > low, rising[high] - rising[low], 1.0)
    weight = np.clip((at - rising[low]) / gap, 0, 1)
    if axis[0] <= axis[-1]:
        return low, weight, inside
    return len(axis) - 1 - high, 1 - weight, inside
