"""Test of equal predictive accuracy of two forecasts, from the loss of each day."""

from __future__ import annotations

from math import ceil

import numpy as np
import xarray as xr
from scipy import stats

from verification.inference.persistence import persistence, variance_of_mean
from verification.registry import SCORES
from verification.score import Score
from verification.sums import check_aligned

KERNELS = ("bartlett", "rectangular")


def daily_loss(sums: xr.Dataset, score: str | Score) -> xr.DataArray:
    """Loss of each day: the score of the sums of the day, turned so that smaller is better.

    The score itself where smaller is better, its negative where larger is better, and its
    distance from the perfect value where nearest is best.

    Parameters
    ----------
    sums : xarray.Dataset
        Sums that keep the days.
    score : str or Score
        Name in `SCORES`, or a score of one's own.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions; NaN on days on which the score is undefined.

    Raises
    ------
    ValueError
        If the score is unknown or is read from sums of another family.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import continuous_sums, daily_loss
    >>> fcst = xr.DataArray([[10.0, 30.0], [20.0, 20.0]], dims=("issue", "place"))
    >>> sums = continuous_sums(fcst, fcst * 0 + 24, keep="issue")
    >>> daily_loss(sums, "mae").values, daily_loss(sums, "bias").values
    (array([10.,  4.]), array([4., 4.]))
    """
    if not isinstance(score, Score):
        if score not in SCORES:
            raise ValueError(f"unknown score {score!r}, expected one of {sorted(SCORES)}")
        score = SCORES[score]
    value = score(sums)
    if score.orientation == "nearest":
        value = abs(value - score.perfect)
    return -value if score.orientation == "larger" else value


def diebold_mariano(
    loss_a: xr.DataArray,
    loss_b: xr.DataArray,
    *,
    dim: str = "issue",
    horizon: int | str | xr.DataArray = "lead",
    kernel: str = "bartlett",
) -> xr.Dataset:
    """Diebold-Mariano test of equal expected loss, with the correction for small samples.

    With d the difference of the losses of n days and γ(k) = Σ (d(t) - d̄)(d(t+k) - d̄) / n,

        statistic = d̄ / √(V / (c n)),  V = γ(0) + 2 Σ w(k) γ(k).

    c is the share of the variance of d̄ that V finds on average, as its weights end early and as
    the mean of d is taken from d. For an autocorrelation r^k it is

        c = (1 - v + 2 Σ w(k) (1 - k/n) (r^k - v)) / (n v),  v = (1 + 2 Σ (1 - k/n) r^k) / n.

    - ``bartlett`` (default): w(k) = 1 - k/S below S = max(1.3 √n, 3 h) (Newey and West; length
      after Lazarus et al.), positive whatever the data, r from d, corrected for bias and at
      least 0 (Kendall), and the t distribution with 1.5 n/S degrees of freedom, the number of
      independent terms that this V averages. It also holds where losses depend on each other
      beyond the horizon, as in lasting stagnation.
    - ``rectangular``: w(k) = 1 up to h - 1, r = 0 and t with n - 1 degrees of freedom, the
      original form: c is the correction of Harvey, Leybourne and Newbold,
      (n + 1 - 2h + h(h - 1)/n) / n. NaN where V is not positive. Right only if d is independent
      beyond the horizon.

    Parameters
    ----------
    loss_a, loss_b : xarray.DataArray
        Loss of each day, smaller is better, e.g. (issue, lead) for a mean over places or (issue,
        lead, place) for a test at each place; see `daily_loss`. Days on which either is NaN are
        left out, and the days around them stay as far apart as they are.
    dim : str
        Dimension of the days, consecutive.
    horizon : int, str or DataArray
        Days h ahead, at least 1: one number, the name of a coordinate that holds it, or an array
        on other dimensions of the loss.
    kernel : {"bartlett", "rectangular"}
        Weights of the autocovariances.

    Returns
    -------
    xarray.Dataset
        `difference` (mean loss of a minus b; negative: a is better), `statistic`, two-sided `p`
        and `days` (n) on the dimensions without `dim`. Two identical losses have p = 1. NaN with
        less than two days, with n < 2 S (or n <= h for ``rectangular``).

    Raises
    ------
    ValueError
        If the losses are not aligned or lack `dim`, or horizon or kernel is invalid.

    References
    ----------
    Diebold, F. X. and Mariano, R. S. (1995), J. Bus. Econ. Stat. 13, 253-263; Harvey, D.,
    Leybourne, S. and Newbold, P. (1997), Int. J. Forecasting 13, 281-291; Newey, W. K. and West,
    K. D. (1987), Econometrica 55, 703-708; Lazarus, E., Lewis, D. J., Stock, J. H. and Watson,
    M. W. (2018), J. Bus. Econ. Stat. 36, 541-559; Kendall, M. G. (1954), Biometrika 41, 403-404.

    Examples
    --------
    >>> import numpy as np
    >>> import xarray as xr
    >>> from verification import diebold_mariano
    >>> error = np.random.default_rng(0).normal(size=(2, 300))
    >>> a, b = (xr.DataArray(np.abs(e), dims="issue") for e in error * [[1.0], [1.5]])
    >>> found = diebold_mariano(a, b, horizon=1)
    >>> bool(found["difference"] < 0), bool(found["p"] < 0.01), int(found["days"])
    (True, True, 300)
    """
    if kernel not in KERNELS:
        raise ValueError(f"kernel must be one of {list(KERNELS)}, found {kernel!r}")
    check_aligned(loss_a.rename("loss_a"), loss_b.rename("loss_b"))
    d = loss_a.astype(np.float64) - loss_b
    if dim not in d.dims:
        raise ValueError(f"the losses need the dimension {dim!r}, found {list(d.dims)}")
    d = d.transpose(dim, ...)
    like = d.isel({dim: 0}, drop=True) if d.sizes[dim] else d.sum(dim)
    ahead = _horizon(d, horizon, dim).broadcast_like(like).transpose(*like.dims).values
    arrays = _test(d.values.reshape(d.sizes[dim], ahead.size), ahead.reshape(-1), kernel)
    data = {name: (like.dims, a.reshape(like.shape)) for name, a in arrays.items()}
    return xr.Dataset(data, like.coords, {"kernel": kernel})


def _horizon(d: xr.DataArray, horizon: int | str | xr.DataArray, dim: str) -> xr.DataArray:
    if isinstance(horizon, str):
        if horizon not in d.coords:
            raise ValueError(
                f"the losses have no coordinate {horizon!r} to take the horizon from; "
                "give the number of days as horizon"
            )
        horizon = d[horizon]
    ahead = xr.DataArray(horizon)
    if not set(ahead.dims) <= set(d.dims) - {dim}:
        raise ValueError(
            f"the horizon has dimensions {list(ahead.dims)}, expected some of those of the "
            f"losses without {dim!r}"
        )
    check_aligned(d.rename("losses"), ahead.rename("horizon"))
    whole = np.issubdtype(ahead.dtype, np.number) and bool((ahead % 1 == 0).all())
    if not whole or not bool((ahead >= 1).all()):
        raise ValueError(f"horizon must be whole numbers of days from 1, found {ahead.values}")
    return ahead.astype(int)


def _test(d: np.ndarray, horizon: np.ndarray, kernel: str) -> dict[str, np.ndarray]:
    """Test of every column of (days, series)."""
    seen = ~np.isnan(d)
    n = seen.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(seen, d, 0.0).sum(axis=0) / n
        rest = np.where(seen, d - mean, 0.0)
        if kernel == "bartlett":
            length = np.maximum(np.ceil(1.3 * n**0.5), 3 * horizon)
            freedom, enough = 1.5 * n / length, n >= 2 * length
            r = persistence(rest, n)
        else:
            length, freedom, enough = horizon, n - 1.0, n > horizon
            r = np.zeros(len(n))
        mean_variance = variance_of_mean(r, n)
        variance, share = (rest**2).sum(axis=0) / n, 1 - mean_variance
        for lag in range(1, min(ceil(max(length, default=0)), len(d))):
            weight = np.where(lag < length, 1 - lag / length if kernel == "bartlett" else 1.0, 0.0)
            variance += 2 * weight * (rest[lag:] * rest[:-lag]).sum(axis=0) / n
            share += 2 * weight * np.maximum(1 - lag / n, 0) * (r**lag - mean_variance)
        variance = np.where(variance > 0, variance / share * n * mean_variance, np.nan)
        statistic = mean / (variance / n) ** 0.5
        same = (mean == 0) & (np.where(seen, d, 0.0) == 0).all(axis=0)
        statistic = np.where(same, 0.0, statistic)
    statistic = np.where(enough & (n >= 2), statistic, np.nan)
    p = 2 * stats.t.sf(np.abs(statistic), np.maximum(freedom, 1))
    return {"difference": mean, "statistic": statistic, "p": p, "days": n}
