"""The table of levels: hand-worked tables, scikit-learn, and the weights of Gerrity written out."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import balanced_accuracy_score, cohen_kappa_score, confusion_matrix

from verification import (
    accuracy_by_observed_level,
    forecast_by_observed_level,
    gerrity,
    hss,
    level_accuracy,
    level_hit_sums,
    level_table_sums,
    merge,
    one_level_high,
    one_level_low,
    peirce,
    table_accuracy,
    table_hss,
    table_peirce,
    within_one_level,
)

# United States, mean temperature of February to April in three classes, in percent: rows are
# forecast, columns observed (Livezey, ch. 4 of Jolliffe and Stephenson, Forecast Verification).
LIVEZEY = np.array([[7, 14, 14], [4, 9, 16], [4, 8, 24]])
SKILL = (table_hss, table_peirce, gerrity)


def pairs_of(counts):
    """Forecast and observed levels, counted from 1, of which a table has these counts."""
    fcst, obs = np.indices(counts.shape) + 1
    times = counts.ravel()
    return np.repeat(fcst.ravel(), times), np.repeat(obs.ravel(), times)


def sums_of(counts):
    fcst, obs = (xr.DataArray(a, dims="x") for a in pairs_of(counts))
    return level_table_sums(fcst, obs, levels=range(1, len(counts) + 1))


def gerrity_by_weights(counts):
    """Gerrity's score from the matrix of weights, as in the paper."""
    levels, total = len(counts), counts.sum()
    below = np.cumsum(counts.sum(axis=0))[:-1] / total
    a = (1 - below) / below
    score = 0.0
    for i in range(levels):
        for j in range(levels):
            low, high = min(i, j), max(i, j)
            weight = (1 / a[:low]).sum() - (high - low) + a[high:].sum()
            score += counts[i, j] / total * weight / (levels - 1)
    return score


def test_table_by_hand():
    fcst = xr.DataArray([1, 2, 2, 3, 6, np.nan, 4], dims="x")
    obs = xr.DataArray([1, 1, 2, 5, 5, 3, np.nan], dims="x")
    sums = level_table_sums(fcst, obs)
    expected = np.zeros((6, 6))
    for f, o in [(1, 1), (2, 1), (2, 2), (3, 5), (6, 5)]:
        expected[f - 1, o - 1] += 1
    np.testing.assert_array_equal(sums["count"].transpose("level_fcst", "level_obs"), expected)
    assert sums["level_fcst"].values.tolist() == sums["level_obs"].values.tolist() == [*range(1, 7)]
    assert float(sums["pairs"]) == 5
    assert float(table_accuracy(sums)) == 2 / 5
    assert float(one_level_high(sums)) == 2 / 5  # 2 for 1, 6 for 5
    assert float(one_level_low(sums)) == 0.0  # 3 for 5 is two too low
    assert float(within_one_level(sums)) == 4 / 5


def test_livezey_by_hand():
    sums = sums_of(LIVEZEY)
    # forecast 35, 29, 36; observed 15, 31, 54; right 7 + 9 + 24
    assert float(table_accuracy(sums)) == 40 / 100
    chance = 0.35 * 0.15 + 0.29 * 0.31 + 0.36 * 0.54
    assert float(table_hss(sums)) == pytest.approx((0.40 - chance) / (1 - chance), rel=1e-12)
    spread = 1 - (0.15**2 + 0.31**2 + 0.54**2)
    assert float(table_peirce(sums)) == pytest.approx((0.40 - chance) / spread, rel=1e-12)
    a1, a2 = (1 - 0.15) / 0.15, (1 - 0.46) / 0.46
    weights = {
        (1, 1): (a1 + a2) / 2,
        (1, 2): (-1 + a2) / 2,
        (1, 3): -2 / 2,
        (2, 2): (1 / a1 + a2) / 2,
        (2, 3): (1 / a1 - 1) / 2,
        (3, 3): (1 / a1 + 1 / a2) / 2,
    }
    expected = (
        0.07 * weights[1, 1]
        + (0.14 + 0.04) * weights[1, 2]
        + (0.14 + 0.04) * weights[1, 3]
        + 0.09 * weights[2, 2]
        + (0.16 + 0.08) * weights[2, 3]
        + 0.24 * weights[3, 3]
    )
    assert float(gerrity(sums)) == pytest.approx(expected, rel=1e-12)
    assert gerrity_by_weights(LIVEZEY) == pytest.approx(expected, rel=1e-12)
    assert float(one_level_high(sums)) == (4 + 8) / 100
    assert float(one_level_low(sums)) == (14 + 16) / 100
    assert float(within_one_level(sums)) == (100 - 14 - 4) / 100


def test_finley_as_a_table_of_two_levels():
    two, counts = sums_of(np.array([[2680, 23], [72, 28]])), (28, 23, 72, 2680)
    names = ("hits", "misses", "false_alarms", "correct_negatives")
    binary = xr.Dataset(dict(zip(names, counts, strict=True)), attrs={"family": "contingency"})
    assert float(table_hss(two)) == pytest.approx(float(hss(binary)), rel=1e-12)
    for score in (table_peirce, gerrity):
        assert float(score(two)) == pytest.approx(28 / 51 - 72 / 2752, rel=1e-12)


@settings(max_examples=25, deadline=None)
@given(arrays(np.int64, (4, 4), elements=st.integers(0, 30)))
def test_against_scikit_learn_and_the_weights(counts):
    counts = counts + np.eye(4, dtype=int)  # every level is observed
    sums = sums_of(counts)
    fcst, obs = pairs_of(counts)
    np.testing.assert_array_equal(
        sums["count"].transpose("level_obs", "level_fcst"), confusion_matrix(obs, fcst)
    )
    assert float(table_hss(sums)) == pytest.approx(cohen_kappa_score(obs, fcst), abs=1e-12)
    assert float(accuracy_by_observed_level(sums).mean()) == pytest.approx(
        balanced_accuracy_score(obs, fcst), abs=1e-12
    )
    assert float(gerrity(sums)) == pytest.approx(gerrity_by_weights(counts), abs=1e-12)


@pytest.mark.parametrize("always", [1, 2, 3, 4])
def test_constant_forecasts_have_no_skill(always):
    obs = xr.DataArray(np.repeat([1, 2, 3, 4], [40, 30, 20, 10]), dims="x")
    sums = level_table_sums(obs * 0 + always, obs, levels=(1, 2, 3, 4))
    assert [float(s(sums)) for s in SKILL] == pytest.approx([0, 0, 0], abs=1e-12)


def test_levels_at_the_ends_that_were_not_observed_join_their_neighbours():
    counts = np.array([[0, 2, 1, 0], [0, 9, 3, 0], [0, 4, 6, 0], [0, 1, 2, 0]])
    joined = np.array([[2 + 9, 1 + 3], [4 + 1, 6 + 2]])
    assert float(gerrity(sums_of(counts))) == pytest.approx(float(peirce_of(joined)), rel=1e-12)
    assert float(gerrity(sums_of(counts))) == pytest.approx(gerrity_by_weights(joined), rel=1e-12)


def peirce_of(counts):
    """Peirce score of a table of two levels, of which the second is the event."""
    names = ("correct_negatives", "misses", "false_alarms", "hits")
    cells = dict(zip(names, map(float, counts.ravel()), strict=True))
    return peirce(xr.Dataset(cells, attrs={"family": "contingency"}))


def test_one_observed_level_has_no_skill_to_tell():
    weights = xr.DataArray(np.random.default_rng(5).random(9), dims="x")
    fcst = xr.DataArray([1, 2, 2, 2, 3, 3, 4, 5, 6], dims="x")
    sums = level_table_sums(fcst, fcst * 0 + 2, weights=weights)
    assert np.isnan(table_peirce(sums))
    assert np.isnan(gerrity(sums))
    assert float(table_hss(sums)) == pytest.approx(0.0, abs=1e-12)
    same = level_table_sums(fcst * 0 + 2, fcst * 0 + 2, weights=weights)
    assert all(np.isnan(s(same)) for s in SKILL)
    assert float(table_accuracy(same)) == 1.0


def test_by_observed_level():
    sums = sums_of(LIVEZEY)
    accuracy = accuracy_by_observed_level(sums)
    assert accuracy.dims == ("level_obs",)
    assert accuracy.values == pytest.approx([7 / 15, 9 / 31, 24 / 54])
    shares = forecast_by_observed_level(sums)
    assert shares.sel(level_obs=3).values == pytest.approx([14 / 54, 16 / 54, 24 / 54])
    np.testing.assert_allclose(shares.sum("level_fcst"), 1.0)


def test_a_level_never_observed_is_missing_by_level():
    fcst, obs = xr.DataArray([1, 2, 3], dims="x"), xr.DataArray([1, 3, 3], dims="x")
    sums = level_table_sums(fcst, obs, levels=(1, 2, 3))
    np.testing.assert_array_equal(accuracy_by_observed_level(sums), [1, np.nan, 0.5])
    assert np.isnan(forecast_by_observed_level(sums).sel(level_obs=2)).all()


def test_shares_agree_with_the_sums_of_hits():
    rng = np.random.default_rng(8)
    dims = ("issue", "lead", "place")
    fcst, obs = (
        xr.DataArray(rng.choice([*range(1, 7), np.nan], (30, 2, 4)), dims=dims) for _ in range(2)
    )
    weights = xr.DataArray([0.1, 1.0, 2.0, 0.7], dims="place")
    table = level_table_sums(fcst, obs, keep="lead", weights=weights)
    hits = level_hit_sums(fcst, obs, keep="lead", weights=weights)
    np.testing.assert_allclose(table_accuracy(table), level_accuracy(hits), rtol=1e-12)
    parts = [
        level_table_sums(fcst[cut], obs[cut], keep="lead", weights=weights)
        for cut in (slice(0, 11), slice(11, None))
    ]
    np.testing.assert_allclose(gerrity(merge(*parts)), gerrity(table), rtol=1e-12)


def test_sums_of_other_levels_do_not_merge():
    levels = xr.DataArray([1, 2], dims="x")
    with pytest.raises(ValueError, match="dimension 'level_fcst' differs"):
        merge(level_table_sums(levels, levels), level_table_sums(levels, levels, levels=(1, 2)))


@pytest.mark.parametrize("odd", [0.0, 7.0, 2.5, np.inf])
@pytest.mark.parametrize("side", ["forecast", "observed"])
def test_values_are_levels(side, odd):
    good, bad = xr.DataArray([1.0, 2.0], dims="x"), xr.DataArray([1.0, odd], dims="x")
    given = (bad, good) if side == "forecast" else (good, bad)
    with pytest.raises(ValueError, match=f"{side} levels must be whole numbers from 1 to 6 or NaN"):
        level_table_sums(*given)


@pytest.mark.parametrize("odd", [(), (1,), (1, 3), (2, 1), (1.0, 2.0), ("a", "b")])
def test_levels_are_consecutive(odd):
    levels = xr.DataArray([1, 2], dims="x")
    with pytest.raises(ValueError, match="levels must be two or more consecutive whole numbers"):
        level_table_sums(levels, levels, levels=odd)
