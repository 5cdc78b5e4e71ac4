"""Skill and association of events: arithmetic by hand, the library `scores`, properties."""

from math import inf, log

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scores.categorical import BasicContingencyManager
from sklearn.metrics import cohen_kappa_score

from verification import (
    contingency_sums,
    ets,
    hss,
    odds_ratio,
    odds_ratio_skill,
    peirce,
    pod,
    pofd,
    proportion_correct,
    sedi,
)

ALL = (pofd, proportion_correct, ets, hss, peirce, odds_ratio, odds_ratio_skill, sedi)


def events(hits, misses, false_alarms, correct_negatives):
    counts = [hits, misses, false_alarms, correct_negatives]
    return np.repeat([1, 0, 1, 0], counts), np.repeat([1, 1, 0, 0], counts)


def table(*counts):
    return contingency_sums(*(xr.DataArray(e, dims="x") for e in events(*counts)))


def test_finley_by_hand():
    sums = table(28, 23, 72, 2680)  # tornadoes, 1884; N = 2803
    assert float(pofd(sums)) == 72 / (72 + 2680)
    assert float(proportion_correct(sums)) == (28 + 2680) / 2803
    chance = (28 + 23) * (28 + 72) / 2803
    assert float(ets(sums)) == pytest.approx((28 - chance) / (28 + 23 + 72 - chance), rel=1e-14)
    right = (51 * 100 + 2752 * 2703) / 2803**2  # by chance
    expected = ((28 + 2680) / 2803 - right) / (1 - right)
    assert float(hss(sums)) == pytest.approx(expected, rel=1e-12)
    assert float(peirce(sums)) == pytest.approx(28 / 51 - 72 / 2752, rel=1e-14)
    assert float(odds_ratio(sums)) == (28 * 2680) / (23 * 72)
    assert float(odds_ratio_skill(sums)) == (28 * 2680 - 23 * 72) / (28 * 2680 + 23 * 72)
    p, q = 28 / 51, 72 / 2752
    above = log(q) - log(p) - log(1 - q) + log(1 - p)
    below = log(q) + log(p) + log(1 - q) + log(1 - p)
    assert float(sedi(sums)) == pytest.approx(above / below, rel=1e-12)
    # As published for this table (Stephenson 2000; Wilks 2019).
    assert [round(float(s(sums)), 3) for s in (ets, hss, peirce)] == [0.216, 0.355, 0.523]
    assert round(float(odds_ratio(sums)), 1) == 45.3


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(1, 400), min_size=4, max_size=4))
def test_against_scores_and_scikit_learn(counts):
    sums = table(*counts)
    names = ("tp_count", "fn_count", "fp_count", "tn_count")
    cells = dict(zip(names, map(xr.DataArray, counts), strict=True))
    theirs = BasicContingencyManager(cells | {"total_count": xr.DataArray(sum(counts))})
    for ours, name in [
        (pofd, "probability_of_false_detection"),
        (proportion_correct, "accuracy"),
        (ets, "gilberts_skill_score"),
        (hss, "heidke_skill_score"),
        (peirce, "peirce_skill_score"),
        (odds_ratio, "odds_ratio"),
        (odds_ratio_skill, "yules_q"),
        (sedi, "symmetric_extremal_dependence_index"),
    ]:
        expected = float(getattr(theirs, name)())
        assert float(ours(sums)) == pytest.approx(expected, rel=1e-9, abs=1e-12), name
    assert float(hss(sums)) == pytest.approx(cohen_kappa_score(*events(*counts)), abs=1e-12)


def test_chance_scores_zero():
    # POD = POFD = 1/4
    sums = table(10, 30, 50, 150)
    for score in (ets, hss, peirce, odds_ratio_skill, sedi):
        assert float(score(sums)) == pytest.approx(0.0, abs=1e-15)
    assert float(odds_ratio(sums)) == 1.0


def test_least_values():
    assert float(ets(table(0, 7, 7, 0))) == -49 / (-49 + 14 * 14)  # = -1/3, all wrong
    wrong = table(0, 3, 9, 0)
    assert [float(s(wrong)) for s in (peirce, odds_ratio_skill, sedi)] == [-1, -1, -1]
    assert float(odds_ratio(wrong)) == 0.0
    assert float(hss(table(0, 7, 7, 0))) == -1.0


def test_empty_cells():
    no_false_alarms = table(5, 5, 0, 90)
    assert float(odds_ratio(no_false_alarms)) == inf
    assert float(odds_ratio_skill(no_false_alarms)) == 1.0
    assert np.isnan(sedi(no_false_alarms))  # it missed half of the events
    perfect = table(5, 0, 0, 90)
    assert [float(s(perfect)) for s in (odds_ratio, odds_ratio_skill, sedi)] == [inf, 1, 1]
    never_forecast = table(0, 5, 0, 90)
    assert [float(s(never_forecast)) for s in (pofd, ets, hss, peirce)] == [0, 0, 0, 0]
    assert all(np.isnan(s(never_forecast)) for s in (odds_ratio, odds_ratio_skill, sedi))


def test_one_sided_samples_are_undefined_with_any_weights():
    weights = xr.DataArray(np.random.default_rng(2).random(7), dims="x")
    for event in (0, 1):
        same = xr.DataArray(np.full(7, event), dims="x")
        sums = contingency_sums(same, same, weights=weights)
        assert float(proportion_correct(sums)) == 1.0
        for score in (ets, hss, peirce, odds_ratio, odds_ratio_skill, sedi):
            assert np.isnan(score(sums)), score.__name__
    assert all(np.isnan(s(table(0, 0, 0, 0))) for s in ALL)


def test_peirce_is_the_gap_of_the_rates_and_ignores_the_base_rate():
    sums, more_events = table(20, 10, 30, 60), table(200, 100, 30, 60)
    assert float(peirce(sums)) == pytest.approx(float(pod(sums) - pofd(sums)))
    for score in (peirce, odds_ratio, odds_ratio_skill, sedi):
        assert float(score(sums)) == pytest.approx(float(score(more_events)), rel=1e-12)
    assert float(hss(sums)) != pytest.approx(float(hss(more_events)), rel=1e-3)
