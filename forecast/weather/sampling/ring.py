"""Points around places: the ring on which upstream predictors are sampled."""

from __future__ import annotations

import numpy as np

from forecast.weather.grids import EARTH_RADIUS_KM


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
        Bearings run fastest; longitudes in -180 … 180.

    Notes
    -----
    The direct problem on the sphere (Snyder 1987, Map Projections, USGS Prof. Paper 1395, eqs. 5-5
    and 5-6), with the mean radius of the earth.

    Examples
    --------
    >>> lat, lon = ring(np.array([0.0]), np.array([0.0]), np.array([90.0]), np.array([1111.95]))
    >>> float(lat[0, 0].round(3)), float(lon[0, 0].round(3))
    (0.0, 10.0)
    """
    angle = np.tile(np.radians(bearings), len(distances))[:, None]
    arc = np.repeat(np.asarray(distances) / EARTH_RADIUS_KM, len(bearings))[:, None]
    phi, lam = np.radians(lat)[None, :], np.radians(lon)[None, :]
    there = np.arcsin(np.sin(phi) * np.cos(arc) + np.cos(phi) * np.sin(arc) * np.cos(angle))
    east = np.arctan2(
        np.sin(angle) * np.sin(arc) * np.cos(phi), np.cos(arc) - np.sin(phi) * np.sin(there)
    )
    return np.degrees(there), (np.degrees(lam + east) + 180) % 360 - 180
