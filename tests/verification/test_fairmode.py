"""FAIRMODE indicators against arithmetic by hand, and the goals of published practice."""

import numpy as np
import pytest
import xarray as xr

from verification import (
    MeasurementUncertainty,
    continuous_sums,
    fairmode_sums,
    forecast_mqi,
    forecast_mqi_sums,
    goal_reached,
    merge,
    mqi,
    mqi_90,
    mqi_parts,
    rmse,
)
from verification.continuous.goals import GOALS
from verification.continuous.measurement import MEASUREMENT_UNCERTAINTY

OBS = xr.DataArray([10.0, 40.0, 100.0], dims="x")
FCST = xr.DataArray([16.0, 32.0, 124.0], dims="x")


def test_uncertainty_by_hand():
    # PM2.5: U_r 0.36, RV 25, alpha 0.5
    found = MEASUREMENT_UNCERTAINTY["pm25"].at(np.array([0.0, 25.0, 40.0, np.nan]))
    expected = [0.36 * 0.5 * 25, 0.36 * 25, 0.36 * (0.75 * 1600 + 0.25 * 625) ** 0.5, np.nan]
    np.testing.assert_allclose(found, expected)
    # At the reference value U is U_r(RV) · RV, whatever alpha.
    for quantity, size in {"pm10": 0.28 * 50, "o3": 0.18 * 120, "no2": 0.24 * 200}.items():
        known = MEASUREMENT_UNCERTAINTY[quantity]
        np.testing.assert_allclose(known.at(np.array([known.reference_value])), [size])
        assert (known.quantity, known.year) == (quantity, 2022)
    np.testing.assert_allclose(
        [MEASUREMENT_UNCERTAINTY[q].at(np.zeros(1))[0] for q in ("pm10", "o3", "no2")],
        [0.28 * 0.25 * 50, 0.18 * 0.79 * 120, 0.24 * 0.20 * 200],
    )


def test_mqi_by_hand():
    sums = fairmode_sums(FCST, OBS, uncertainty="pm10")
    # errors 6, -8, 24; U² = 0.28² (0.9375 O² + 0.0625 · 2500)
    uncertainty = 0.28**2 * (0.9375 * (100 + 1600 + 10000) + 3 * 0.0625 * 2500)
    np.testing.assert_allclose(mqi(sums), (36 + 64 + 576) ** 0.5 / (2 * uncertainty**0.5))
    np.testing.assert_allclose(mqi(sums, beta=1), 2 * mqi(sums))


def test_parts_by_hand_and_their_sum():
    sums = fairmode_sums(FCST, OBS, uncertainty="pm10")
    tolerated = 2 * (0.28**2 * (0.9375 * 11700 + 468.75) / 3) ** 0.5
    parts = mqi_parts(sums)
    f, o = np.std(FCST.values), np.std(OBS.values)
    r = np.corrcoef(FCST, OBS)[0, 1]
    np.testing.assert_allclose(parts["bias"], (6 - 8 + 24) / 3 / tolerated)
    np.testing.assert_allclose(parts["standard_deviation"], (f - o) / tolerated)
    np.testing.assert_allclose(parts["correlation"], 2 * f * o * (1 - r) / tolerated**2)
    whole = parts["bias"] ** 2 + parts["standard_deviation"] ** 2 + parts["correlation"]
    np.testing.assert_allclose(whole, mqi(sums) ** 2)


def test_own_uncertainty_and_no_mixing():
    own = MeasurementUncertainty("so2", "24 h mean", 0.2, 100.0, 0.0, "example", 2020)
    sums = fairmode_sums(FCST, OBS, uncertainty=own)
    np.testing.assert_allclose(  # U = 0.2 O
        mqi(sums), rmse(continuous_sums(FCST, OBS)) / (2 * 0.2 * (11700 / 3) ** 0.5)
    )
    with pytest.raises(ValueError, match="dimension 'uncertainty' differs"):
        merge(sums, fairmode_sums(FCST, OBS, uncertainty="pm10"))
    with pytest.raises(ValueError, match="no measurement uncertainty is known for 'co', only"):
        fairmode_sums(FCST, OBS, uncertainty="co")
    with pytest.raises(ValueError, match="alpha from 0 to 1"):
        MeasurementUncertainty("x", "1 h mean", 0.2, 100.0, 1.5, "example", 2020)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([2.0], 0.9 * 2.0),
        (range(1, 11), 9.0),  # 0.9 · 10 = 9: the ninth
        (range(1, 16), 13.5),  # 0.9 · 15 = 13.5: halfway from the 13th to the 14th
        ([3.0, np.nan, 1.0], 1.0 + 0.8 * (3.0 - 1.0)),  # 0.9 · 2 = 1.8
        ([np.nan, np.nan], np.nan),
        ([], np.nan),
    ],
)
def test_ninetieth_percentile_by_hand(values, expected):
    stations = xr.DataArray(np.array(list(values), dtype=float), dims="place")
    np.testing.assert_allclose(mqi_90(stations[::-1]), expected)


def test_ninetieth_percentile_of_each_lead():
    rng = np.random.default_rng(0)
    values = xr.DataArray(rng.random((2, 15)), {"lead": [1, 2]}, ["lead", "place"])
    found = mqi_90(values.transpose("place", "lead"))
    assert found["lead"].values.tolist() == [1, 2]
    ordered = np.sort(values.values, axis=1)
    np.testing.assert_allclose(found, (ordered[:, 12] + ordered[:, 13]) / 2)
    with pytest.raises(ValueError, match="need a dimension 'station'"):
        mqi_90(values, "station")


def test_forecast_mqi_by_hand():
    last = xr.DataArray([25.0, 0.0, 40.0], dims="x")
    sums = forecast_mqi_sums(FCST, last, OBS, uncertainty="pm25")
    # U(25) = 9, U(0) = 4.5, U(40) = 0.36 √(1200 + 156.25); |P - O| = 15, 40, 60
    reach = (15 + 9) ** 2 + (40 + 4.5) ** 2 + (60 + 0.36 * 1356.25**0.5) ** 2
    np.testing.assert_allclose(forecast_mqi(sums), ((36 + 64 + 576) / reach) ** 0.5)


def test_persistence_as_the_forecast_fulfils_the_forecast_objective():
    rng = np.random.default_rng(1)
    obs = xr.DataArray(rng.gamma(3, 20, 200), dims="x")
    last = obs.shift(x=1)
    sums = forecast_mqi_sums(last, last, obs, uncertainty="o3")
    assert float(sums["pairs"]) == 199.0
    assert 0 < float(forecast_mqi(sums)) < 1
    with pytest.raises(ValueError, match="dimension 'uncertainty' differs"):
        merge(sums, forecast_mqi_sums(last, last, obs, uncertainty="pm25"))


def test_goals_by_hand():
    def told(values, *what):
        return goal_reached(xr.DataArray(values, dims="x"), *what).values.tolist()

    assert told([0.10, -0.10, 0.11, -0.31], "nmb", "pm25") == [
        "goal",
        "goal",
        "criterion",
        "neither",
    ]
    assert told([0.75, 0.74, 0.50, 0.49, np.nan], "correlation", "o3") == [
        "goal",
        "criterion",
        "criterion",
        "neither",
        "",
    ]
    assert told([0.5, 0.75, 0.76], "mfe", "pm10") == ["goal", "criterion", "neither"]
    with pytest.raises(ValueError, match="no goal is known for nmb of pm10, only for"):
        told([0.1], "nmb", "pm10")
    with pytest.raises(ValueError, match="no goal is known for rmse of pm25"):
        told([0.1], "rmse", "pm25")


def test_limits_of_the_goals():
    limits = {(s, q): (g.goal, g.criterion) for s, of in GOALS.items() for q, g in of.items()}
    assert limits == {
        ("mfb", "pm25"): (0.30, 0.60),
        ("mfb", "pm10"): (0.30, 0.60),
        ("mfe", "pm25"): (0.50, 0.75),
        ("mfe", "pm10"): (0.50, 0.75),
        ("nmb", "pm25"): (0.10, 0.30),
        ("nmb", "o3"): (0.05, 0.15),
        ("nme", "pm25"): (0.35, 0.50),
        ("nme", "o3"): (0.15, 0.25),
        ("correlation", "pm25"): (0.70, 0.40),
        ("correlation", "o3"): (0.75, 0.50),
    }
    assert all(
        ("Boylan" if s in ("mfb", "mfe") else "Emery") in g.source
        for s, of in GOALS.items()
        for g in of.values()
    )
