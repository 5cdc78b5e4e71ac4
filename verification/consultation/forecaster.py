"""Value added by the forecaster: what the issued forecast improved on the guidance."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import xarray as xr

from verification.score import Score
from verification.sums import check_aligned


def oriented(score: Score) -> Callable[[xr.Dataset], xr.DataArray]:
    """Turn a score so that larger is better.

    The value itself where larger is better, the value with its sign changed where smaller is, and
    minus the distance from the perfect value where the nearest is best. The difference of the
    result between two forecasts of the same pairs is an improvement.

    Parameters
    ----------
    score : Score
        From `SCORES`, or one's own.

    Returns
    -------
    callable
        Sums to `xarray.DataArray`, in the unit of the score.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import SCORES, continuous_sums, oriented
    >>> obs = xr.DataArray([10.0, 20.0], dims="x")
    >>> float(oriented(SCORES["bias"])(continuous_sums(obs - 3, obs)))
    -3.0
    """

    def goodness(sums: xr.Dataset) -> xr.DataArray:
        value = score(sums)
        if score.orientation == "larger":
            return value
        return -value if score.orientation == "smaller" else -abs(value - score.perfect)

    return goodness


def value_added(score: Score, issued_sums: xr.Dataset, guidance_sums: xr.Dataset) -> xr.DataArray:
    """Improvement of a score from the guidance to the issued forecast; positive is better.

    S_issued - S_guidance where larger is better, S_guidance - S_issued where smaller is, and
    |S_guidance - perfect| - |S_issued - perfect| where the nearest is best.

    Parameters
    ----------
    score : Score
        From `SCORES`, or one's own.
    issued_sums, guidance_sums : xarray.Dataset
        Sums of the same pairs, for the forecast that was issued and for its guidance.

    Returns
    -------
    xarray.DataArray
        In the unit of the score, on the kept dimensions, under its name; NaN where either is.

    Raises
    ------
    ValueError
        If labels or numbers of pairs differ, or the sums are of another family.

    See Also
    --------
    bootstrap_difference : Its interval, given `oriented(score)` as the score.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import SCORES, continuous_sums, value_added
    >>> obs = xr.DataArray([10.0, 20.0], dims="x")
    >>> guidance, issued = (continuous_sums(obs + error, obs) for error in (-5, 2))
    >>> [float(value_added(SCORES[name], issued, guidance)) for name in ("mae", "bias")]
    [3.0, 3.0]
    """
    for name in ("pairs", "weight"):
        _check_same(issued_sums[name], guidance_sums[name])
    goodness = oriented(score)
    return (goodness(issued_sums) - goodness(guidance_sums)).rename(score.name)


def _check_same(issued: xr.DataArray, guidance: xr.DataArray) -> None:
    check_aligned(issued.rename("issued"), guidance.rename("guidance"))
    if set(issued.dims) != set(guidance.dims):
        raise ValueError(
            f"the issued sums are kept by {[str(d) for d in issued.dims]}, "
            f"those of the guidance by {[str(d) for d in guidance.dims]}"
        )
    guidance = guidance.transpose(*issued.dims)
    unequal = ~np.isclose(issued.values, guidance.values, rtol=1e-12, atol=0)
    if unequal.any():
        first = np.argwhere(unequal)[0].tolist()
        at = dict(zip(map(str, issued.dims), first, strict=True))
        where = f" at position {at}" if at else ""
        raise ValueError(
            f"value added needs the same pairs in both: {float(issued[at]):g} issued and "
            f"{float(guidance[at]):g} of the guidance{where}; mask each where the other is missing"
        )
