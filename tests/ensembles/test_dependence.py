"""Scenarios: margins are kept exactly, the order is the past's."""

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from ensembles import LEVELS, scenario_template, schaake_shuffle, template_starts

DAY = np.timedelta64(1, "D")


def days(first, count):
    return np.datetime64(first) + np.arange(count)


def past(count, leads=3, places=2, variables=2, seed=1):
    """Trajectories that vary together."""
    rng = np.random.default_rng(seed)
    shared = rng.standard_normal((count, 1, 1, 1))
    return shared + 0.7 * rng.standard_normal((count, leads, places, variables))


@pytest.mark.parametrize("count", [1, 2, 7, 20, 50, 99])
def test_margins_are_the_quantiles(count):
    """Sorted, the scenarios are the quantiles at (r + ½)/n, within .01 … .99."""
    q = np.sort(np.random.default_rng(2).gamma(3, 20, (3, 2, 2, 99)), axis=-1)
    found = np.sort(schaake_shuffle(q, scenario_template(past(count), seed=3)), axis=0)
    level = np.clip((np.arange(count) + 0.5) / count, 0.01, 0.99)
    expected = np.apply_along_axis(lambda v: np.interp(level, LEVELS, v), -1, q)
    np.testing.assert_allclose(found, np.moveaxis(expected, -1, 0), rtol=1e-9)


def test_more_scenarios_than_levels_stay_within_the_grid():
    q = np.arange(1.0, 100).reshape(1, 1, 1, 99)
    ranks = np.arange(200).reshape(200, 1, 1, 1)
    found = schaake_shuffle(q, ranks).ravel()
    # (r + ½)/200 in hundredths: .25 and .75 are clipped to 1, then 1.25, 1.75 …
    np.testing.assert_allclose(found[:4], [1, 1, 1.25, 1.75])
    np.testing.assert_allclose(found[-4:], [98.25, 98.75, 99, 99])


def test_shuffle_by_hand():
    # 4 scenarios: levels .125, .375, .625, .875 of a quantile of 100 τ; each lead its own order
    q = np.broadcast_to(100 * LEVELS, (2, 1, 1, 99))
    ranks = np.array([[2, 0], [0, 1], [3, 2], [1, 3]]).reshape(4, 2, 1, 1)
    found = schaake_shuffle(q, ranks)[:, :, 0, 0]
    expected = [[62.5, 12.5], [12.5, 37.5], [87.5, 62.5], [37.5, 87.5]]
    np.testing.assert_allclose(found, expected)


def test_rank_correlations_are_those_of_the_past():
    history = past(50, leads=4, places=3, variables=2)
    q = np.sort(np.random.default_rng(4).gamma(3, 20, (4, 3, 2, 99)), axis=-1)
    found = schaake_shuffle(q, scenario_template(history, seed=5))
    expected = scipy.stats.spearmanr(history.reshape(50, -1)).statistic
    np.testing.assert_allclose(
        scipy.stats.spearmanr(found.reshape(50, -1)).statistic, expected, atol=1e-9
    )
    assert expected[0, 1:].min() > 0.3


def test_missing_forecast_stays_missing():
    q = np.sort(np.random.default_rng(6).gamma(3, 20, (3, 2, 2, 99)), axis=-1)
    q[1, 0, 1] = np.nan
    found = schaake_shuffle(q, scenario_template(past(20), seed=1))
    assert np.isnan(found[:, 1, 0, 1]).all()
    assert np.isnan(found).sum() == 20


def test_ranks_by_hand_and_by_scipy():
    history = np.array([[5.0, 1.0], [2.0, 9.0], [7.0, 4.0]]).reshape(3, 2, 1, 1)
    found = scenario_template(history, seed=1)
    assert found.dtype == np.int16
    np.testing.assert_array_equal(found[:, :, 0, 0], [[1, 0], [0, 2], [2, 1]])
    many = past(40)
    expected = scipy.stats.rankdata(many, axis=0) - 1
    np.testing.assert_array_equal(scenario_template(many, seed=2), expected)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 30), st.floats(0, 1), st.integers(1, 5))
def test_ranks_are_permutations_that_keep_the_order_of_what_is_known(seed, count, missing, values):
    """With ties and missing values."""
    rng = np.random.default_rng(seed)
    history = rng.integers(0, values, (count, 2, 2, 1)).astype(float)
    history[rng.random(history.shape) < missing] = np.nan
    ranks = scenario_template(history, seed=seed)
    everything = np.arange(count)[:, None, None, None]
    np.testing.assert_array_equal(np.sort(ranks, axis=0), np.broadcast_to(everything, ranks.shape))
    below = history[:, None] < history[None, :]
    assert (ranks[:, None] < ranks[None, :])[below].all()


def test_ties_are_broken_at_random_and_by_seed():
    flat = np.zeros((50, 10, 10, 1))
    ranks = scenario_template(flat, seed=1)
    # mean rank of a scenario over 100 columns: 24.5, standard error 14.4/10
    assert np.abs(ranks.reshape(50, 100).mean(axis=1) - 24.5).max() < 5 * 1.44
    np.testing.assert_array_equal(ranks, scenario_template(flat, seed=1))
    assert (ranks != scenario_template(flat, seed=2)).mean() > 0.9


@pytest.mark.parametrize("missing", [1, 10, 25, 45, 50])
def test_missing_past_takes_a_random_rank(missing):
    """However much is missing, and whatever the size of the known values."""
    for offset in (-1000, 0, 1000):
        history = offset + np.random.default_rng(3).standard_normal((50, 20, 20, 1))
        history[:missing] = np.nan
        ranks = scenario_template(history, seed=4)[:missing].reshape(missing, 400)
        # uniform on 0 … 49: mean 24.5, standard deviation 14.4
        assert ranks.mean() == pytest.approx(24.5, abs=5 * 14.4 / 20 / np.sqrt(missing))
        assert ranks[0].std() == pytest.approx(14.4, rel=0.1)


def test_missing_past_is_independent_between_places():
    history = np.full((200, 1, 2, 1), np.nan)
    first, second = scenario_template(history, seed=5)[:, 0, :, 0].T
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.25


def test_starts_come_from_the_season_of_other_years():
    issue = np.datetime64("2017-07-01")
    found = template_starts(days("2013-01-01", 1642), issue, leads=10, count=50)
    assert len(found) == 50
    year = found.astype("datetime64[Y]")
    assert set(year.astype(str)) == {"2013", "2014", "2015", "2016", "2017"}
    distance = (found - year.astype("datetime64[D]")).astype(int) - 181
    # on both sides of 1 July, as far as 45 days
    assert 40 <= -distance.min() <= 46
    assert 40 <= distance.max() <= 46
    assert (np.diff(found) > 0 * DAY).all()


def test_starts_of_a_window_across_new_year():
    issue = np.datetime64("2016-01-05")
    found = template_starts(days("2014-01-01", 734), issue, leads=5, count=30)
    month = found.astype("datetime64[M]").astype(int) % 12 + 1
    assert set(month.tolist()) <= {11, 12, 1, 2}
    assert {12, 1} <= set(month.tolist())
    # also the weeks after 5 January of earlier years
    assert ((found > np.datetime64("2015-01-05")) & (found < np.datetime64("2015-02-20"))).any()


def test_trajectories_end_by_the_issue_and_are_known_completely():
    known = np.delete(days("2014-01-01", 1000), [300, 301, 650])
    issue = np.datetime64("2016-03-01")  # day 790: known days after the issue are there as well
    found = template_starts(known, issue, leads=7, count=400)
    for k in range(8):
        assert np.isin(found + k * DAY, known).all()
    assert found.max() + 7 * DAY <= issue
    # the last one possible is used: nothing more is thrown away
    every = template_starts(known, issue, leads=7, count=5000)
    assert every.max() == issue - 7 * DAY
    # day 293 … 301 and 643 … 650 run into a gap or are one, 784 … end after the issue
    assert len(np.unique(every)) == 784 - 9 - 8


def test_few_candidates_in_season_are_filled_with_the_nearest():
    # 40 days known in January, issue in July of the same year: the latest are the nearest
    found = template_starts(days("2014-01-01", 40), np.datetime64("2014-07-01"), leads=3, count=10)
    np.testing.assert_array_equal(found, days("2014-01-28", 10))


def test_fewer_candidates_than_wanted_repeat():
    found = template_starts(days("2014-01-01", 6), np.datetime64("2014-01-07"), leads=3, count=7)
    assert len(found) == 7
    np.testing.assert_array_equal(np.unique(found), days("2014-01-01", 3))


@pytest.mark.parametrize(
    "known",
    [
        days("2014-01-01", 10),  # no eleventh day
        days("2015-06-01", 100),  # all after the issue
        np.array([], dtype="datetime64[D]"),
        days("2014-01-01", 100)[::2],  # never two days running
    ],
    ids=["too few", "future", "none", "gaps"],
)
def test_nothing_to_take_raises(known):
    message = "no 10 consecutive known days before 2015-01-01"
    with pytest.raises(ValueError, match=message):
        template_starts(known, np.datetime64("2015-01-01"), leads=10, count=5)
