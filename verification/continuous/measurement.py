"""Uncertainty of a measured concentration, as FAIRMODE models it.

U(O) = U_r(RV) · √((1 - α²) O² + α² RV²): a part that grows with the concentration and a part
that does not. U_r(RV) is the relative uncertainty (95 %) at the reference value RV, and α² the
share of its square that does not grow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import xarray as xr

Values = TypeVar("Values", np.ndarray, xr.DataArray)

_GUIDANCE = "FAIRMODE Guidance Document on Modelling Quality Objectives, version 3.3, EUR 31068 EN"


@dataclass(frozen=True)
class MeasurementUncertainty:
    """Parameters of the uncertainty of one quantity.

    Parameters
    ----------
    quantity : str
        Name of the quantity.
    statistic : str
        What of it the parameters are for.
    relative : float
        U_r(RV), the relative uncertainty (95 %) at the reference value.
    reference_value : float
        RV in µg/m³.
    alpha : float
        α, from 0 to 1.
    source : str
        Where the parameters are from.
    year : int
        Year of the source.

    Raises
    ------
    ValueError
        If `relative` or `reference_value` is not positive, or `alpha` not from 0 to 1.

    References
    ----------
    Thunis, P. et al. (2013), Atmos. Environ. 79, 861-868. Pernigotti, D. et al. (2013), Atmos.
    Environ. 79, 869-878.

    Examples
    --------
    >>> import numpy as np
    >>> from verification.continuous.measurement import MEASUREMENT_UNCERTAINTY
    >>> MEASUREMENT_UNCERTAINTY["pm25"].at(np.array([0.0, 25.0]))
    array([4.5, 9. ])
    """

    quantity: str
    statistic: str
    relative: float
    reference_value: float
    alpha: float
    source: str
    year: int

    def __post_init__(self) -> None:
        if not (self.relative > 0 and self.reference_value > 0 and 0 <= self.alpha <= 1):
            raise ValueError(
                "relative and reference_value must be positive and alpha from 0 to 1, found "
                f"{self.relative}, {self.reference_value}, {self.alpha}"
            )

    def at(self, concentration: Values) -> Values:
        """Uncertainty U (95 %) of measured concentrations, both in µg/m³; NaN stays NaN."""
        constant = (self.alpha * self.reference_value) ** 2
        return self.relative * ((1 - self.alpha**2) * concentration**2 + constant) ** 0.5

    def label(self) -> str:
        """Short text that tells any two sets of parameters apart."""
        return (
            f"{self.quantity}: U_r {self.relative!r}, RV {self.reference_value!r}, "
            f"alpha {self.alpha!r}"
        )


MEASUREMENT_UNCERTAINTY: dict[str, MeasurementUncertainty] = {
    quantity: MeasurementUncertainty(quantity, statistic, relative, value, alpha, _GUIDANCE, 2022)
    for quantity, statistic, relative, value, alpha in (
        ("pm25", "24 h mean", 0.36, 25.0, 0.50),
        ("pm10", "24 h mean", 0.28, 50.0, 0.25),
        ("o3", "daily maximum 8 h mean", 0.18, 120.0, 0.79),
        ("no2", "1 h mean", 0.24, 200.0, 0.20),
    )
}
"""Parameters of the guidance by quantity."""


def find_uncertainty(uncertainty: str | MeasurementUncertainty) -> MeasurementUncertainty:
    """Give the parameters back, or look them up by the name of the quantity.

    Parameters
    ----------
    uncertainty : str or MeasurementUncertainty
        A name in `MEASUREMENT_UNCERTAINTY`, or parameters.

    Returns
    -------
    MeasurementUncertainty
        The parameters.

    Raises
    ------
    ValueError
        If the name is unknown.
    """
    if isinstance(uncertainty, MeasurementUncertainty):
        return uncertainty
    if uncertainty not in MEASUREMENT_UNCERTAINTY:
        known = sorted(MEASUREMENT_UNCERTAINTY)
        raise ValueError(f"no measurement uncertainty is known for {uncertainty!r}, only {known}")
    return MEASUREMENT_UNCERTAINTY[uncertainty]
