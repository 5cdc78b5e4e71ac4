"""The decision: level, range, primary pollutant, probabilities."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from forecast.aqi import level
from forecast.decision import _likeliest, decide
from forecast.scenarios import Scenarios
from forecast.standard import standard_for

OLD = standard_for(date(2015, 1, 1))
WIDTH = {200: 15, 300: 25, 500: 50}


def scenarios_of(aqi, primary=None):
    """Scenarios of one lead and one place."""
    aqi = np.asarray(aqi, np.float32).reshape(-1, 1, 1)
    mask = np.where(aqi > 50, 1, 0) if primary is None else np.reshape(primary, aqi.shape)
    return Scenarios(
        np.zeros((*aqi.shape, 6), np.float32), aqi, level(aqi, OLD), mask.astype(np.int16)
    )


def one(aqi, primary=None):
    found = decide(scenarios_of(aqi, primary), OLD, WIDTH)
    return found, int(found.level[0, 0]), float(found.low[0, 0]), float(found.high[0, 0])


def test_the_most_probable_level_wins_over_that_of_the_mean():
    # 26 of 50 scenarios at 90 (level 2), 24 at 310 (level 6): the mean, 195.6, is level 4
    found, chosen, low, high = one([90] * 26 + [310] * 24)
    assert chosen == 2
    assert (low, high) == (75, 105)
    np.testing.assert_allclose(found.level_probability[0, 0], [0, 0.52, 0, 0, 0, 0.48], atol=1e-6)
    assert found.heavy_probability[0, 0] == pytest.approx(0.48)


@pytest.mark.parametrize(("threshold", "chosen"), [(0.5, 3), (0.36, 3), (0.34, 5), (0.2, 5)])
def test_a_heavy_level_is_issued_from_its_threshold_on(threshold, chosen):
    # 30 of 50 scenarios at 120 (level 3), 15 at 250 (level 5), 5 at 350 (level 6): P(> 200) = 0.4;
    # by kernels of 24, 50 and 70: 0.6 · 0.0004 + 0.3 · 0.84 + 0.1 · 0.98 = 0.35
    scenarios = scenarios_of([120] * 30 + [250] * 15 + [350] * 5)
    found = decide(scenarios, OLD, WIDTH, threshold)
    assert found.level[0, 0] == chosen
    assert found.heavy_probability[0, 0] == pytest.approx(0.4)
    low, high = found.low[0, 0], found.high[0, 0]
    if chosen == 3:
        assert (low, high) == (105, 135)
    else:  # half-width 25, as near to the median as it may be
        assert high - low == 50 and low <= 250 <= high


def test_of_equally_probable_levels_the_higher_one():
    share = np.array([[0.1, 0.4, 0.4, 0.1, 0, 0], [0.5, 0, 0, 0, 0, 0.5], [1, 0, 0, 0, 0, 0]])
    assert _likeliest(share).tolist() == [3, 6, 1]


def test_a_level_does_not_win_by_the_chance_of_the_draw():
    # 24 scenarios just inside level 3, 26 just below it in level 2 and far: by count level 2
    found, chosen, *_ = one([60] * 10 + [98] * 16 + [118] * 24)
    assert found.level_probability[0, 0, 1] == pytest.approx(0.52)
    assert chosen == 3


def test_the_lowest_centre_of_a_level_is_above_the_level_below():
    # kernels of 18, 28 and 80: level 2 has .37 · .706 + .33 · .079 = .29, level 3 .37 · .28
    # + .33 · .57 = .29 and a little more; about 100 the sum falls (.0062 at 116, .0087 at 86), so
    # the range would go on down: 100 ± 15 holds more than 101 ± 15, but its centre is of level 2
    found, chosen, low, high = one([90] * 37 + [140] * 33 + [400] * 30)
    assert found.level_probability[0, 0, 1] == pytest.approx(0.37)
    assert chosen == 3 and (low, high) == (86, 116)


@pytest.mark.parametrize(
    ("aqi", "low", "high"), [(120, 105, 135), (250, 225, 275), (400, 350, 450)]
)
def test_half_width_follows_the_centre(aqi, low, high):
    _, _, found_low, found_high = one([aqi] * 50)
    assert (found_low, found_high) == (low, high)


def test_range_does_not_leave_the_scale():
    assert one([3] * 50)[2] == 0
    assert one([500] * 50)[3] == 500


def test_primary_is_the_most_frequent_and_none_on_clean_days():
    masks = [1] * 20 + [16] * 30
    found, *_ = one([120] * 50, masks)
    assert found.primary[0, 0] == 16
    np.testing.assert_allclose(found.primary_probability[0, 0], [0.4, 0, 0, 0, 0.6, 0], atol=1e-6)
    assert one([20] * 50)[0].primary[0, 0] == 0


def test_ties_count_for_each_primary_pollutant():
    found, *_ = one([120] * 50, [3] * 50)
    np.testing.assert_allclose(found.primary_probability[0, 0, :2], [1, 1])


def test_no_forecast_stays_missing():
    found, chosen, low, high = one([np.nan] * 50)
    assert chosen == 0
    assert np.isnan([low, high, found.heavy_probability[0, 0]]).all()
    assert found.primary[0, 0] == -1


def smoothed(aqi):
    """Probability of each AQI 0 … 500: a normal kernel a scenario, 20 % wide, at least 3 units."""
    density = np.zeros(501)
    for value in aqi:
        kernel = norm.pdf(np.arange(501), value, max(0.2 * value, 3.0))
        density += kernel / kernel.sum() / len(aqi)
    return density


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 500), min_size=50, max_size=50))
def test_no_admissible_range_centred_in_the_level_holds_more(aqi):
    _, chosen, low, high = one(aqi)
    edges = [-1, *OLD.edges]
    held = np.concatenate([[0], np.cumsum(smoothed(aqi))])
    best, centres = 0.0, []
    for centre in range(501):
        half = WIDTH[min(k for k in WIDTH if centre <= k)]
        a, b = max(centre - half, 0), min(centre + half, 500)
        if edges[chosen - 1] < centre <= edges[chosen]:
            best = max(best, held[b + 1] - held[a])
            centres += [centre] if (a, b) == (low, high) else []
    assert centres
    # the pull towards the median costs at most 2e-5 an AQI unit
    assert held[int(high) + 1] - held[int(low)] >= best - 0.01
