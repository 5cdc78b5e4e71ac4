"""Scores of events against arithmetic by hand and the library `scores`."""

import numpy as np
import pytest
import xarray as xr
from scores.categorical import BinaryContingencyManager

from verification import contingency_sums, exceeds, far, frequency_bias, miss_rate, pod, ts


def table(hits, misses, false_alarms, correct_negatives):
    counts = [hits, misses, false_alarms, correct_negatives]
    fcst, obs = np.repeat([1, 0, 1, 0], counts), np.repeat([1, 1, 0, 0], counts)
    return contingency_sums(xr.DataArray(fcst, dims="x"), xr.DataArray(obs, dims="x"))


def test_exceeds_is_strict_and_keeps_missing():
    x = xr.DataArray([199.9, 200.0, 200.1, np.nan], dims="x")
    np.testing.assert_array_equal(exceeds(x, 200), [0, 0, 1, np.nan])
    assert exceeds(x, 200).dtype == np.float32


def test_by_hand():
    sums = table(28, 23, 72, 2680)  # Finley's tornadoes, 1884
    counts = [float(sums[n]) for n in ("hits", "misses", "false_alarms", "correct_negatives")]
    assert counts == [28, 23, 72, 2680]
    assert float(pod(sums)) == 28 / (28 + 23)
    assert float(miss_rate(sums)) == 23 / (28 + 23)
    assert float(far(sums)) == 72 / (28 + 72)
    assert float(ts(sums)) == 28 / (28 + 23 + 72)
    assert float(frequency_bias(sums)) == (28 + 72) / (28 + 23)


def test_undefined_is_missing():
    nothing = table(0, 0, 0, 5)
    assert all(np.isnan(s(nothing)) for s in (pod, miss_rate, far, ts, frequency_bias))
    never_forecast = table(0, 4, 0, 5)
    assert float(pod(never_forecast)) == 0.0
    assert np.isnan(far(never_forecast))
    never_observed = table(0, 0, 4, 5)
    assert float(far(never_observed)) == 1.0
    assert np.isnan(pod(never_observed))


def test_missing_events_are_no_correct_negatives():
    fcst = xr.DataArray([1.0, np.nan, 0.0, np.nan], dims="x")
    obs = xr.DataArray([np.nan, 1.0, 0.0, np.nan], dims="x")
    sums = contingency_sums(fcst, obs)
    assert float(sums["pairs"]) == 1.0
    assert float(sums["correct_negatives"]) == 1.0
    assert float(sums["hits"] + sums["misses"] + sums["false_alarms"]) == 0.0


def test_bool_and_float_events_agree():
    fcst, obs = xr.DataArray([True, False, True], dims="x"), xr.DataArray([1.0, 1, 0], dims="x")
    sums = contingency_sums(fcst, obs)
    assert float(ts(sums)) == 1 / 3


@pytest.mark.parametrize("side", ["forecast", "observed"])
def test_probabilities_are_not_events(side):
    events, odd = xr.DataArray([1.0, 0.0], dims="x"), xr.DataArray([1.0, 0.3], dims="x")
    given = (odd, events) if side == "forecast" else (events, odd)
    with pytest.raises(ValueError, match=f"{side} events must be 0, 1 or NaN, found 0.3"):
        contingency_sums(*given)


def test_against_scores():
    rng = np.random.default_rng(6)
    fcst = xr.DataArray(rng.gamma(2.0, 60.0, (50, 3)), dims=("issue", "lead"))
    obs = (fcst * rng.lognormal(0, 0.5, fcst.shape)).where(rng.random(fcst.shape) > 0.1)
    a, b = exceeds(fcst, 150), exceeds(obs, 150)
    theirs = BinaryContingencyManager(a, b).transform(preserve_dims="lead")
    sums = contingency_sums(a, b, keep="lead")
    for ours, name in [
        (pod, "probability_of_detection"),
        (far, "false_alarm_ratio"),
        (ts, "threat_score"),
        (frequency_bias, "frequency_bias"),
    ]:
        np.testing.assert_allclose(ours(sums), getattr(theirs, name)(), rtol=1e-12)
