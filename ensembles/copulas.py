"""Other ways to order marginal quantiles into scenarios, beside the Schaake shuffle.

Each function returns ranks (scenario, lead, place, variable) for
`ensembles.dependence.schaake_shuffle`:

- `ecc_ranks`: ensemble copula coupling; the order is that of today's weather members, so scenarios
  know which days of *this* forecast hang together (Schefzik et al. 2013, Stat. Sci. 28, 616–640);
- `gaussian_ranks`: a Gaussian copula with the correlation of past normal scores, shrunk
  (Möller et al. 2013, Q. J. R. Meteorol. Soc. 139, 982–991);
- `independent_ranks`: no dependence at all, the reference that a template has to beat.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from ensembles.dependence import scenario_template


def independent_ranks(shape: tuple[int, int, int, int], seed: int) -> np.ndarray:
    """Draw ranks without any dependence.

    Parameters
    ----------
    shape : tuple of int
        Scenarios, leads, places and variables.
    seed : int
        Of the order.

    Returns
    -------
    ndarray of int16, (scenario, lead, place, variable)
        A permutation of 0 … scenarios − 1 at each (lead, place, variable).

    Examples
    --------
    >>> ranks = independent_ranks((3, 1, 2, 1), seed=1)
    >>> sorted(ranks[:, 0, 0, 0].tolist())
    [0, 1, 2]
    """
    return scenario_template(np.full(shape, np.nan, dtype=np.float32), seed)


def ecc_ranks(trajectories: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Take the order from an ensemble's trajectories: ensemble copula coupling (ECC-Q).

    Parameters
    ----------
    trajectories : ndarray, (member, lead, place, variable)
        What each weather member makes of every variable, such as the median forecast driven by
        that member. Only their order counts: for a quantity that falls when the variable rises
        (wind speed) pass its negative. Missing values are NaN and take a random rank.
    count : int
        Scenarios wanted. Fewer than members: an even choice of them. More: members are repeated,
        and copies of a member stand in random order among themselves.
    seed : int
        Of the order of ties and missing values.

    Returns
    -------
    ndarray of int16, (scenario, lead, place, variable)
        Ranks; scenario s follows member ``s · members // count``.

    Raises
    ------
    ValueError
        There is no member, or no scenario is wanted.

    Examples
    --------
    >>> import numpy as np
    >>> members = np.array([[3.0, 30.0], [1.0, 10.0], [2.0, 20.0]]).reshape(3, 2, 1, 1)
    >>> ecc_ranks(members, 3, seed=1)[:, :, 0, 0].tolist()
    [[2, 2], [0, 0], [1, 1]]
    """
    if not len(trajectories) or count < 1:
        raise ValueError(
            f"expected at least one member and one scenario, found {len(trajectories)} and {count}"
        )
    rows = np.arange(count) * len(trajectories) // count
    return scenario_template(trajectories[rows], seed)


def gaussian_ranks(
    history: np.ndarray, count: int, seed: int, shrinkage: float | None = None
) -> np.ndarray:
    """Draw from a Gaussian copula with the correlation of past trajectories.

    With X the normal scores of N past trajectories, standardised at each (lead, place, variable),
    a draw is ``z = √(1 − λ) · Xᵀg/√N + √λ · e`` with g and e independent standard normals: it has
    exactly the correlation ``(1 − λ) XᵀX/N + λ I``, which is never formed, so thousands of places
    cost no more than a matrix product. λ follows Ledoit & Wolf (2004, J. Multivar. Anal. 88,
    365–411) with the identity as target, unless it is given.

    Parameters
    ----------
    history : ndarray, (trajectory, lead, place, variable)
        Observed past trajectories, as many as there are. Missing values are NaN and say nothing of
        the correlation; a place without any past varies on its own.
    count : int
        Scenarios wanted; independent of the number of trajectories.
    seed : int
        Of the draws.
    shrinkage : float, optional
        λ, 0 (the sample correlation) to 1 (independence).

    Returns
    -------
    ndarray of int16, (scenario, lead, place, variable)
        Ranks of the draws.

    Raises
    ------
    ValueError
        There is no trajectory, no scenario is wanted, or `shrinkage` is outside 0 … 1.

    Examples
    --------
    >>> import numpy as np
    >>> past = np.random.default_rng(1).normal(size=(200, 1, 1, 1)).repeat(2, axis=1)
    >>> ranks = gaussian_ranks(past, 50, seed=1, shrinkage=0.0)
    >>> bool((ranks[:, 0] == ranks[:, 1]).all())
    True
    """
    if not len(history) or count < 1:
        raise ValueError(
            f"expected at least one trajectory and one scenario, found {len(history)} and {count}"
        )
    if shrinkage is not None and not 0 <= shrinkage <= 1:
        raise ValueError(f"expected a shrinkage within 0 … 1, found {shrinkage}")
    scores = normal_scores(history, seed).reshape(len(history), -1)
    size = np.sqrt((scores**2).mean(axis=0))
    alone = size < 1e-6  # no past, or one value only: nothing to correlate
    scores /= np.where(alone, 1, size)
    share = ledoit_wolf(scores[:, ~alone]) if shrinkage is None else shrinkage
    rng = np.random.default_rng(seed)
    mix = rng.standard_normal((count, len(scores)), dtype=np.float32) / np.sqrt(len(scores))
    noise = rng.standard_normal((count, scores.shape[1]), dtype=np.float32)
    own = np.where(alone, 1, share).astype(np.float32)
    draws = np.sqrt(1 - own) * (mix @ scores) + np.sqrt(own) * noise
    return scenario_template(draws.reshape(count, *history.shape[1:]), seed)


def normal_scores(history: np.ndarray, seed: int) -> np.ndarray:
    """Standard normal quantile of each value's rank among the known ones of its column.

    Parameters
    ----------
    history : ndarray, (trajectory, …)
        NaN where missing. Ties are broken at random.
    seed : int
        Of the order of ties.

    Returns
    -------
    ndarray of float32, same shape
        ``Φ⁻¹((r + ½)/n)`` with r = 0 … n − 1; zero where missing or where n = 1.

    Examples
    --------
    >>> import numpy as np
    >>> normal_scores(np.array([7.0, 1.0, np.nan, 3.0]), seed=1).round(2).tolist()
    [0.9700000286102295, -0.9700000286102295, 0.0, 0.0]
    """
    missing = np.isnan(history)
    # missing values go last, so that the known ones have the ranks 0 … n − 1
    ranks = scenario_template(np.where(missing, np.inf, history), seed)
    count = (~missing).sum(axis=0)
    rank, most = np.arange(len(history)), np.arange(len(history) + 1)[:, None]
    level = np.clip((rank + 0.5) / np.maximum(most, 1), 1e-6, 1 - 1e-6)
    scores = ndtri(level).astype(np.float32)[count, ranks]
    return np.where(missing, np.float32(0), scores)


def ledoit_wolf(scores: np.ndarray) -> float:
    """Ledoit–Wolf weight of the identity against the correlation of `scores`.

    ``λ = min(1, Σ_i ‖x_i x_iᵀ − S‖² / (N² ‖S − I‖²))`` with ``S = XᵀX/N``, computed from the
    N × N matrix ``XXᵀ``.

    Parameters
    ----------
    scores : ndarray, (trajectory, column)
        Standardised: mean square 1 in each column.

    Returns
    -------
    float
        0 … 1; 1 where there is nothing to estimate from.
    """
    count, columns = scores.shape
    if not columns:
        return 1.0
    gram = (scores @ scores.T).astype(np.float64)
    square = (gram**2).sum() / count**2  # ‖S‖²
    error = (np.diag(gram) ** 2).sum() / count**2 - square / count
    distance = square - 2 * np.trace(gram) / count + columns
    return float(np.clip(error / distance, 0, 1)) if distance > 0 else 1.0
