"""Parts of the Brier score: by hand, exact in their sum for any bins, unbiased when corrected."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss

from verification import (
    brier_decomposition,
    brier_reliability,
    brier_score,
    brier_skill,
    brier_sums,
    relative_resolution,
    reliability_sums,
)


def series(values):
    return xr.DataArray(values, dims="x")


def whole(parts):
    return (
        parts["reliability"]
        - parts["resolution"]
        + parts["uncertainty"]
        + parts["within_bin_variance"]
        - parts["within_bin_covariance"]
    )


def test_by_hand():
    p, event = series([0.1, 0.3, 0.6, 1.0]), series([0, 1, 0, 1])
    parts = brier_decomposition(reliability_sums(p, event, bins=[0, 0.5, 1]))
    # bin 1: mean p .2, frequency .5; bin 2: mean p .8, frequency .5; overall .5
    np.testing.assert_allclose(parts["reliability"], (2 * 0.3**2 + 2 * 0.3**2) / 4)
    np.testing.assert_allclose(parts["resolution"], 0, atol=1e-15)
    np.testing.assert_allclose(parts["uncertainty"], 0.5 * 0.5)
    np.testing.assert_allclose(parts["within_bin_variance"], (2 * 0.1**2 + 2 * 0.2**2) / 4)
    # (p - p̄)(o - ō) is .1 · .5 twice and .2 · .5 twice
    np.testing.assert_allclose(
        parts["within_bin_covariance"], 2 * (2 * 0.1 * 0.5 + 2 * 0.2 * 0.5) / 4
    )
    np.testing.assert_allclose(whole(parts), (0.1**2 + 0.7**2 + 0.6**2 + 0) / 4)
    # (0 - .025 + .15) / .25
    np.testing.assert_allclose(
        relative_resolution(reliability_sums(p, event, bins=[0, 0.5, 1])), 0.5
    )


def test_one_probability_a_bin_leaves_nothing_within():
    rng = np.random.default_rng(1)
    p = series(rng.integers(0, 11, 300) / 10)
    parts = brier_decomposition(reliability_sums(p, series(rng.random(300)) < p))
    np.testing.assert_allclose(parts["within_bin_variance"], 0, atol=1e-15)
    np.testing.assert_allclose(parts["within_bin_covariance"], 0, atol=1e-15)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=2, max_size=40),
    st.sets(st.integers(1, 99), max_size=8),
    st.booleans(),
)
def test_parts_add_up_to_the_brier_score_for_any_bins(pairs, inner, weighted):
    p, event = (series([float(x[i]) for x in pairs]) for i in (0, 1))
    bins = [0, *(k / 100 for k in sorted(inner)), 1]
    weights = series(1.0 + np.arange(len(pairs)) % 3) if weighted else None
    sums = reliability_sums(p, event, bins=bins, weights=weights)
    score = brier_score(brier_sums(p, event, weights=weights))
    np.testing.assert_allclose(whole(brier_decomposition(sums)), score, rtol=0, atol=1e-14)
    if not weighted:
        corrected = brier_decomposition(sums, bias_corrected=True)
        np.testing.assert_allclose(whole(corrected), score, rtol=0, atol=1e-14)
        np.testing.assert_allclose(
            score, brier_score_loss(event.values, p.values, pos_label=1), atol=1e-14
        )


def test_skill_is_resolution_less_reliability():
    rng = np.random.default_rng(2)
    p = series(rng.random(200))
    event = series(rng.random(200)) < p**2
    sums = reliability_sums(p, event)
    parts = brier_decomposition(sums)
    np.testing.assert_allclose(
        relative_resolution(sums) - parts["reliability"] / parts["uncertainty"],
        brier_skill(brier_sums(p, event)),
    )
    assert float(brier_reliability(sums)) == float(parts["reliability"])


def test_correction_by_hand():
    p, event = series([0.2] * 4 + [0.9]), series([0, 0, 1, 0, 1])
    sums = reliability_sums(p, event)
    raw, corrected = brier_decomposition(sums), brier_decomposition(sums, bias_corrected=True)
    # bin .2: 4/3 · 1/4 · 3/4 over 5 pairs; the bin of a single pair stays as it is
    noise = 4 / 3 * (1 / 4) * (3 / 4) / 5
    gain = (2 / 5) * (3 / 5) / 4
    np.testing.assert_allclose(corrected["reliability"], raw["reliability"] - noise)
    np.testing.assert_allclose(corrected["resolution"], raw["resolution"] - noise + gain)
    np.testing.assert_allclose(corrected["uncertainty"], raw["uncertainty"] + gain)


def test_correction_makes_a_reliable_forecast_reliable_on_average():
    rng = np.random.default_rng(3)
    p = xr.DataArray(rng.integers(1, 10, (40, 2000)) / 10, dims=("x", "trial"))
    event = xr.DataArray(rng.random(p.shape), dims=p.dims) < p
    sums = reliability_sums(p, event, keep="trial")
    raw, corrected = (
        brier_decomposition(sums, bias_corrected=c)["reliability"].mean() for c in (False, True)
    )
    # nine bins: about 9 · .18 / 40; a bin of one pair, rare here, is not corrected
    assert float(raw) == pytest.approx(9 * 0.183 / 40, rel=0.05)
    assert abs(float(corrected)) < 0.003


def test_correction_needs_numbers_of_pairs():
    sums = reliability_sums(series([0.2]), series([1]), weights=series([0.5]))
    with pytest.raises(ValueError, match="found sums that are weighted"):
        brier_decomposition(sums, bias_corrected=True)


def test_nothing_is_undefined():
    parts = brier_decomposition(reliability_sums(series([np.nan]), series([1.0])))
    assert all(np.isnan(parts[name]) for name in parts)
