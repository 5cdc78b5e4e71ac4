"""Weights on the simplex, non-negative and of sum 1, that minimise a smooth loss."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.optimize import minimize


def simplex_weights(
    loss: Callable[[np.ndarray], tuple[float, np.ndarray]],
    count: int,
    *,
    iterations: int,
    tolerance: float,
) -> np.ndarray:
    """Weights of least loss, from equal ones on.

    Parameters
    ----------
    loss : callable
        Loss of weights (count,) and its gradient.
    count : int
        Number of weights.
    iterations : int
        Most steps of SLSQP (Kraft 1988).
    tolerance : float
        Of the loss, to stop.

    Returns
    -------
    ndarray, (count,)

    Examples
    --------
    >>> import numpy as np
    >>> aim = np.array([0.8, 0.4])  # the nearest weights are (0.7, 0.3)
    >>> found = simplex_weights(
    ...     lambda w: (float(((w - aim) ** 2).sum()), 2 * (w - aim)), 2,
    ...     iterations=50, tolerance=1e-12,
    ... )
    >>> found.round(3).tolist()
    [0.7, 0.3]
    """
    solution = minimize(
        loss,
        np.full(count, 1 / count),
        jac=True,
        method="SLSQP",
        bounds=[(0, 1)] * count,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1, "jac": np.ones_like},
        options={"maxiter": iterations, "ftol": tolerance},
    )
    w = np.clip(solution.x, 0, None)
    return np.asarray(w / w.sum())
