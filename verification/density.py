"""Weights that keep dense clusters of stations from speaking for a whole region."""

from __future__ import annotations

import xarray as xr

from verification.processes.neighbours import neighbour_matrix


def density_weights(
    latitude: xr.DataArray, longitude: xr.DataArray, *, radius: float = 50.0
) -> xr.DataArray:
    """Weights of stations inverse to how many lie around each.

    w_i = c / #(stations within the radius of i, itself included), with c such that the mean weight
    is 1. A station alone weighs as much as ten that stand together.

    Parameters
    ----------
    latitude, longitude : xarray.DataArray
        Degrees, on one dimension such as place.
    radius : float
        Great-circle distance in km.

    Returns
    -------
    xarray.DataArray
        Positive, mean 1, on the dimension of the input; for the argument `weights` of any sums.

    Raises
    ------
    ValueError
        If a coordinate is missing, the two differ in shape, or the radius is not positive.

    References
    ----------
    Rodwell, M. J. et al. (2010), Q. J. R. Meteorol. Soc. 136, 1344-1363, section 3 (station
    density in the verification of precipitation).

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import density_weights
    >>> lat = xr.DataArray([40.0, 40.1, 20.0], dims="place")
    >>> lon = xr.DataArray([116.0, 116.0, 110.0], dims="place")
    >>> density_weights(lat, lon).values
    array([0.75, 0.75, 1.5 ])
    """
    if radius <= 0:
        raise ValueError(f"the radius must be positive, found {radius:g} km")
    around = 1 + neighbour_matrix(latitude, longitude, radius).values.sum(axis=1)
    weights = 1.0 / around
    return latitude.copy(data=weights / weights.mean() if weights.size else weights)
