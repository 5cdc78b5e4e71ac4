"""NMC points by hand, and the composites."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from verification import (
    NmcRules,
    merge,
    nmc_aqi_points,
    nmc_composite,
    nmc_lead_composite,
    nmc_level_points,
    nmc_primary_points,
    nmc_sums,
)

FCST = xr.DataArray([100.0] * 5 + [400.0, 30.0, np.nan, 60.0], dims="x")
OBS = xr.DataArray([125.0, 126.0, 50.0, 200.0, 250.0, 249.0, 40.0, 90.0, np.nan], dims="x")
PRIMARY_FCST = xr.DataArray([1, 1, 1, 1, 2, 3, 0, 1, 1], dims="x")
PRIMARY_OBS = xr.DataArray([1, 2, 0, 3, 0, 4, 0, 1, 1], dims="x")

AQI = [100, 80, 80, 60, 30, 0, 100]  # off by 25, 26, 50, 100, 150, 151, 10
LEVEL = [50, 50, 50, 25, 0, 50, 100]  # 2-3, 2-3, 2-1, 2-4, 2-5, 6-5, 1-1
PRIMARY = [100, 0, None, 100, None, 0, None]


def mean(values):
    return sum(values) / len(values)


def test_by_hand():
    sums = nmc_sums(FCST, OBS, PRIMARY_FCST, PRIMARY_OBS)
    each = nmc_sums(FCST, OBS, PRIMARY_FCST, PRIMARY_OBS, keep="x").isel(x=slice(0, 7))
    assert nmc_aqi_points(each).values.tolist() == AQI
    assert nmc_level_points(each).values.tolist() == LEVEL
    np.testing.assert_array_equal(
        nmc_primary_points(each), [np.nan if p is None else p for p in PRIMARY]
    )
    assert float(sums["pairs"]) == 7
    assert float(nmc_aqi_points(sums)) == mean(AQI)
    assert float(nmc_level_points(sums)) == mean(LEVEL)
    assert float(nmc_primary_points(sums)) == (100 + 0 + 100 + 0) / 4
    composites = [
        (100 + 50 + 100) / 3,
        (80 + 50 + 0) / 3,
        (80 + 50) / 2,  # no primary pollutant was observed
        (60 + 25 + 100) / 3,
        (30 + 0) / 2,
        (0 + 50 + 0) / 3,
        (100 + 100) / 2,
    ]
    assert float(nmc_composite(sums)) == pytest.approx(mean(composites), rel=1e-14)


def test_weights_of_the_composite():
    rules = NmcRules(weights=(0.5, 0.3, 0.2))
    each = nmc_sums(FCST, OBS, PRIMARY_FCST, PRIMARY_OBS, rules=rules, keep="x")
    assert nmc_composite(each).values[:3] == pytest.approx(
        [0.5 * 100 + 0.3 * 50 + 0.2 * 100, 0.5 * 80 + 0.3 * 50, (0.5 * 80 + 0.3 * 50) / 0.8]
    )
    only_aqi = nmc_sums(FCST, OBS, PRIMARY_FCST, PRIMARY_OBS, rules=NmcRules(weights=(1, 0, 0)))
    assert float(nmc_composite(only_aqi)) == pytest.approx(mean(AQI))


def test_other_points():
    rules = NmcRules(
        aqi_errors=(10, 60),
        aqi_points=(10, 5),
        level_points=(4,),
        primary_points=7,
        level_edges=(100, 240),
    )
    each = nmc_sums(FCST, OBS, PRIMARY_FCST, PRIMARY_OBS, rules=rules, keep="x")
    assert nmc_aqi_points(each).values[:7].tolist() == [5, 5, 5, 0, 0, 0, 10]
    # levels 1-2, 1-2, 1-1, 1-2, 1-3, 3-3, 1-1
    assert nmc_level_points(each).values[:7].tolist() == [0, 0, 4, 0, 0, 4, 4]
    assert nmc_primary_points(each).values[[0, 1]].tolist() == [7, 0]


def test_without_primary_pollutants():
    sums = nmc_sums(FCST, OBS)
    assert np.isnan(nmc_primary_points(sums))
    expected = mean([(a + b) / 2 for a, b in zip(AQI, LEVEL, strict=True)])
    assert float(nmc_composite(sums)) == pytest.approx(expected, rel=1e-14)


def test_rules_from_a_config_file_may_be_lists():
    given = {"weights": [1, 1, 1], "aqi_errors": [25, 50, 100, 150], "level_points": [100, 50, 25]}
    sums = nmc_sums(FCST, OBS, rules=NmcRules(**given))
    assert float(merge(sums, nmc_sums(FCST, OBS))["pairs"]) == 14


def test_sums_by_other_rules_do_not_merge():
    with pytest.raises(ValueError, match="dimension 'rules' differs"):
        merge(nmc_sums(FCST, OBS), nmc_sums(FCST, OBS, rules=NmcRules(weights=(2, 1, 1))))


def test_bad_rules():
    with pytest.raises(ValueError, match="found 3 errors and 4 points"):
        NmcRules(aqi_errors=(25, 50, 100))
    with pytest.raises(ValueError, match="AQI errors must be one or more finite, increasing"):
        NmcRules(aqi_errors=(50, 25, 100, 150))
    for odd in ((1, 1), (-1, 1, 1), (0, 0, 1)):
        with pytest.raises(ValueError, match="weights must be three numbers from 0"):
            NmcRules(weights=odd)
    with pytest.raises(ValueError, match="forecast and observed, or for none"):
        nmc_sums(FCST, OBS, primary_obs=PRIMARY_OBS)


def test_lead_composite_by_hand():
    points = xr.DataArray(
        [[80.0, 70.0, 60.0, 10.0], [90.0, np.nan, 50.0, 10.0]],
        {"lead": [1, 2, 3, 4]},
        ["place", "lead"],
        name="nmc_composite",
    )
    found = nmc_lead_composite(points)
    assert found.dims == ("place",)
    assert found.name == "nmc_composite"
    np.testing.assert_allclose(found, [0.5 * 80 + 0.3 * 70 + 0.2 * 60, np.nan])
    hours = points.assign_coords(lead=[24, 48, 72, 96])
    np.testing.assert_allclose(
        nmc_lead_composite(hours, weights={72: 1, 24: 3}),
        [(60 + 3 * 80) / 4, (50 + 3 * 90) / 4],
    )


@given(st.floats(0, 100), st.permutations([1, 2, 3]))
def test_lead_composite_of_equal_values_is_that_value(value, leads):
    values = xr.DataArray([value] * 3, {"lead": leads}, ["lead"])
    assert float(nmc_lead_composite(values)) == pytest.approx(value)


def test_lead_composite_needs_its_leads():
    points = xr.DataArray([80.0, 70.0], {"lead": [1, 2]}, ["lead"])
    with pytest.raises(ValueError, match=r"needs \[1, 2, 3\] on 'lead', found \[1, 2\]"):
        nmc_lead_composite(points)
    with pytest.raises(ValueError, match=r"found \[\]"):
        nmc_lead_composite(points.drop_vars("lead"))
    for odd in ({1: 0.0, 2: 0.0}, {1: 2.0, 2: -1.0}):
        with pytest.raises(ValueError, match="must not be negative or all zero"):
            nmc_lead_composite(points, weights=odd)
