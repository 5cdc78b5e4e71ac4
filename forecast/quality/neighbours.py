"""Which stations are neighbours, and whether they rise together."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from forecast.quality.settings import NeighbourSettings

EARTH_KM = 6371.0


def unit_vectors(lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
    """Points on the unit sphere, (station, 3), from degrees; NaN where a coordinate is."""
    phi, lam = np.deg2rad(lat), np.deg2rad(lon)
    return np.stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)], axis=-1)


def nearest(lat: np.ndarray, lon: np.ndarray, radius_km: float, number: int) -> np.ndarray:
    """Nearest neighbours of each station.

    Parameters
    ----------
    lat, lon : ndarray, (station)
        Degrees; a station with NaN neither has nor is a neighbour. So is one at the very place of
        another (nearer than 1 m), whose values are probably the same.
    radius_km : float
        Reach.
    number : int
        At most so many.

    Returns
    -------
    ndarray of int, (station, number)
        Positions of the neighbours, nearest first; −1 where there are no more.

    Examples
    --------
    >>> import numpy as np
    >>> nearest(np.array([40.0, 40.1, 45.0]), np.array([116.0, 116.0, 116.0]), 50, 2)
    array([[ 1, -1],
           [ 0, -1],
           [-1, -1]])
    """
    out = np.full((len(lat), number), -1)
    known = np.flatnonzero(np.isfinite(lat) & np.isfinite(lon))
    if len(known) < 2:
        return out
    points = unit_vectors(lat[known], lon[known])
    reach = 2 * np.sin(min(radius_km / EARTH_KM, np.pi) / 2)
    want = min(number + 3, len(known))
    distance, found = cKDTree(points).query(points, k=want, distance_upper_bound=reach)
    good = np.isfinite(distance) & (distance > 1e-3 / EARTH_KM)
    order = np.argsort(~good, axis=1, kind="stable")[:, :number]
    found = np.where(good, known[np.minimum(found, len(known) - 1)], -1)
    out[known, : order.shape[1]] = np.take_along_axis(found, order, axis=1)
    return out


def neighbours_rise(
    values: np.ndarray,
    near: np.ndarray,
    station: np.ndarray,
    step: np.ndarray,
    ratio: np.ndarray,
    settings: NeighbourSettings,
) -> tuple[np.ndarray, np.ndarray]:
    """How many neighbours report around an hour, and how many of them rise.

    A neighbour rises when its highest value from `settings.window` hours before to as many after
    stands above the middle one of the three hours before those by the square root of the station's
    own factor, and by no less than `settings.rise` and no more than `settings.strong`.

    Parameters
    ----------
    values : ndarray, (station, step)
        One pollutant.
    near : ndarray, (station, neighbour)
        From `nearest`.
    station, step : ndarray, (case)
        Where to look.
    ratio : ndarray, (case)
        Factor by which the station itself rose.

    Returns
    -------
    reporting, rising : ndarray of int, (case)
    """
    other = near[station]
    known = other >= 0

    def at(offset: int) -> np.ndarray:
        column = step[:, None] + offset
        inside = known & (column >= 0) & (column < values.shape[1])
        found = values[other, np.clip(column, 0, values.shape[1] - 1)]
        return np.where(inside, found, np.nan)

    window = settings.window
    around = at(-window)
    for offset in range(1 - window, window + 1):
        around = np.fmax(around, at(offset))
    a, b, c = (at(-window - k) for k in (3, 2, 1))
    before = np.fmax(np.fmin(a, b), np.fmin(np.fmax(a, b), c))
    needed = np.clip(np.sqrt(ratio), settings.rise, max(settings.rise, settings.strong))
    reports = np.isfinite(around) & np.isfinite(before)
    rises = reports & (around >= needed[:, None] * before)
    return reports.sum(axis=1), rises.sum(axis=1)
