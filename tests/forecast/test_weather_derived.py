"""Derived fields against published tables, worked numbers and properties."""

from __future__ import annotations

import doctest

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from forecast.weather.days import moisture, stability, wind
from forecast.weather.days.derived import DERIVED, derive
from forecast.weather.days.moisture import (
    dew_point,
    humidity_from_specific,
    relative_humidity,
    saturation_pressure,
)
from forecast.weather.days.stability import potential_temperature, stagnation
from forecast.weather.days.wind import recirculation_factor, wind_direction, wind_speed
from forecast.weather.fields import FIELDS, Field
from forecast.weather.predictors import predictor_text

NAN = np.nan
ZERO = 273.15


@pytest.mark.parametrize("module", [moisture, predictor_text, stability, wind])
def test_examples_run(module):
    result = doctest.testmod(module)
    assert result.attempted and not result.failed


@pytest.mark.parametrize(
    ("celsius", "hpa"), [(-20, 1.2540), (0, 6.1078), (20, 23.373), (30, 42.430), (40, 73.777)]
)
def test_saturation_against_the_smithsonian_tables(celsius, hpa):
    assert saturation_pressure(celsius + ZERO) == pytest.approx(100 * hpa, rel=4e-3)


def test_relative_humidity_against_a_published_value():
    # MetPy's documentation: 25 °C and a dew point of 12 °C are 44.248 %
    assert relative_humidity(25 + ZERO, 12 + ZERO) == pytest.approx(44.248, abs=0.2)
    assert relative_humidity(280.0, 280.0) == 100
    assert relative_humidity(280.0, 280.3) == 100  # packing may put the dew point above


@given(st.floats(-40, 45), st.floats(1, 100))
def test_dew_point_and_humidity_are_inverse(celsius, humidity):
    temperature = celsius + ZERO
    found = dew_point(temperature, humidity)
    assert found <= temperature + 1e-9
    assert relative_humidity(temperature, found) == pytest.approx(humidity, rel=1e-9)


def test_dew_point_needs_some_humidity():
    np.testing.assert_array_equal(
        dew_point(np.array([280.0, 280]), np.array([0.0, -1])), [NAN, NAN]
    )


@given(st.floats(-30, 40), st.floats(1, 99), st.floats(6e4, 1.05e5))
def test_specific_humidity_gives_back_the_relative(celsius, humidity, pressure):
    vapour = humidity / 100 * saturation_pressure(celsius + ZERO)
    mixing = 0.622 * vapour / (pressure - vapour)  # the definition: q = w / (1 + w)
    found = humidity_from_specific(mixing / (1 + mixing), pressure, celsius + ZERO)
    assert found == pytest.approx(humidity, rel=1e-6)


def test_potential_temperature_against_a_published_value():
    # MetPy's documentation: 273 K at 800 hPa; its kappa is 0.28569
    assert potential_temperature(273.0, 80000.0) == pytest.approx(290.9665, abs=0.01)


def test_wind_by_hand():
    u, v = np.array([0.0, 0, 3, -3, 5, 0, NAN]), np.array([-2.0, 2, 0, 0, 5, 0, 1])
    np.testing.assert_allclose(wind_speed(u, v), [2, 2, 3, 3, np.sqrt(50), 0, NAN])
    # from the north, south, west, east, south-west; calm; unknown
    np.testing.assert_allclose(wind_direction(u, v), [360, 180, 270, 90, 225, NAN, NAN])


def test_recirculation_by_hand():
    # 2 h east at 3, 1 h north at 4: L = √(36 + 16), S = 10
    u, v = np.array([3.0, 3, 0]), np.array([0.0, 0, 4])
    found = recirculation_factor(u.sum(), v.sum(), np.hypot(u, v).sum())
    assert found == pytest.approx(1 - np.sqrt(52) / 10)
    assert recirculation_factor(6.0, 0.0, 6.0) == 0 and recirculation_factor(0.0, 0.0, 6.0) == 1
    assert np.isnan(recirculation_factor(np.zeros(1), np.zeros(1), np.zeros(1)))


def test_stagnation_is_calm_aloft_calm_below_and_dry():
    near, aloft = np.array([3.1, 3.2, 3.1, 3.1, NAN, 3.1]), np.array([12.9, 12, 13, 12, 1, 1])
    rain = np.array([0.9, 0, 0, 1.0, 0, NAN])
    np.testing.assert_array_equal(stagnation(near, aloft, rain), [1, 0, 0, 0, NAN, NAN])


def dataset(**fields) -> xr.Dataset:
    return xr.Dataset({n: ("lead", np.array(v, dtype=np.float32)) for n, v in fields.items()})


def test_derive_adds_what_the_fields_allow_and_nothing_else():
    given_fields = dataset(u10=[3, 0], v10=[4, NAN], blh=[200, 300])
    found = derive(given_fields)
    assert set(found) - set(given_fields) == {"ws", "ventilation"}
    np.testing.assert_array_equal(found["ws"], [5, NAN])
    np.testing.assert_array_equal(found["ventilation"], [1000, NAN])
    assert found["ventilation"].dtype == np.float32
    assert found["ventilation"].attrs["units"] == "m2 s-1"
    assert found["ws"].attrs["standard_name"] == "wind_speed"
    assert "ws" not in given_fields  # the input is left as it was
    assert set(derive(dataset(sp=[1e5]))) == {"sp"}


def test_derive_keeps_what_is_given():
    found = derive(dataset(u10=[3], v10=[4], ws=[9], blh=[10], r2=[50], d2m=[280], t2m=[281]))
    assert found["ws"].item() == 9 and found["ventilation"].item() == 90
    assert found["r2"].item() == 50 and found["d2m"].item() == 280


def test_derive_humidity_from_whatever_there_is():
    from_dew = derive(dataset(t2m=[293.15], d2m=[283.15]))
    assert from_dew["r2"].item() == pytest.approx(52.5, abs=0.05)
    from_humidity = derive(dataset(t2m=[293.15], r2=[50]))
    assert from_humidity["d2m"].item() == pytest.approx(282.41, abs=0.01)
    from_specific = derive(dataset(t2m=[293.15], q2=[0.0072], sp=[101325]))
    assert from_specific["r2"].item() == pytest.approx(50.0, abs=0.1)
    assert from_specific["d2m"].item() == pytest.approx(282.41, abs=0.05)
    assert from_specific["r2"].attrs["units"] == "%"


def test_derive_looks_up_only_from_above_the_ground():
    found = derive(dataset(t2m=[270, 270, 270], t850=[275, 275, 260], sp=[1e5, 8e4, 9e4]))
    np.testing.assert_array_equal(found["inversion850"], [5, NAN, -10])
    theta = 275 * (100 / 85) ** (2 / 7) - 270
    np.testing.assert_allclose(found["dtheta850"][:2], [theta, NAN], rtol=1e-5)
    without_pressure = derive(dataset(t2m=[270, 270], t925=[275, NAN]))
    np.testing.assert_array_equal(without_pressure["inversion925"], [5, NAN])
    assert "dtheta850" not in without_pressure


def test_derive_on_members_and_places():
    u = xr.DataArray(np.full((2, 3, 4), 3, np.float32), dims=("lead", "member", "place"))
    found = derive(xr.Dataset({"u500": u, "v500": u * 0 + 4}))
    assert found["ws500"].dims == ("lead", "member", "place") and (found["ws500"] == 5).all()


def test_the_table_is_complete():
    everything = derive(dataset(**{n: [1e5] if n == "sp" else [280.0] for n in FIELDS}))
    assert set(everything) == {*FIELDS, *DERIVED} and not set(FIELDS) & set(DERIVED)
    for field in DERIVED.values():
        assert isinstance(field, Field) and field.units and field.long_name and field.formula
