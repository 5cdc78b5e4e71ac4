"""Value added by the forecaster: sign, same pairs, and its interval."""

import numpy as np
import pytest
import xarray as xr

from verification import (
    SCORES,
    bootstrap_difference,
    contingency_sums,
    continuous_sums,
    level_hit_sums,
    oriented,
    value_added,
)

OBS = xr.DataArray([10.0, 20.0, 30.0, 40.0], {"issue": [1, 2, 3, 4]}, ["issue"])


def test_larger_is_better():
    obs = xr.DataArray([1, 2, 3, 4], dims="x")
    guidance = level_hit_sums(obs + xr.DataArray([0, 1, 1, 1], dims="x"), obs)
    issued = level_hit_sums(obs + xr.DataArray([0, 0, 0, 1], dims="x"), obs)
    found = value_added(SCORES["level_accuracy"], issued, guidance)
    assert float(found) == 3 / 4 - 1 / 4
    assert found.name == "level_accuracy"
    assert float(value_added(SCORES["level_accuracy"], guidance, issued)) == 1 / 4 - 3 / 4


def test_smaller_is_better():
    guidance, issued = continuous_sums(OBS + 5, OBS), continuous_sums(OBS - 2, OBS)
    assert float(value_added(SCORES["mae"], issued, guidance)) == 5 - 2


def test_nearest_is_best():
    guidance, issued = continuous_sums(OBS - 5, OBS), continuous_sums(OBS + 7, OBS)
    assert float(value_added(SCORES["bias"], issued, guidance)) == 5 - 7
    obs = xr.DataArray([1, 1, 0, 0], dims="x")
    twice, half = (
        contingency_sums(xr.DataArray(e, dims="x"), obs) for e in ([1] * 4, [1, 0, 0, 0])
    )
    # frequency bias 4/2 and 1/2 about the perfect 1
    found = value_added(SCORES["frequency_bias"], half, twice)
    assert float(found) == abs(4 / 2 - 1) - abs(1 / 2 - 1)


def test_by_group_and_undefined():
    fcst = xr.concat([OBS + 1, OBS.where(False)], dim="lead")
    sums = continuous_sums(fcst, OBS, keep="lead")
    better = continuous_sums(fcst - 1, OBS, keep="lead")
    np.testing.assert_array_equal(value_added(SCORES["mae"], better, sums), [1.0, np.nan])


def test_the_interval_is_of_the_paired_difference():
    rng = np.random.default_rng(1)
    error = xr.DataArray(rng.normal(size=200), dims="issue")
    guidance, issued = (continuous_sums(k * error, error * 0, keep="issue") for k in (2, 1))
    goodness = oriented(SCORES["rmse"])
    found = bootstrap_difference(issued, guidance, goodness, replicates=200)
    whole = [continuous_sums(k * error, error * 0) for k in (1, 2)]
    assert float(found["value"]) == pytest.approx(float(value_added(SCORES["rmse"], *whole)))
    assert 0 < float(found["low"]) < float(found["value"]) < float(found["high"])


def test_other_pairs_raise():
    guidance = continuous_sums(OBS, OBS, keep="issue")
    fewer = continuous_sums(OBS.where(OBS > 10), OBS, keep="issue")
    with pytest.raises(
        ValueError, match=r"0 issued and 1 of the guidance at position \{'issue': 0"
    ):
        value_added(SCORES["mae"], fewer, guidance)
    total = continuous_sums(OBS, OBS)
    with pytest.raises(ValueError, match=r"kept by \['issue'\], those of the guidance by \[\]"):
        value_added(SCORES["mae"], guidance, total)
    with pytest.raises(ValueError, match="3 issued and 4 of the guidance; mask each"):
        value_added(SCORES["mae"], continuous_sums(OBS.where(OBS > 10), OBS), total)
    later = guidance.assign_coords(issue=[2, 3, 4, 5])
    with pytest.raises(ValueError, match="differs at position 0: 2 in 'issued', 1 in 'guidance'"):
        value_added(SCORES["mae"], later, guidance)
    weighted = continuous_sums(OBS, OBS, weights=OBS)
    with pytest.raises(ValueError, match="100 issued and 4 of the guidance"):
        value_added(SCORES["mae"], weighted, total)


def test_sums_of_another_family_raise():
    sums = continuous_sums(OBS, OBS)
    with pytest.raises(ValueError, match="family 'level', found 'continuous'"):
        value_added(SCORES["level_accuracy"], sums, sums)
