"""CMAQ and CAMx output in the I/O API layout: maps, times, units, and damage."""

from __future__ import annotations

from pathlib import Path

import netCDF4
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.errors import InputError
from forecast.weather import open_weather
from forecast.weather.containers.concentrations import concentration_factor
from forecast.weather.containers.projections import Cone, Mercator
from forecast.weather.opening import look
from forecast.weather.product import Header
from forecast.weather.products import products, recognised

DIMS = ("TSTEP", "LAY", "ROW", "COL")
LAMBERT = {"GDTYP": 2, "P_ALP": 25.0, "P_BET": 40.0, "P_GAM": 110.0, "XCENT": 110.0, "YCENT": 34.0}
MISSING = -9.999e36
GASES = {"O3": (0.05, "ppmV"), "NO2": (20.0, "ppbV"), "CO": (0.8, "ppmV")}


def grid_of(corner, cells, size):
    """XORIG … NROWS of a grid from its outer corner."""
    return {
        "XORIG": float(corner[0]),
        "YORIG": float(corner[1]),
        "XCELL": float(cells[0]),
        "YCELL": float(cells[1]),
        "NCOLS": size[1],
        "NROWS": size[0],
    }


# columns 0, 66, 108 and rows 0, 50, 83: x -2382, 0, 1512 km and y -1782, 18, 1206 km
CHINA = grid_of((-2_400_000, -1_800_000), (36_000, 36_000), (5, 6))


def write(path: Path, species=None, *, form="NETCDF3_CLASSIC", attributes=None, hours=range(3)):
    """A CMAQ ACONC-like file as the I/O API writes it: blank-padded texts, TFLAG by variable."""
    path.unlink(missing_ok=True)
    species = GASES if species is None else species
    with netCDF4.Dataset(path, "w", format=form) as file:
        header = {
            "IOAPI_VERSION": "$Id: @(#) ioapi library version 3.2 $".ljust(80),
            "EXEC_ID": "CMAQ_CCTMv532".ljust(80),
            "FTYPE": 1,
            "SDATE": 2015335,
            "STIME": 0,
            "TSTEP": 10000,
            "NLAYS": 2,
            "NVARS": len(species),
            **LAMBERT,
            **CHINA,
            "VAR-LIST": "".join(name.ljust(16) for name in species),
            **(attributes or {}),
        }
        header = {n: np.int32(v) if isinstance(v, int) else v for n, v in header.items()}
        file.setncatts({name: value for name, value in header.items() if value is not None})
        file.createDimension("TSTEP", None)
        file.createDimension("DATE-TIME", 2)
        for name, size in (("LAY", 2), ("VAR", len(species))):
            file.createDimension(name, size)
        file.createDimension("ROW", int(header["NROWS"] or 5))
        file.createDimension("COL", int(header["NCOLS"] or 6))
        flags = file.createVariable("TFLAG", "i4", ("TSTEP", "VAR", "DATE-TIME"))
        flags.units = "<YYYYDDD,HHMMSS>"
        for k, hour in enumerate(hours):
            flags[k] = np.broadcast_to([2015335 + hour // 24, hour % 24 * 10000], (len(species), 2))
        for name, (value, units) in species.items():
            variable = file.createVariable(name, "f4", DIMS)
            variable.setncatts({"long_name": name.ljust(16), "var_desc": name.ljust(80)})
            if units is not None:
                variable.units = units.ljust(16)
            # the upper layer is ten times the lower, the second hour twice the first
            layer = np.array([1.0, 10.0])[:, None, None]
            hour = np.arange(1.0, len(hours) + 1)[:, None, None, None]
            variable[:] = np.broadcast_to(value * layer * hour, (len(hours), *variable.shape[1:]))
    return path


def test_cmaq_concentrations(tmp_path):
    species = {**GASES, "SO2": (0.01, "ppmV"), "PM25_TOT": (80.0, "micrograms/m**3")}
    data = open_weather(write(tmp_path / "aconc", {**species, "PM10": (120.0, "ug m-3")}))
    assert data.attrs["product"] == "cmaq" and data.attrs["cell"] == "instant"
    expected = {
        "o3": 50 * 1.962,
        "no2": 20 * 1.88,
        "so2": 10 * 2.62,
        "co": 0.8 * 1.145,
        "pm25": 80.0,
        "pm10": 120.0,
    }
    assert set(data) == set(expected)
    for name, value in expected.items():
        assert data[name].dims == ("issue", "lead", "member", "y", "x")
        np.testing.assert_allclose(data[name][0, 0], value, rtol=1e-6)
        np.testing.assert_allclose(data[name][0, 2], 3 * value, rtol=1e-6)


def test_cmaq_times(tmp_path):
    data = open_weather(write(tmp_path / "aconc", hours=[22, 23, 24, 25]))
    assert data["issue"].values == np.datetime64("2015-12-01")  # day 335
    assert (data["lead"].values == np.array([22, 23, 24, 25], "m8[h]")).all()
    assert data["valid_time"].values[0, 2] == np.datetime64("2015-12-02T00")
    late = {"SDATE": 2015334, "STIME": 183000}
    data = open_weather(write(tmp_path / "aconc", attributes=late))
    assert data["issue"].values == np.datetime64("2015-11-30T18:30")
    assert data["lead"].values[0] == np.timedelta64(330, "m")


def test_missing_values(tmp_path):
    path = write(tmp_path / "aconc")
    with netCDF4.Dataset(path, "a") as file:
        file["O3"][1, 0, 2, 3] = MISSING
    values = open_weather(path)["o3"].values
    assert np.isnan(values[0, 1, 0, 2, 3]) and np.isnan(values).sum() == 1


# Centres by PROJ 9.6 on the sphere of 6370 km: `+proj=lcc +lat_1=25 +lat_2=40 +lat_0=34 +lon_0=110`
# and so on, at the x and y of three cells.
MAPS = {
    "lambert": (
        LAMBERT,
        [(15.85230642, 88.28557855), (34.0, 110.0), (43.62710901, 128.5313334)],
    ),
    "southern lambert": (
        {
            "GDTYP": 2,
            "P_ALP": -40.0,
            "P_BET": -25.0,
            "P_GAM": 170.0,
            "XCENT": 170.0,
            "YCENT": -34.0,
        },
        [(-46.83886695, 139.00002447), (-34.0, 170.0), (-22.23851511, -175.48434476)],
    ),
    "polar": (
        {"GDTYP": 6, "P_ALP": 1.0, "P_BET": 60.0, "P_GAM": -98.0, "XCENT": -98.0, "YCENT": 90.0},
        [(61.89887287, -151.19943969), (90.0, None), (71.64010416, 30.65980825)],
    ),
    "southern polar": (
        {"GDTYP": 6, "P_ALP": -1.0, "P_BET": -71.0, "P_GAM": 20.0, "XCENT": 20.0, "YCENT": -90.0},
        [(-63.0042199, -106.80056031), (-90.0, None), (-72.37826761, 71.34019175)],
    ),
    "mercator": (
        {"GDTYP": 7, "P_ALP": 20.0, "P_BET": 0.0, "P_GAM": 110.0, "XCENT": 110.0, "YCENT": 0.0},
        [(-16.81058568, 87.19977458), (0.0, 110.0), (11.41008604, 124.35782457)],
    ),
}
XY = [(-2_382_000, -1_782_000), (0, 0), (1_500_000, 1_200_000)]


@pytest.mark.parametrize("kind", MAPS)
def test_cells_lie_where_proj_puts_them(kind, tmp_path):
    attributes, places = MAPS[kind]
    for (x, y), (latitude, longitude) in zip(XY, places, strict=True):
        # a grid of 2 × 3 cells whose second row and third column has its centre at x, y
        small = grid_of((x - 2.5 * 12_000, y - 1.5 * 9_000), (12_000, 9_000), (2, 3))
        data = open_weather(write(tmp_path / "aconc", attributes={**attributes, **small}))
        at = data.isel(y=1, x=2)
        assert float(at["latitude"]) == pytest.approx(latitude, abs=1e-6)
        if longitude is not None:
            assert float(at["longitude"]) == pytest.approx(longitude, abs=1e-6)


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("lambert", {"XCENT": 115.0}),
        ("mercator", {"XCENT": 100.0}),
        ("mercator", {"YCENT": 25.0}),
        ("polar", {"YCENT": 50.0}),
        ("southern polar", {"YCENT": 90.0}),
    ],
)
def test_counted_from_a_place_programs_do_not_agree_on(kind, change, tmp_path):
    path = write(tmp_path / "aconc", attributes={**MAPS[kind][0], **change})
    with pytest.raises(InputError, match="aconc: attributes YCENT, XCENT are"):
        open_weather(path)


@given(
    kind=st.sampled_from(
        [
            Cone.lambert(25.0, 40.0, 110.0),
            Cone.lambert(-60.0, -30.0, -70.0),
            Cone.lambert(45.0, 45.0, 179.0),
            Cone.polar(1, 60.0, -98.0),
            Cone.polar(-1, -71.0, 0.0),
            Mercator(20.0, 110.0),
        ]
    ),
    latitude=st.floats(-75, 75),
    away=st.floats(-170, 170),
)
def test_there_and_back(kind, latitude, away):
    longitude = (kind.meridian + away + 180) % 360 - 180
    back = kind.inverse(*kind.forward(np.array(latitude), np.array(longitude)))
    np.testing.assert_allclose(back[0], latitude, atol=1e-9)
    np.testing.assert_allclose((back[1] - longitude + 180) % 360 - 180, 0.0, atol=1e-9)


def test_degrees_are_a_regular_grid(tmp_path):
    degrees = {"GDTYP": 1, **grid_of((70.0, 15.0), (0.25, 0.5), (5, 6))}
    data = open_weather(write(tmp_path / "aconc", attributes=degrees))
    assert data["o3"].dims == ("issue", "lead", "member", "latitude", "longitude")
    np.testing.assert_allclose(data["latitude"], [15.25, 15.75, 16.25, 16.75, 17.25])
    np.testing.assert_allclose(data["longitude"][[0, -1]], [70.125, 71.375])


def test_coordinates_of_the_file_come_first(tmp_path):
    path = write(tmp_path / "gridcro", attributes={"GDTYP": 9})
    with netCDF4.Dataset(path, "a") as file:
        for name, value in (("LAT", 30.0), ("LON", 100.0)):
            variable = file.createVariable(name, "f4", DIMS)
            step = 0.1 * (np.arange(5)[:, None] if name == "LAT" else np.arange(6))
            variable[:] = np.broadcast_to(value + step, (3, 2, 5, 6))
    data = open_weather(path)
    np.testing.assert_allclose(data["latitude"][:, 0], 30 + 0.1 * np.arange(5), rtol=1e-6)
    np.testing.assert_allclose(data["longitude"][3], 100 + 0.1 * np.arange(6), rtol=1e-6)


def test_weather_of_mcip(tmp_path):
    species = {"TEMP2": (280.0, "K"), "PRSFC": (90_000.0, "Pascal"), "PBL": (500.0, "M")}
    units = {"sp": "Pa", "blh": "m"}
    data = open_weather(write(tmp_path / "metcro2d", species), units=units)
    for name, value in (("t2m", 280.0), ("sp", 90_000.0), ("blh", 500.0)):
        np.testing.assert_allclose(data[name][0, 0], value)


# --- CAMx -----------------------------------------------------------------------------------------


def write_camx(path: Path, form="NETCDF4_CLASSIC", **attributes):
    """An average file as CAMx 7 writes it: coordinates, ETFLAG, a species z, texts not padded."""
    path.unlink(missing_ok=True)
    species = {
        "O3": (0.06, "ppmv"),
        "CO": (1.5, "ppmv"),
        "PM2_5": (40.0, "micrograms m-3"),
        "PSO4": (9.0, "micrograms m-3"),
    }
    header = {
        "FTYPE": 1,
        "SDATE": 2016161,
        "STIME": 0,
        "TSTEP": 10000,
        "NLAYS": 1,
        "NROWS": 3,
        "NCOLS": 4,
        "NVARS": 5,
        "GDTYP": 2,
        "P_ALP": 33.0,
        "P_BET": 45.0,
        "P_GAM": -97.0,
        "XCENT": -97.0,
        "YCENT": 40.0,
        "XORIG": -24_000.0,
        "YORIG": -18_000.0,
        "XCELL": 12_000.0,
        "YCELL": 12_000.0,
        "IOAPI_VERSION": "IOAPI-CAMx",
        "EXEC_ID": "CAMx",
        "CAMx_NAME": "AVERAGE",
        "NOTE": "test run",
        "ITZON": 0,
        "HISTORY": "Generated by CAMx v7.20",
        **attributes,
    }
    with netCDF4.Dataset(path, "w", format=form) as file:
        header = {n: np.int32(v) if isinstance(v, int) else v for n, v in header.items()}
        file.setncatts({name: value for name, value in header.items() if value is not None})
        sizes = {"TSTEP": None, "DATE-TIME": 2, "LAY": 1, "VAR": 5, "ROW": 3, "COL": 4}
        for name, size in sizes.items():
            file.createDimension(name, size)
        for name, late in (("TFLAG", 0), ("ETFLAG", 10000)):
            flags = file.createVariable(name, "i4", ("TSTEP", "VAR", "DATE-TIME"))
            flags[:2] = np.array([[2016161, late], [2016161, 10000 + late]])[:, None, :]
        projection = Cone.lambert(33.0, 45.0, -97.0)
        x, y = np.meshgrid(np.arange(-18e3, 19e3, 12e3), np.arange(-12e3, 13e3, 12e3))
        _, south = projection.forward(np.array(40.0), np.array(-97.0))
        for name, values in zip(
            ("latitude", "longitude"), projection.inverse(x, y + south), strict=True
        ):
            variable = file.createVariable(name, "f8", ("ROW", "COL"))
            variable.units = "Degrees north" if name == "latitude" else "Degrees east"
            variable[:] = values
        file.createVariable("topo", "f4", ("ROW", "COL"))[:] = 100.0
        file.createVariable("z", "f4", DIMS)[:] = np.full((2, 1, 3, 4), 20.0)
        for name, (value, units) in species.items():
            variable = file.createVariable(name, "f4", DIMS)
            variable.setncatts({"units": units, "coordinates": "latitude longitude"})
            variable[:] = np.full((2, 1, 3, 4), value)
    return path


def test_camx(tmp_path):
    data = open_weather(write_camx(tmp_path / "avrg.grd01.nc"))
    assert data.attrs["product"] == "camx"
    assert data.attrs["ignored"] == "topo, z, PSO4"
    assert data["issue"].values == np.datetime64("2016-06-09")  # day 161 of a leap year
    assert (data["lead"].values == np.array([0, 1], "m8[h]")).all()
    for name, value in (("o3", 60 * 1.962), ("co", 1.5 * 1.145), ("pm25", 40.0)):
        np.testing.assert_allclose(data[name], value, rtol=1e-6)
    # the same place by the coordinates of the file and by its attributes
    without = write_camx(tmp_path / "bare.nc")
    with netCDF4.Dataset(without, "a") as file:
        file.renameVariable("latitude", "a")
        file.renameVariable("longitude", "b")
    bare = open_weather(without)
    np.testing.assert_allclose(bare["latitude"], data["latitude"], atol=1e-9)
    np.testing.assert_allclose(bare["longitude"], data["longitude"], atol=1e-9)


def test_camx_clock_of_a_time_zone(tmp_path):
    """ITZON 5 is Eastern Standard Time: 00:00 there is 05:00 UTC."""
    data = open_weather(write_camx(tmp_path / "avrg.nc", ITZON=5))
    assert data["issue"].values == np.datetime64("2016-06-09T05")
    assert data["valid_time"].values[0, 1] == np.datetime64("2016-06-09T06")


def test_each_is_recognised_alone(tmp_path):
    def both(header):
        return [name for name in ("cmaq", "camx") if products()[name].recognises(header)]

    assert recognised(look(write(tmp_path / "a"))).name == "cmaq"
    assert recognised(look(write_camx(tmp_path / "b"))).name == "camx"
    assert both(look(tmp_path / "a")) == ["cmaq"] and both(look(tmp_path / "b")) == ["camx"]
    old = {"IOAPI_VERSION": None, "EXEC_ID": None, "CAMx_NAME": None, "NAME": "AVERAGE   "}
    classic = "NETCDF3_CLASSIC"  # NetCDF-4 keeps the name NAME for itself
    assert both(look(write_camx(tmp_path / "c", classic, **old))) == ["camx"]
    bare = {**old, "NAME": None, "ITZON": None}
    assert both(look(write_camx(tmp_path / "d", **bare))) == []
    assert both(Header(tmp_path / "e", "grib", {"IOAPI_VERSION": "x"}, {"TFLAG": {}})) == []


# --- units ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "units", "factor"),
    [
        ("o3", "ppmV            ", 1962.0),
        ("o3", "ppbv", 1.962),
        ("o3", "ug/m3", 1.0),
        ("co", "ppbV", 0.001145),
        ("co", "micrograms/m**3", 0.001),
        ("pm25", "micrograms m-3", 1.0),
        ("pm10", "microgram/m**3", 1.0),
        ("pm10", "ug m^-3", 1.0),
    ],
)
def test_units_of_concentrations(name, units, factor):
    assert concentration_factor(name, units, "here") == pytest.approx(factor, rel=1e-12)


@pytest.mark.parametrize(
    ("name", "units", "says"),
    [
        ("pm25", "ppmV", "here: field pm25: unit 'ppmv' is a mixing ratio"),
        ("o3", "mol/mol?", "here: field o3: unit 'mol/mol.' is unknown"),
        ("o3", None, "here: field o3 states no units"),
    ],
)
def test_units_that_do_not_convert(name, units, says):
    with pytest.raises(InputError, match=says):
        concentration_factor(name, units, "here")


# --- damage ---------------------------------------------------------------------------------------


def changed(variable, **attributes):
    return lambda file: file[variable].setncatts(attributes)


def without(variable):
    return lambda file: file.renameVariable(variable, "gone")


DAMAGE = {
    "no time flags": (without("TFLAG"), "variable TFLAG is missing"),
    "a record never written": (
        lambda f: f["TFLAG"].__setitem__(1, 0),
        "TFLAG holds 0,000000 at 1; expected YYYYDDD",
    ),
    "an hour that is none": (
        lambda f: f["TFLAG"].__setitem__((1, slice(None), 1), 250000),
        "TFLAG holds 2015335,250000 at 1|TFLAG holds 2016161,250000 at 1",
    ),
    "a time twice": (
        lambda f: f["TFLAG"].__setitem__((1, slice(None), 1), 0),
        "axis lead holds 0 days 00:00:00 twice",
    ),
    "a start after the first time": (
        lambda f: f.setncattr("STIME", np.int32(10000)),
        "TFLAG holds .*, before the start of the file",
    ),
    "no start": (
        lambda f: f.setncattr("SDATE", np.int32(-635)),
        "SDATE,STIME holds -635,000000",
    ),
    "boundaries": (
        lambda f: f.setncattr("FTYPE", np.int32(2)),
        "attribute FTYPE is 2; expected 1",
    ),
    "no units": (lambda f: f["O3"].delncattr("units"), "O3: field o3 states no units"),
    "unknown units": (changed("O3", units="furlong"), "O3: field o3: unit 'furlong' is unknown"),
    "particles by volume": (changed("CO", units="g"), "CO: field co: unit 'g' is unknown"),
    "wrong axes": (
        lambda f: [
            f.renameVariable("O3", "old"),
            f.createVariable("O3", "f4", ("TSTEP", "ROW", "COL")),
        ],
        r"variable O3 lies on \(TSTEP, ROW, COL\); expected \(TSTEP, LAY, ROW, COL\)",
    ),
    "text instead of numbers": (
        lambda f: [f.renameVariable("O3", "old"), f.createVariable("O3", "S1", DIMS)],
        "variable O3 is of type",
    ),
}
CMAQ_DAMAGE = {
    "a map of another kind": (
        lambda f: f.setncattr("GDTYP", np.int32(9)),
        "attribute GDTYP is 9, a map that is not known",
    ),
    "no map": (lambda f: f.delncattr("GDTYP"), "attribute GDTYP is missing; expected a number"),
    "a map of nothing": (
        lambda f: f.setncattr("XORIG", np.nan),
        r"attribute XORIG is .*nan.*; expected a number",
    ),
    "a cone that is none": (
        lambda f: f.setncattr("P_BET", -40.0),
        "P_ALP, P_BET: standard parallels 25 and -40 make no cone",
    ),
    "a pole that is none": (
        lambda f: f.setncattr("GDTYP", np.int32(6)),
        "attribute P_ALP is 25; expected 1 or -1",
    ),
    "cells of no size": (
        lambda f: f.setncattr("XCELL", 0.0),
        "attribute XCELL is 0; expected more than 0",
    ),
    "cut to a part of its grid": (
        lambda f: f.setncattr("NCOLS", np.int32(140)),
        "dimension COL is 6 long, attribute NCOLS says 140",
    ),
}
CAMX_DAMAGE = {
    "a hole in the latitude": (
        lambda f: f["latitude"].__setitem__((1, 1), np.nan),
        "latitude holds a value that is not within",
    ),
    "longitudes of nowhere": (
        lambda f: f["longitude"].__setitem__(slice(None), 900.0),
        "longitude holds a value that is not within",
    ),
    "a time zone that is none": (
        lambda f: f.setncattr("ITZON", "EST"),
        "attribute ITZON is 'EST'; expected a number",
    ),
    "places on other axes": (
        lambda f: [
            f.renameVariable("latitude", "old"),
            f.createVariable("latitude", "f8", ("COL",)),
        ],
        r"variable latitude lies on \(COL\); expected \(ROW, COL\)",
    ),
}


def refused(path, change, says, product):
    with netCDF4.Dataset(path, "a") as file:
        change(file)
    with pytest.raises(InputError, match=f"{path.name}.*({says})"):
        open_weather(path, product).load()


@pytest.mark.parametrize("kind", [*DAMAGE, *CMAQ_DAMAGE])
def test_damaged_cmaq(kind, tmp_path):
    refused(write(tmp_path / "aconc"), *{**DAMAGE, **CMAQ_DAMAGE}[kind], "cmaq")


@pytest.mark.parametrize("kind", [*DAMAGE, *CAMX_DAMAGE])
def test_damaged_camx(kind, tmp_path):
    refused(write_camx(tmp_path / "avrg.nc"), *{**DAMAGE, **CAMX_DAMAGE}[kind], "camx")


@pytest.mark.parametrize("form", ["NETCDF3_CLASSIC", "NETCDF3_64BIT_DATA", "NETCDF4_CLASSIC"])
@given(share=st.floats(0.0, 0.9999))
def test_cut_off_anywhere(form, share, tmp_path_factory):
    """The library reads past the end of a classic file; the reader does not let it."""
    path = tmp_path_factory.getbasetemp() / f"aconc_{form}"
    if not path.exists():
        write(path, form=form)
    content = path.read_bytes()
    cut = path.with_name(f"cut_{form}")
    cut.unlink(missing_ok=True)
    cut.write_bytes(content[: int(share * len(content))])
    with pytest.raises(InputError, match="cut_"):
        open_weather(cut, "cmaq")


def test_no_species_of_the_data_model(tmp_path):
    path = write(tmp_path / "aconc", {"AORGAJ": (1.0, "micrograms/m**3")})
    with pytest.raises(InputError, match="aconc: no known weather field as cmaq; found AORGAJ"):
        open_weather(path)
    data = open_weather(path, rename={"AORGAJ": "pm25"})
    np.testing.assert_allclose(data["pm25"][0, 0], 1.0)
