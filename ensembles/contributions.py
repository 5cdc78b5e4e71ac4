"""Contributions: how much each group of predictors adds to the location of a forecast.

The contributions of single predictors are the Shapley values of the trees (Lundberg et al. 2020,
Nature Machine Intelligence 2, 56-67), as LightGBM gives them: on the modelling scale ``g`` the base
(mean prediction over the training cases) and the contributions ``c`` add up to the prediction,
``base + Σ c = m(x)``. A group's contribution is the sum of those of its predictors, and the
contributions of an average of models are the average of theirs.

``g⁻¹`` is no straight line, so concentrations are shared out along the way from the base to the
prediction, which all contributions go at the same pace (Aumann and Shapley 1974, Values of
Non-Atomic Games; Sundararajan et al. 2017, ICML 70, 3319-3328)::

    C = c ∫₀¹ (g⁻¹)'(base + t Σc) dt = c · [g⁻¹(base + Σc) − g⁻¹(base)] / Σc

that is in proportion to ``c``. They add up exactly, ``g⁻¹(base) + Σ C = g⁻¹(m(x))``, each keeps its
sign, and the common factor stays finite where contributions cancel: it tends to the slope of g⁻¹.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from ensembles.scale import POWER, from_scale
from ensembles.table import DIMS, design_matrix

if TYPE_CHECKING:
    import lightgbm

NEAR = 1e-8
"""Closer than this on the modelling scale, the slope stands for the difference quotient."""


def group_matrix(predictors: Sequence[str], groups: Mapping[str, Sequence[str]]) -> np.ndarray:
    """Which predictor belongs to which group, 0 or 1 on (predictor, group).

    Parameters
    ----------
    predictors : sequence of str
        Those of the model.
    groups : mapping of str to sequence of str
        Predictors by group; those that the model does not read are passed over.

    Raises
    ------
    ValueError
        A predictor of the model is in no group, or in two; it is named.

    Examples
    --------
    >>> group_matrix(["wind", "yesterday"], {"weather": ["wind", "rain"], "past": ["yesterday"]})
    array([[1., 0.],
           [0., 1.]])
    """
    belongs = np.array([[name in members for members in groups.values()] for name in predictors])
    for name, row in zip(predictors, belongs.reshape(len(predictors), len(groups)), strict=True):
        if row.sum() != 1:
            found = [group for group, inside in zip(groups, row, strict=True) if inside]
            raise ValueError(
                f"predictor {name!r} must be in exactly one group, "
                f"found it in {' and '.join(found) or 'none'}"
            )
    return belongs.astype(float)


def tree_contributions(
    models: Sequence[lightgbm.Booster],
    predictors: Sequence[str],
    cases: xr.Dataset,
    groups: Mapping[str, Sequence[str]],
    workers: int = 1,
) -> xr.Dataset:
    """Contributions of groups of predictors to the average of models, on the modelling scale.

    Parameters
    ----------
    models : sequence of lightgbm.Booster
        Trained on `predictors`, in that order.
    predictors : sequence of str
    cases : xarray.Dataset
        Cases to explain; NaN, and a predictor they lack, contribute as the trees treat what is
        missing.
    groups : mapping of str to sequence of str
        Each predictor in exactly one.
    workers : int
        Models explained at a time; the number does not change the result.

    Returns
    -------
    xarray.Dataset
        ``base`` (issue, lead, place) and ``contribution`` (issue, lead, place, group), float64, so
        that sums hold to the last digits: ``base + Σ contribution`` is the mean prediction.

    Raises
    ------
    ValueError
        A predictor is in no group, or in two.
    KeyError
        The cases have none of the predictors.
    """
    member_of = group_matrix(predictors, groups)
    matrix = design_matrix(cases, predictors, allow_missing=True)
    total = np.zeros((len(matrix), len(groups) + 1))

    def of_model(model: lightgbm.Booster) -> np.ndarray:
        return np.asarray(model.predict(matrix, pred_contrib=True, num_threads=1))

    with ThreadPoolExecutor(workers) as pool:
        for by_predictor in pool.map(of_model, models):
            total[:, :-1] += by_predictor[:, :-1] @ member_of
            total[:, -1] += by_predictor[:, -1]
    shape = tuple(cases.sizes[d] for d in DIMS)
    mean = (total / len(models)).reshape(*shape, -1)
    return xr.Dataset(
        {"base": (DIMS, mean[..., -1]), "contribution": ((*DIMS, "group"), mean[..., :-1])},
        coords={**{d: cases[d] for d in DIMS}, "group": list(groups)},
    )


def on_original_scale(contributions: xr.Dataset) -> xr.Dataset:
    """Carry contributions from the modelling scale to that of the target.

    Parameters
    ----------
    contributions : xarray.Dataset
        ``base`` (…) and ``contribution`` (…, group) on the modelling scale.

    Returns
    -------
    xarray.Dataset
        The same in units of the target, shared out in proportion (see the module): ``base +
        Σ contribution`` is ``from_scale`` of the sum before. NaN stays.

    Examples
    --------
    From 2⁴ = 16 to 3⁴ = 81: the two shares of −1 and +2 are 65 · (−1) and 65 · 2.

    >>> root = xr.Dataset({"base": 2.0, "contribution": ("group", [-1.0, 2.0])})
    >>> found = on_original_scale(root)
    >>> found["base"].item(), found["contribution"].values.tolist()
    (16.0, [-65.0, 130.0])
    """
    base, parts = contributions["base"], contributions["contribution"]
    sums = parts.sum("group", skipna=False)
    factor = xr.apply_ufunc(_factor, base, base + sums)
    return contributions.assign(base=xr.apply_ufunc(from_scale, base), contribution=parts * factor)


def _factor(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Difference quotient of `from_scale` from `start` to `end`; its slope where they meet."""
    step = np.asarray(end - start)
    near = np.abs(step) < NEAR
    slope = from_scale((start + end) / 2) ** (1 - POWER) / POWER
    return np.where(near, slope, (from_scale(end) - from_scale(start)) / np.where(near, 1, step))
