"""Stability and mixing: inversions, potential temperature, ventilation, stagnation.

Each function takes numbers, arrays or `xarray.DataArray` and returns the like.
"""

from __future__ import annotations

from typing import Any

KAPPA = 2 / 7
"""R / c_p of dry air."""
PRESSURE_REFERENCE = 100000.0
CALM_10M, CALM_500HPA, DRY_MM = 3.2, 13.0, 1.0
"""Limits of an air stagnation day: m s-1 at 10 m and at 500 hPa, mm in the day."""


def inversion_strength(aloft: Any, near_ground: Any) -> Any:
    """Temperature aloft minus that at 2 m, K; above zero in an inversion."""
    return aloft - near_ground


def potential_temperature(temperature: Any, pressure: Any) -> Any:
    """Potential temperature T (100000 / p)^(2/7), K, from K and Pa (Poisson's equation).

    Examples
    --------
    >>> round(float(potential_temperature(273.15, 85000.0)), 2)
    286.13
    """
    return temperature * (PRESSURE_REFERENCE / pressure) ** KAPPA


def ventilation_coefficient(speed: Any, mixing_height: Any) -> Any:
    """Ventilation coefficient, m2 s-1: wind speed (10 m, m s-1) times mixing height (m).

    Ferguson, S. A. (2001): Smoke dispersion prediction systems, in Smoke management guide, NWCG
    PMS 420-2. With the speed at 10 m for the mean of the layer it is an index, lower than the
    transport it stands for.

    Examples
    --------
    >>> ventilation_coefficient(2.0, 800.0)
    1600.0
    """
    return speed * mixing_height


def stagnation(speed_10m: Any, speed_500hpa: Any, precipitation: Any) -> Any:
    """Whether a day is an air stagnation day, 1 or 0.

    Wind at 10 m below 3.2 m s-1, wind at 500 hPa below 13 m s-1 and less than 1 mm of
    precipitation. The original asks for four such days in a row before it speaks of an episode;
    here each day counts.

    Parameters
    ----------
    speed_10m, speed_500hpa : array_like
        Daily means, m s-1.
    precipitation : array_like
        Daily sum, mm.

    Returns
    -------
    array_like
        NaN where one of the three is.

    References
    ----------
    Wang, J. X. L. and Angell, J. K. (1999): Air stagnation climatology for the United States
    (1948–1998). NOAA/Air Resources Laboratory Atlas 1; the limit of 1 mm as in Horton, D. E. et al.
    (2012), Environ. Res. Lett. 7, 044034.

    Examples
    --------
    >>> float(stagnation(2.0, 10.0, 0.0)), float(stagnation(2.0, 10.0, 1.0))
    (1.0, 0.0)
    """
    calm = (speed_10m < CALM_10M) & (speed_500hpa < CALM_500HPA) & (precipitation < DRY_MM)
    return calm + 0.0 * (speed_10m + speed_500hpa + precipitation)  # NaN where one of them is
