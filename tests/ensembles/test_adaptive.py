"""Adaptive calibration: steps by hand, nothing from the future, and it repairs what drifts."""

import numpy as np
import pytest
import scipy.stats

from ensembles import LEVELS, Distribution
from ensembles.adaptive import MAX_SHIFT, adapt, level_shifts, shift_levels


def uniform(cases):
    """Quantile of level τ is 100 τ."""
    shape = tuple(cases.sizes[d] for d in ("issue", "lead", "place"))
    values = np.broadcast_to(100 * LEVELS, (*shape, 99)).astype(np.float32)
    return Distribution.from_values(values, cases)


def test_steps_by_hand(make_cases, make_target):
    cases = make_cases(5, places=2)
    came = make_target(cases, [[20.0, 70.0]])
    found = level_shifts(uniform(cases), came, rate=0.1, decay=0.5)[:, 0]
    # one of two places at or below the quantile .6: .1 · (.6 − .5), then .5 · .01 + .01 …
    # a value of the day after issue 0 is known at issue 2
    expected = [0, 0, 0.01, 0.015, 0.0175]
    np.testing.assert_allclose(found.sel(quantile=0.6), expected, atol=1e-6)
    # both below .9: down by .1 · (.9 − 1)
    np.testing.assert_allclose(found.sel(quantile=0.9)[2:4], [-0.01, -0.015], atol=1e-6)


def test_a_value_on_the_quantile_counts_as_at_or_below(make_cases, make_target):
    # a sure forecast of 7 that comes true: at or below every quantile, share 1, .1 · (τ − 1)
    cases = make_cases(3)
    sure = Distribution.from_values(np.full((3, 1, 1, 99), 7.0, np.float32), cases)
    found = level_shifts(sure, make_target(cases, 7.0), rate=0.1, decay=0.0)[2, 0]
    np.testing.assert_allclose(found.sel(quantile=[0.5, 0.9]), [-0.05, -0.01], atol=1e-6)


def test_shift_reads_another_level_by_hand(make_cases):
    cases = make_cases(1)
    shifts = level_shifts(uniform(cases), uniform(cases).mean())  # zero: one issue
    assert (shifts == 0).all()
    np.testing.assert_allclose(
        shift_levels(uniform(cases), shifts).quantiles, uniform(cases).quantiles
    )
    found = shift_levels(uniform(cases), shifts + 0.055).quantiles[0, 0, 0]
    np.testing.assert_allclose(found[:90], 100 * (LEVELS[:90] + 0.055), rtol=1e-5)
    np.testing.assert_allclose(found[-5:], 99)


def test_values_are_used_from_the_day_they_are_known(make_cases, make_target):
    cases = make_cases(8, leads=3)
    came = make_target(cases, 1e3)
    for delay in (0, 1, 2):
        moved = level_shifts(uniform(cases), came, delay=delay).sel(quantile=0.5) != 0
        # issue 0 at lead k is valid on day k, known `delay` days later
        np.testing.assert_array_equal(moved.values.argmax(axis=0), np.array([1, 2, 3]) + delay)


def test_gaps_between_issues(make_cases, make_target):
    cases = make_cases(20).isel(issue=[0, 1, 10, 11, 12])
    came = make_target(cases, 1e3)
    found = level_shifts(uniform(cases), came, rate=0.1, decay=0.0).sel(quantile=0.5)[:, 0]
    # on day 10 the values of issues 0 and 1 are known, on day 12 that of issue 10
    np.testing.assert_allclose(found, [0, 0, 0.1, 0.1, 0.15], atol=1e-6)


@pytest.mark.parametrize("delay", [0, 1])
def test_the_future_changes_nothing(make_cases, make_target, delay):
    rng = np.random.default_rng(1)
    cases = make_cases(40, leads=4, places=3)
    came = make_target(cases, rng.uniform(0, 130, (40, 4, 3)))
    expected = adapt(uniform(cases), came, rate=0.05, delay=delay).quantiles
    for today in (5, 20, 39):
        valid = np.arange(40)[:, None] + np.arange(1, 5)
        garbage = came.copy()
        garbage.values[valid > today - delay] = 1e6
        later = Distribution(uniform(cases).quantiles.copy())
        later.quantiles[today + 1 :] = 7.0
        found = adapt(later, garbage, rate=0.05, delay=delay).quantiles
        np.testing.assert_array_equal(found[: today + 1], expected[: today + 1])
        # what is not there yet is as good as missing
        short = adapt(
            Distribution(uniform(cases).quantiles[: today + 1]),
            garbage.where(garbage < 1e6)[: today + 1],
            rate=0.05,
            delay=delay,
        )
        np.testing.assert_array_equal(short.quantiles, expected[: today + 1])
        garbage.values[valid == today - delay] = 1e6
        if today < 39:
            changed = adapt(uniform(cases), garbage, rate=0.05, delay=delay).quantiles
            assert (changed[today] != expected[today]).any()


def test_missing_values_do_not_move(make_cases, make_target):
    cases = make_cases(10, places=2)
    came = make_target(cases, np.nan)
    assert (level_shifts(uniform(cases), came) == 0).all()
    came[:, :, 0] = 50.0
    one = level_shifts(uniform(cases), came)
    alone = level_shifts(uniform(cases.isel(place=[0])), came.isel(place=[0]))
    np.testing.assert_array_equal(one, alone)
    holed = Distribution(uniform(cases).quantiles.copy())
    holed.quantiles[4] = np.nan
    assert np.isnan(adapt(holed, came).quantiles[4]).all()
    assert np.isfinite(adapt(holed, came).quantiles[5:]).all()


def test_drifting_forecast_is_repaired(make_cases, make_target):
    """Half a σ too low from day 300 on."""
    rng = np.random.default_rng(2)
    cases = make_cases(900, leads=2, places=4)
    late = np.arange(900)[:, None, None, None] >= 300
    values = (
        100 + np.where(late, -5, 0) + 10 * scipy.stats.norm.ppf(LEVELS) * np.ones((900, 2, 4, 1))
    )
    issued = Distribution.from_values(values.astype(np.float32), cases)
    came = make_target(cases, 100 + 10 * rng.standard_normal((900, 2, 4)))
    adapted = adapt(issued, came, rate=0.02, decay=0.0)

    def at_or_below(forecast):
        share = came.values[500:, ..., None] <= forecast.quantiles.values[500:]
        return share.mean(axis=(0, 1, 2))[[24, 49, 74]]

    assert at_or_below(issued)[1] < 0.35
    np.testing.assert_allclose(at_or_below(adapted), [0.25, 0.5, 0.75], atol=0.04)
    assert float(np.abs(level_shifts(issued, came, rate=0.5)).max()) <= MAX_SHIFT + 0.01
    assert (adapted.quantiles.diff("quantile") >= 0).all()


def test_calibrated_forecast_hardly_moves(make_cases, make_target):
    cases = make_cases(1000, places=3)
    came = make_target(cases, np.random.default_rng(3).uniform(0, 100, (1000, 1, 3)))
    shifts = level_shifts(uniform(cases), came)
    assert float(np.abs(shifts).max()) < 0.06
    assert float(np.abs(shifts.mean("issue")).max()) < 0.01


def test_what_cannot_be_is_refused(make_cases, make_target):
    cases = make_cases(4)
    came = make_target(cases, 50.0)
    for arguments, message in [
        ({"rate": 1.5}, "rate within 0 … 1, found 1.5"),
        ({"decay": -0.1}, "decay within 0 … 1, found -0.1"),
        ({"delay": -1}, "delay of at least 0, found -1"),
    ]:
        with pytest.raises(ValueError, match=message):
            level_shifts(uniform(cases), came, **arguments)
    back = cases.isel(issue=[3, 2, 1, 0])
    with pytest.raises(ValueError, match="increasing issues"):
        level_shifts(uniform(back), make_target(back, 50.0))
    with pytest.raises(ValueError, match="the forecasts differ from those of the observations"):
        level_shifts(uniform(cases), make_target(make_cases(3), 50.0))
    shifts = level_shifts(uniform(cases), came)
    with pytest.raises(KeyError):
        shift_levels(uniform(make_cases(4, leads=2)), shifts)
