"""Simulated series of errors that persist from day to day."""

from scipy.signal import lfilter


def ar1(rng, coefficient, shape):
    """First-order autoregression along the last axis: stationary, mean 0, variance 1."""
    shocks = rng.normal(size=shape)
    shocks[..., 1:] *= (1 - coefficient**2) ** 0.5
    return lfilter([1.0], [1.0, -coefficient], shocks, axis=-1)
