"""Influence of days, persistence, and the percentiles that make an interval."""

import numpy as np
import pytest
from persistent_series import ar1
from scipy import stats

from verification.inference import intervals
from verification.inference.intervals import adjusted_interval, expansion, influence_of_days
from verification.inference.persistence import persistence, variance_of_mean
from verification.inference.resampling import draw_days


def test_influence_by_hand():
    x = np.array([[1.0, 2.0], [2.0, 2.0], [6.0, 2.0]])
    found = influence_of_days(x.mean(axis=0), (x.sum(axis=0) - x) / 2)
    # Of a mean: the deviations from it.
    np.testing.assert_allclose(found, [[1 - 3, 0], [2 - 3, 0], [6 - 3, 0]])
    # Of a ratio 1 that is 5/4, 5/4 and 3/4 without each day: twice the changes, -1/2, -1/2 and
    # 1/2, less their mean -1/6.
    np.testing.assert_allclose(
        influence_of_days(np.array(1.0), np.array([5 / 4, 5 / 4, 3 / 4])), [-1 / 3, -1 / 3, 2 / 3]
    )


def test_influence_of_a_day_without_which_the_score_is_undefined_is_zero():
    found = influence_of_days(np.array(0.5), np.array([np.nan, 0.25, 0.75]))
    np.testing.assert_allclose(found, [0, 2 * 0.25, 2 * -0.25])


def test_persistence_by_hand():
    # The three products 1, -1, 1 have the mean 1/3, the squares 1: corrected by (1 + 3/3) / 4.
    x = np.array([1.0, 1.0, -1.0, -1.0])
    np.testing.assert_allclose(persistence(x[:, None], 4), [1 / 3 + (1 + 3 / 3) / 4])
    # -1 + (1 - 3) / 4 counts as 0; a trend gives more than 0.95; a constant only 1/n.
    np.testing.assert_array_equal(persistence(np.array([[1.0], [-1.0], [1.0], [-1.0]]), 4), [0])
    np.testing.assert_array_equal(persistence(np.arange(-50.0, 51)[:, None], 101), [0.95])
    np.testing.assert_allclose(persistence(np.zeros((10, 1)), 10), [0.1])


def test_persistence_is_unbiased_for_short_samples():
    x = ar1(np.random.default_rng(0), 0.5, (4000, 60)).T
    x -= x.mean(axis=0)
    # Uncorrected, it falls short by (1 + 3 · 0.5) / 60 = 0.04.
    np.testing.assert_allclose(persistence(x, 60).mean(), 0.5, atol=0.01)


def test_variance_of_mean_by_hand():
    for r in (0.0, 0.3, 0.9):
        by_pairs = sum(r ** abs(i - j) for i in range(7) for j in range(7)) / 7**2
        np.testing.assert_allclose(variance_of_mean(np.array([r]), 7), [by_pairs])


def test_expansion_without_persistence():
    # Independent days in blocks of 10 of 100: the resampled variance lacks 10/100.
    alternating = np.tile([[1.0], [-1.0]], (50, 1))
    np.testing.assert_allclose(expansion(alternating, 10), [(1 / (1 - 10 / 100)) ** 0.5])


def test_expansion_by_hand():
    # 1, 1, -1, -1 three times: products of neighbours 6 of +1 and 5 of -1, mean 1/11.
    x = np.tile([1.0, 1.0, -1.0, -1.0], 3)[:, None]
    r = 1 / 11 + (1 + 3 / 11) / 12
    of_mean = (1 + 2 * sum((1 - k / 12) * r**k for k in range(1, 12))) / 12
    of_blocks = (1 + 2 * (1 - 1 / 2) * (1 - 1 / 12) * r) / 12 - of_mean * 2 / 12
    np.testing.assert_allclose(expansion(x, 2), [(of_mean / of_blocks) ** 0.5])


def test_expansion_restores_the_spread_of_a_mean():
    rng = np.random.default_rng(1)
    days, block = 200, 10
    x = ar1(rng, 0.6, (400, days)).T
    means = x.mean(axis=0)
    x = x - means
    resampled = (draw_days(days, block, 300, seed=0) @ x / days).std(axis=0)
    plain = (resampled**2).mean() ** 0.5 / means.std()
    expanded = ((expansion(x, block) * resampled) ** 2).mean() ** 0.5 / means.std()
    assert plain < 0.9
    assert 0.92 < expanded < 1.12


def test_symmetric_replicates_give_expanded_t_percentiles():
    # Replicates: normal quantiles; influence: no skewness, no persistence.
    replicates = 2.0 + 0.5 * stats.norm.ppf((np.arange(2001) + 0.5) / 2001)
    influence = np.tile([1.0, -1.0], 50)
    low, high, p = adjusted_interval(np.array(2.0), replicates, influence, 10, 0.9)
    z = stats.t.ppf(0.95, 100 / 10 - 1) * (1 / (1 - 10 / 100)) ** 0.5
    np.testing.assert_allclose([low, high], [2 - 0.5 * z, 2 + 0.5 * z], rtol=2e-3)
    statistic = 2 / ((1 / 0.9) ** 0.5 * replicates.std())
    np.testing.assert_allclose(p, 2 * stats.t.sf(statistic, 9))


def test_median_bias_and_skewness_shift_the_percentiles():
    # 69.1 % of the replicates lie below the value: s = Φ⁻¹(0.691) = 0.5.
    replicates = stats.norm.ppf((np.arange(4001) + 0.5) / 4001)
    alternating = np.tile([1.0, -1.0], 50)
    low, high, _ = adjusted_interval(np.array(0.5), replicates, alternating, 1, 0.8)
    z = stats.t.ppf(0.9, 99) * (1 / 0.99) ** 0.5
    np.testing.assert_allclose([low, high], [0.5 + 0.5 - z, 0.5 + 0.5 + z], atol=5e-3)
    # One day in five is 4, the others -1: Σx³/n = (64 - 4)/5 = 12, Σx²/n = 20/5 = 4.
    skewed = np.tile([4.0, -1.0, -1.0, -1.0, -1.0], 20)
    low, high, _ = adjusted_interval(np.array(0.0), replicates, skewed, 1, 0.8)
    a = 12 / 4**1.5 / 6 / 100**0.5
    z = stats.t.ppf(0.9, 99) * expansion(skewed[:, None], 1)[0]
    np.testing.assert_allclose([low, high], [-z / (1 + a * z), z / (1 - a * z)], atol=5e-3)


def test_bounds_are_among_the_replicates():
    rng = np.random.default_rng(2)
    replicates = rng.random((50, 20))
    low, high, _ = adjusted_interval(
        replicates.mean(axis=0), replicates, rng.normal(size=(30, 20)), 10, 0.999
    )
    assert (low >= replicates.min(axis=0)).all()
    assert (high <= replicates.max(axis=0)).all()


def test_undefined_replicates_and_values():
    rng = np.random.default_rng(3)
    replicates = rng.normal(size=(400, 3))
    holes = replicates.copy()
    holes[:150, 0] = np.nan
    holes[:, 1] = np.nan
    influence = rng.normal(size=(60, 3))
    found = adjusted_interval(np.array([0.0, 0.0, np.nan]), holes, influence, 10, 0.9)
    alone = adjusted_interval(np.array([0.0]), replicates[150:, :1], influence[:, :1], 10, 0.9)
    for some, one in zip(found, alone, strict=True):
        np.testing.assert_allclose(some[0], one[0])
        assert np.isnan(some[1:]).all()


def test_groups_in_slices_change_nothing(monkeypatch):
    rng = np.random.default_rng(4)
    value, replicates = rng.normal(size=(4, 2)), rng.normal(size=(40, 4, 2))
    influence = rng.normal(size=(50, 4, 2))
    whole = adjusted_interval(value, replicates, influence, 5, 0.95)
    monkeypatch.setattr(intervals, "_SLICE", 3 * 40)
    for a, b in zip(whole, adjusted_interval(value, replicates, influence, 5, 0.95), strict=True):
        assert a.shape == (4, 2)
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_no_spread(value):
    # A certain zero differs from zero in no way, a certain one for sure.
    same = np.full(100, value)
    low, high, p = adjusted_interval(np.array(value), same, np.zeros(50), 10, 0.95)
    assert (low, high, p) == (value, value, 1.0 - value)
