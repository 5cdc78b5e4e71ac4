"""The scale concentrations are modelled on: the fourth root.

Daily concentrations are close to log-normal, but a logarithm gives values near zero a weight they
do not deserve. The fourth root is as symmetric over most of the range and takes zero as it is
(Box & Cox 1964, with power 1/4).
"""

from __future__ import annotations

import numpy as np

POWER = 0.25


def to_scale(values: np.ndarray) -> np.ndarray:
    """Fourth root; negative values count as zero, NaN stays."""
    return np.maximum(values, 0) ** POWER


def from_scale(values: np.ndarray) -> np.ndarray:
    """Inverse of `to_scale`; never negative."""
    return np.maximum(values, 0) ** (1 / POWER)
