"""The lagged ensemble: older cycles of the same day beside the newest."""

import numpy as np
import pytest

from forecast.weather.predictors.lagged import LaggedEnsemble

DAYS = np.arange("2015-12-01", "2015-12-05", dtype="datetime64[D]")


def members(mean, half):
    """Two members `half` either side of a mean (issue, lead): (issue, lead, member, 1 place)."""
    mean = np.asarray(mean, dtype=float)
    half = np.broadcast_to(half, mean.shape)
    return np.stack([mean - half, mean + half], axis=2)[..., None]


def test_weights_are_inverse_variances():
    # issues 1 and 2 December, leads 1 and 2; members ±1 at lead 1 (variance 2), ±2 at lead 2 (8)
    values = members([[10, 20], [30, 40]], [[1, 2], [1, 2]])
    found = LaggedEnsemble(DAYS[:2], 2).mean(values)[..., 0]
    # 2 December, lead 1: (30/2 + 20/8) / (1/2 + 1/8) = 17.5 / 0.625
    np.testing.assert_allclose(found, [[10, 20], [28, 40]])
    assert found.dtype == np.float32


def test_variance_is_that_of_the_window():
    # variances of lead 1 over 1 … 3 December: 2, 8, 2; of lead 2: 2, 2, 8
    values = members([[0, 1], [0, 1], [4, 0]], [[1, 1], [2, 1], [1, 2]])
    found = LaggedEnsemble(DAYS[:3], 3).mean(values)[2, 0, 0]
    # 3 December, lead 1: newest 4 with mean variance (2 + 8 + 2)/3 = 4, older 1 with the same 4
    np.testing.assert_allclose(found, 2.5)
    pair = LaggedEnsemble(DAYS[:3], 2).mean(values)[2, 0, 0]
    # window of two days: variance (8 + 2)/2 = 5 and (2 + 8)/2 = 5
    np.testing.assert_allclose(pair, 2.5)


def test_one_cycle_is_the_newest_alone():
    values = members([[10, 20], [30, 40]], 1)
    np.testing.assert_array_equal(
        LaggedEnsemble(DAYS[:2], 1).mean(values)[..., 0], [[10, 20], [30, 40]]
    )


def test_a_day_without_cycle_and_missing_values_are_left_out():
    values = members([[10, 20, 30], [40, np.nan, 60]], 1)
    issue = DAYS[[0, 2]]  # no cycle on 2 December
    found = LaggedEnsemble(issue, 3).mean(values)[..., 0]
    # 3 December: lead 1 with the third lead of 1 December, equal variances: (40 + 30)/2
    np.testing.assert_allclose(found, [[10, 20, 30], [35, np.nan, 60]])
    far = LaggedEnsemble(issue, 2).mean(values)[..., 0]
    np.testing.assert_allclose(far[1], [40, np.nan, 60])


def test_an_older_cycle_stands_in_for_a_missing_day():
    values = members([[10, 20], [np.nan, 40]], 1)
    found = LaggedEnsemble(DAYS[:2], 2).mean(values)[..., 0]
    np.testing.assert_allclose(found[1], [20, 40])


def test_one_member_weighs_by_the_square_of_the_lead():
    values = np.array([[10.0, 20.0], [30.0, 40.0]])[:, :, None, None]
    found = LaggedEnsemble(DAYS[:2], 2).mean(values)[..., 0]
    np.testing.assert_allclose(found[1, 0], (30 / 1 + 20 / 4) / (1 + 1 / 4))


def test_ring_points_take_the_weights_of_the_place():
    values = members([[10, 20], [30, 40]], [[1, 2], [1, 2]])
    ring = np.array([[1.0, 2.0], [3.0, 4.0]])[:, :, None, None] + np.array([0, 100])[:, None]
    found = LaggedEnsemble(DAYS[:2], 2).over_cycles(ring, values)
    assert found.shape == (2, 2, 2, 1)
    # (3/2 + 2/8) / 0.625
    np.testing.assert_allclose(found[1, 0, :, 0], [2.8, 102.8], rtol=1e-6)


@pytest.mark.parametrize("cycles", [2, 3, 4])
def test_other_issues_change_nothing(cycles):
    rng = np.random.default_rng(3)
    values = rng.normal(280, 5, (4, 3, 5, 2))
    whole = LaggedEnsemble(DAYS, cycles).mean(values)
    part = LaggedEnsemble(DAYS[-cycles:], cycles).mean(values[-cycles:])
    np.testing.assert_array_equal(whole[-1], part[-1])
    changed = values.copy()
    changed[-1] += 100
    np.testing.assert_array_equal(LaggedEnsemble(DAYS, cycles).mean(changed)[:-1], whole[:-1])
