"""Brier score against arithmetic by hand and the library `scores`."""

import numpy as np
import pytest
import xarray as xr
from scores.probability import brier_score as reference
from sklearn.metrics import brier_score_loss

from verification import brier_score, brier_skill, brier_sums


def test_by_hand():
    probability = xr.DataArray([0.8, 0.3, 0.5, np.nan], dims="x")
    event = xr.DataArray([1.0, 0.0, 0.0, 1.0], dims="x")
    sums = brier_sums(probability, event)
    score = (0.2**2 + 0.3**2 + 0.5**2) / 3
    np.testing.assert_allclose(brier_score(sums), score)
    # one event in three: reference 1/3 · 2/3
    np.testing.assert_allclose(brier_skill(sums), 1 - score / (2 / 9))
    assert float(sums["pairs"]) == 3


def test_forecasting_the_frequency_has_no_skill():
    event = xr.DataArray([1, 0, 0, 0], dims="x")
    assert float(brier_skill(brier_sums(xr.full_like(event, 0.25, float), event))) == 0.0


def test_skill_without_both_outcomes_is_undefined():
    event = xr.DataArray([0, 0], dims="x")
    assert np.isnan(brier_skill(brier_sums(xr.full_like(event, 0.1, float), event)))


def test_against_scores():
    rng = np.random.default_rng(8)
    p = xr.DataArray(rng.random((30, 4)), dims=("issue", "lead"))
    event = (p > rng.random(p.shape)).astype(float).where(rng.random(p.shape) > 0.1)
    expected = reference(p, event, preserve_dims="lead")
    np.testing.assert_allclose(brier_score(brier_sums(p, event, keep="lead")), expected)


def test_against_scikit_learn_with_weights():
    rng = np.random.default_rng(9)
    p, weights = (xr.DataArray(rng.random(50), dims="x") for _ in range(2))
    event = (p > rng.random(50)).astype(float)
    expected = brier_score_loss(event.values, p.values, sample_weight=weights.values)
    np.testing.assert_allclose(brier_score(brier_sums(p, event, weights=weights)), expected)


def test_invalid_input_raises():
    good, event = xr.DataArray([0.2, 0.4], dims="x"), xr.DataArray([0.0, 1.0], dims="x")
    with pytest.raises(ValueError, match=r"probabilities must lie in \[0, 1\], found 20"):
        brier_sums(good * 100, event)
    with pytest.raises(ValueError, match=r"observed events must be 0, 1 or NaN, found 0\.2"):
        brier_sums(good, good)
