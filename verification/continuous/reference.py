"""Skill of a forecast against any reference forecast, for any score."""

from __future__ import annotations

import numpy as np
import xarray as xr

from verification.score import Score
from verification.sums import check_aligned


def skill(score: Score, sums: xr.Dataset, reference_sums: xr.Dataset) -> xr.DataArray:
    """Skill: the part of the way from the reference to a perfect forecast that a forecast goes.

    (S - S_ref) / (S_perfect - S_ref), which is 1 - S / S_ref for a score whose perfect value is
    0. For a score that is best nearest to its perfect value, 1 - |S - S_perfect| / |S_ref -
    S_perfect|. Always 1 for a perfect forecast, 0 for one as good as the reference and negative
    for a worse one.

    Parameters
    ----------
    score : Score
        A score of `SCORES`, or one's own.
    sums, reference_sums : xarray.Dataset
        Sums of the forecast and of the reference (persistence, climatology, another model), of
        the family of the score and of the same pairs; for scores of processes, of the same
        observed processes.

    Returns
    -------
    xarray.DataArray
        Dimensionless, named `<score>_skill`; NaN where either score is undefined, where the
        reference is perfect (or, by chance of an unbiased estimate, better than perfect), and
        for a score whose perfect value is infinite.

    Raises
    ------
    ValueError
        If the labels, numbers or weights of the pairs (the numbers of observed processes)
        differ, or the sums are of another family.

    References
    ----------
    Wilks, D. S. (2019), Statistical Methods in the Atmospheric Sciences, 4th ed., ch. 9.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import SCORES, continuous_sums, skill
    >>> obs = xr.DataArray([10.0, 20.0], dims="x")
    >>> model, persistence = (continuous_sums(obs + e, obs) for e in (1.0, 4.0))
    >>> float(skill(SCORES["mae"], model, persistence))
    0.75
    """
    _check_same_pairs(sums, reference_sums)
    loss, reference_loss = (_loss(score, s) for s in (sums, reference_sums))
    defined = (reference_loss > 0) & np.isfinite(reference_loss)
    return (1 - loss / reference_loss.where(defined)).rename(f"{score.name}_skill")


def _loss(score: Score, sums: xr.Dataset) -> xr.DataArray:
    """How far a score falls short of its perfect value."""
    value = score(sums)
    if score.orientation == "larger":
        return score.perfect - value
    return value - score.perfect if score.orientation == "smaller" else abs(value - score.perfect)


def _numbers(sums: xr.Dataset) -> dict[str, xr.DataArray]:
    """What must be the same in both, by name."""
    if sums.attrs.get("family") == "process":
        # False alarms count among the pairs: their number is the forecast's own.
        return {"observed processes": sums["hits"] + sums["misses"]}
    return {name: sums[name] for name in ("pairs", "weight")}


def _check_same_pairs(sums: xr.Dataset, reference: xr.Dataset) -> None:
    theirs_by_name = _numbers(reference)
    for name, a in _numbers(sums).items():
        b = theirs_by_name[name]
        check_aligned(a.rename(f"{name} of the forecast"), b.rename(f"{name} of the reference"))
        if set(a.dims) != set(b.dims):
            raise ValueError(
                f"the sums of the forecast are kept by {[str(d) for d in a.dims]}, "
                f"those of the reference by {[str(d) for d in b.dims]}"
            )
        ours, theirs = a.values, b.transpose(*a.dims).values
        # Weights of the same pairs may be added in another order.
        unequal = np.argwhere(~np.isclose(ours, theirs, rtol=1e-9, atol=0))
        if len(unequal):
            at = tuple(unequal[0])
            raise ValueError(
                f"skill needs the same pairs in both: {name} {ours[at]:g} of the forecast and "
                f"{theirs[at]:g} of the reference at position {tuple(map(int, at))}; mask each "
                "where the other is missing"
            )
