"""Fields of the data model: their units, and the units that convert."""

from __future__ import annotations

import pytest

from forecast.errors import InputError
from forecast.weather.fields import (
    FIELDS,
    conversion,
    mass_fraction,
    plain_units,
    rate_conversion,
)


@pytest.mark.parametrize(
    ("name", "units", "raw", "expected"),
    [
        ("t2m", "degC", 0.0, 273.15),
        ("d2m", "Celsius", -10.0, 263.15),
        ("t850", "Kelvin", 270.0, 270.0),
        ("t2m", "degF", 212.0, 373.15),
        ("u10", "km h-1", 36.0, 10.0),
        ("v10", "m/s", 3.0, 3.0),
        ("u850", "m s**-1", 3.0, 3.0),
        ("v500", "knots", 1.0, 1852 / 3600),
        ("r2", "1", 0.5, 50.0),
        ("r850", "percent", 50.0, 50.0),
        ("tcc", "(0 - 1)", 0.25, 25.0),
        ("tcc", "okta", 8.0, 100.0),
        ("q2", "1", 0.01, 0.01),
        ("q850", "g/kg", 10.0, 0.01),
        ("sp", "hPa", 1013.25, 101325.0),
        ("msl", "millibars", 1000.0, 100000.0),
        ("sp", "Pascal", 1000.0, 1000.0),
        ("blh", "M", 800.0, 800.0),
        ("tp", "m", 0.002, 2.0),
        ("tp", "kg m**-2", 2.0, 2.0),
        ("blh", "metre", 800.0, 800.0),
        ("gh500", "gpm", 5500.0, 5500.0),
        ("gh500", "m**2 s**-2", 9.80665 * 5500, 5500.0),
        ("gh500", "m2/s2", 9.80665 * 5500, 5500.0),
        ("w850", "Pa/s", -0.5, -0.5),
        ("ssrd", "kJ m-2", 2.0, 2000.0),
        ("pm25", "µg/m³", 35.0, 35.0),
        ("pm25", "μg m**-3", 35.0, 35.0),
        ("pm10", "kg m**-3", 35e-9, 35.0),
        ("pm10", "mg m^-3", 0.035, 35.0),
        ("co", "ug/m3", 900.0, 0.9),
        ("co", "kg m-3", 9e-7, 0.9),
        ("co", "ppm", 1.0, 1.145),
        ("o3", "ppbV", 50.0, 98.1),  # 50 x 1.962
        ("o3", "mol mol-1", 50e-9, 98.1),
        ("no2", "1e-9", 10.0, 18.8),
        ("so2", "ppm", 0.01, 26.2),
    ],
)
def test_units_convert(name, units, raw, expected):
    factor, offset = conversion(name, units, "f.nc")
    assert raw * factor + offset == pytest.approx(expected, rel=1e-9)


def test_every_field_takes_its_own_units_unchanged():
    for name, field in FIELDS.items():
        assert conversion(name, field.units, "f") == (1.0, 0.0)


@pytest.mark.parametrize(
    ("name", "units"),
    [
        ("sp", "K"),
        ("t2m", "%"),
        ("t2m", "1"),
        ("blh", "m2 s-2"),  # geopotential of no surface
        ("tp", "kg m-2 s-1"),  # a rate is no amount
        ("ssrd", "W m-2"),
        ("u10", "degree"),
        ("o3", "kg kg-1"),  # needs the density of the air
        ("pm25", "ppb"),
        ("pm10", "1"),
        ("gh500", "7"),
    ],
)
def test_units_that_do_not_convert(name, units):
    message = rf"^f\.nc: field {name} is in '{units}'; expected {FIELDS[name].units} or what conv"
    with pytest.raises(InputError, match=message):
        conversion(name, units, "f.nc")


def test_units_not_stated_or_not_text():
    with pytest.raises(InputError, match=r"^f\.nc: field t2m states no units; expected K$"):
        conversion("t2m", None, "f.nc")
    with pytest.raises(InputError, match="field t2m is in '7'"):
        conversion("t2m", 7, "f.nc")


@pytest.mark.parametrize(
    ("name", "units", "expected"),
    [
        ("tp", "kg m**-2 s**-1", 1.0),
        ("tp", "m s-1", 1000.0),
        ("tp", "mm/h", 1 / 3600),
        ("tp", "mm/day", 1 / 86400),
        ("ssrd", "W m-2", 1.0),
        ("ssrd", "J m-2", None),
        ("tp", "mm", None),
        ("u10", "m s-1", None),
    ],
)
def test_rates(name, units, expected):
    assert rate_conversion(name, units) == (expected and pytest.approx(expected))


def test_mass_fractions():
    assert mass_fraction("o3", "kg kg**-1") == 1e9
    assert mass_fraction("o3", "ug/kg") == pytest.approx(1.0)
    assert mass_fraction("co", "kg/kg") == 1e6
    assert mass_fraction("q2", "kg kg-1") is None
    assert mass_fraction("o3", "kg m-3") is None


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (" m s**-1 ", "m s-1"),
        ("m.s-1", "m s-1"),
        ("W/m^2", "W m-2"),
        ("kg m⁻³", "kg m-3"),
        ("m²/s²", "m2 s-2"),
        ("°C", "degC"),
        ("(0 - 1)", "1"),
    ],
)
def test_spellings(text, plain):
    assert plain_units(text) == plain
