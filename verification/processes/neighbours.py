"""Which places are neighbours: those within a radius on the sphere."""

from __future__ import annotations

import numpy as np
import xarray as xr
from scipy.sparse import csr_matrix

# Mean radius of the Earth, (2a + b)/3 of the GRS 80 ellipsoid (Moritz 2000, J. Geodesy 74).
EARTH_KM = 6371.0088

NEIGHBOUR = "neighbour"
"""Second dimension of a matrix of neighbours, with the labels of the first."""


def great_circle_km(latitude: xr.DataArray, longitude: xr.DataArray) -> xr.DataArray:
    """Great-circle distances between all places, by the haversine formula.

    d = 2R·arcsin √(sin²(Δφ/2) + cos φ₁ cos φ₂ sin²(Δλ/2)) with R = 6371.0088 km.

    Parameters
    ----------
    latitude, longitude : xarray.DataArray, (place)
        Degrees north and east.

    Returns
    -------
    xarray.DataArray, (place, neighbour)
        Kilometres.

    Raises
    ------
    ValueError
        If the coordinates have not one and the same dimension, or one of them is missing.

    References
    ----------
    Sinnott, R. W. (1984), Virtues of the haversine, Sky and Telescope 68(2), 159.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import great_circle_km
    >>> latitude = xr.DataArray([0.0, 0.0], dims="place")
    >>> longitude = xr.DataArray([0.0, 90.0], dims="place")
    >>> great_circle_km(latitude, longitude).values.round()
    array([[    0., 10008.],
           [10008.,     0.]])
    """
    if latitude.ndim != 1 or latitude.dims != longitude.dims:
        raise ValueError(
            f"latitude and longitude need one common dimension, found {list(latitude.dims)} "
            f"and {list(longitude.dims)}"
        )
    missing = int((latitude.isnull() | longitude.isnull()).sum())
    if missing:
        raise ValueError(f"every place needs a latitude and a longitude, {missing} lack one")
    phi, lam = np.deg2rad(latitude.values), np.deg2rad(longitude.values)
    square = (
        np.sin((phi[:, None] - phi) / 2) ** 2
        + np.cos(phi[:, None]) * np.cos(phi) * np.sin((lam[:, None] - lam) / 2) ** 2
    )
    distance = 2 * EARTH_KM * np.arcsin(np.sqrt(np.clip(square, 0, 1)))
    return _square(distance, latitude)


def neighbour_matrix(
    latitude: xr.DataArray, longitude: xr.DataArray, radius_km: float
) -> xr.DataArray:
    """Mark the places within a radius of each other.

    Parameters
    ----------
    latitude, longitude : xarray.DataArray, (place)
        Degrees north and east.
    radius_km : float
        Greatest great-circle distance between neighbours, km, inclusive.

    Returns
    -------
    xarray.DataArray, (place, neighbour)
        Boolean and symmetric; no place is its own neighbour.

    Raises
    ------
    ValueError
        If the radius is negative or NaN, or the coordinates are invalid.

    See Also
    --------
    great_circle_km : The distances.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import neighbour_matrix
    >>> latitude = xr.DataArray([39.9, 39.1, 31.2], dims="place")
    >>> longitude = xr.DataArray([116.4, 117.2, 121.5], dims="place")
    >>> neighbour_matrix(latitude, longitude, 150).values.astype(int)
    array([[0, 1, 0],
           [1, 0, 0],
           [0, 0, 0]])
    """
    if not radius_km >= 0:
        raise ValueError(f"radius_km must not be negative, found {radius_km}")
    near = great_circle_km(latitude, longitude).values <= radius_km
    np.fill_diagonal(near, False)
    return _square(near, latitude)


def _square(matrix: np.ndarray, like: xr.DataArray) -> xr.DataArray:
    dim = like.dims[0]
    labels = like.indexes.get(dim)
    coords = {} if labels is None else {dim: labels, NEIGHBOUR: labels.rename(NEIGHBOUR)}
    return xr.DataArray(matrix, coords, [dim, NEIGHBOUR])


def check_neighbours(neighbours: xr.DataArray, places: xr.DataArray) -> np.ndarray:
    """Matrix as a boolean array without its diagonal.

    `ValueError` unless it is square and symmetric with the labels of the places, in their order.
    """
    dim = places.dims[0]
    if neighbours.ndim != 2 or neighbours.dims[0] != dim:
        raise ValueError(
            f"neighbours need the dimensions [{dim!r}, {NEIGHBOUR!r}], "
            f"found {list(neighbours.dims)}"
        )
    for side in neighbours.dims:
        labels, own = neighbours.indexes.get(side), places.indexes.get(dim)
        same = (labels is None) == (own is None) and (own is None or own.equals(labels))
        if neighbours.sizes[side] != places.size or not same:
            raise ValueError(
                f"the labels of neighbours on {side!r} differ from those of the values on {dim!r}"
            )
    matrix = neighbours.values.astype(bool)
    if not np.array_equal(matrix, matrix.T):
        raise ValueError("neighbours must be symmetric: if a is a neighbour of b, then b of a")
    return matrix & ~np.eye(places.size, dtype=bool)


def beside_pairs(place: np.ndarray, near: csr_matrix) -> tuple[np.ndarray, np.ndarray]:
    """All pairs of a position in `place` and a neighbour of the place there."""
    number = np.diff(near.indptr)[place]
    one = np.repeat(np.arange(place.size), number)
    within = np.arange(one.size) - np.repeat(np.cumsum(number) - number, number)
    return one, near.indices[near.indptr[place][one] + within]
