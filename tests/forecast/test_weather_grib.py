"""Fields, packings and products of GRIB 1 and 2, in small files written with ecCodes."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from grib_messages import message, t2m, written
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.errors import MissingExtraError
from forecast.weather.containers import grib_keys
from forecast.weather.containers.grib_frames import Frame
from forecast.weather.opening import open_weather

# fields


def test_units_and_names(tmp_path):
    level = {"typeOfLevel": "isobaricInhPa", "level": 850}
    file = written(
        tmp_path / "a.grib2",
        t2m(9806.65, **level, shortName="z"),
        t2m(0.25, shortName="tcc", typeOfLevel="surface", paramId=164),
        t2m(101000, shortName="prmsl", centre="kwbc"),
        t2m(75e-9, sample="regular_ll_sfc_grib1", shortName="pm2p5"),
        t2m(281, typeOfLevel="isobaricInhPa", level=50, shortName="t"),
    )
    found = open_weather(file)
    np.testing.assert_allclose(found["gh850"], 1000.0, rtol=1e-5)
    np.testing.assert_allclose(found["tcc"], 25.0, rtol=1e-5)
    np.testing.assert_allclose(found["msl"], 101000, rtol=1e-5)
    assert found["gh850"].attrs["units"] == "m" and found["tcc"].attrs["units"] == "%"
    assert sorted(found.data_vars) == ["gh850", "msl", "pm25", "tcc"]
    np.testing.assert_allclose(found["pm25"], 75.0, rtol=1e-5)
    assert found.attrs["ignored"] == "t"


def cloud(value, start, end, surface=10):
    """Total cloud of GFS at a time, or where it starts before, its mean; 10 is the whole air."""
    keys = {"centre": "kwbc", "productDefinitionTemplateNumber": 8 if start < end else 0}
    keys |= {"parameterCategory": 6, "parameterNumber": 1, "typeOfFirstFixedSurface": surface}
    keys |= {"forecastTime": start}
    if start < end:
        keys |= {"typeOfStatisticalProcessing": 0, "lengthOfTimeRange": end - start}
    return message(np.full(12, value), **keys)


def test_cloud_at_the_time_goes_before_its_mean(tmp_path):
    low = 214
    file = written(
        tmp_path / "a.grib2",
        cloud(70, 0, 6),
        cloud(30, 6, 6),
        cloud(99, 6, 6, low),
        cloud(80, 6, 12),
        cloud(75, 0, 12),
    )
    found = open_weather(file)["tcc"]
    np.testing.assert_allclose(found.values[0, :, 0, 0, 0], [30, 80], rtol=1e-5)


def test_missing_values_are_nan(tmp_path):
    for edition in (1, 2):
        values = np.arange(12.0) + 270
        values[[3, 7]] = 9999
        keys = {"bitmapPresent": 1, "missingValue": 9999, "shortName": "2t"}
        data = message(values, f"regular_ll_sfc_grib{edition}", **keys)
        found = open_weather(written(tmp_path / f"{edition}.grib", data))["t2m"].values.ravel()
        assert np.flatnonzero(np.isnan(found)).tolist() == [3, 7]
        np.testing.assert_allclose(found[[0, 4, 11]], [270, 274, 281], atol=1e-4)


def test_what_is_made_of_an_ensemble_is_no_member(tmp_path):
    mean = {"productDefinitionTemplateNumber": 2, "shortName": "2t"}
    member = {"productDefinitionTemplateNumber": 1, "shortName": "2t", "number": 3}
    file = written(tmp_path / "a.grib2", t2m(250, **mean), t2m(260, **member))
    found = open_weather(file)["t2m"]
    assert found["member"].values.tolist() == [3]
    np.testing.assert_allclose(found, 260)


@pytest.mark.parametrize("packing", ["grid_ccsds", "grid_jpeg", "grid_complex", "grid_ieee"])
def test_packings(tmp_path, packing):
    values = 280 + 10 * np.sin(np.arange(12.0))
    file = written(tmp_path / "a.grib2", t2m(values, packingType=packing))
    found = open_weather(file)["t2m"].values.ravel()
    np.testing.assert_allclose(found, values, atol=1e-3)


@given(st.lists(st.floats(200, 330), min_size=12, max_size=12))
@settings(max_examples=25, deadline=None)
def test_values_come_back_within_packing(tmp_path_factory, values):
    file = written(tmp_path_factory.mktemp("h") / "a.grib2", t2m(values))
    found = open_weather(file)["t2m"].values.ravel()
    np.testing.assert_allclose(found, values, atol=2 * 130 / 2**24 + 330 / 2**23)


def several_in_one(*messages, repeated_bitmap=False):
    """One GRIB 2 message of several fields on one grid, as NCEP writes u and v."""
    parts = []
    for at, data in enumerate(messages):
        place, wanted = 16, b""
        while data[place : place + 4] != b"7777":
            size, number = int.from_bytes(data[place : place + 4], "big"), data[place + 4]
            section = data[place : place + size]
            if number == 6 and at and repeated_bitmap:
                section = bytes([0, 0, 0, 6, 6, 254])
            wanted += section if number >= 4 or at == 0 else b""
            place += size
        parts.append(wanted)
    body = b"".join(parts) + b"7777"
    return messages[0][:8] + (16 + len(body)).to_bytes(8, "big") + body


def test_two_fields_in_one_message(tmp_path):
    gaps = {"bitmapPresent": 1, "missingValue": 9999}
    u, v = np.arange(12.0), -np.arange(12.0)
    u[5] = v[5] = 9999
    data = several_in_one(
        t2m(u, shortName="10u", **gaps), t2m(v, shortName="10v", **gaps), repeated_bitmap=True
    )
    found = open_weather(written(tmp_path / "a.grib2", data, t2m(280)))
    expected = np.where(np.arange(12) == 5, np.nan, np.arange(12.0))
    np.testing.assert_allclose(found["u10"].values.ravel(), expected, atol=1e-4)
    np.testing.assert_allclose(found["v10"].values.ravel(), -expected, atol=1e-4)
    np.testing.assert_allclose(found["t2m"], 280)


def test_edition_1_of_more_than_8_megabytes(tmp_path):
    """Lengths of three octets do not do: they count in 120 octets then."""
    values = np.random.default_rng(0).uniform(250, 300, 2000 * 1500)
    keys = {"Ni": 2000, "Nj": 1500, "shortName": "2t"}
    keys |= {"iDirectionIncrementInDegrees": 0.02, "jDirectionIncrementInDegrees": 0.02}
    keys |= {"latitudeOfLastGridPointInDegrees": 10.02}
    keys |= {"longitudeOfLastGridPointInDegrees": 139.98}
    big = message(values, "regular_ll_sfc_grib1", **keys)
    assert len(big) > 8_388_608
    next_day = message(values + 5, "regular_ll_sfc_grib1", **keys, dataDate=20200102)
    found = open_weather(written(tmp_path / "a.grib", big, next_day))["t2m"]
    at = [0, 1234567, -1]
    np.testing.assert_allclose(found.values[0].ravel()[at], values[at], atol=1e-4)
    np.testing.assert_allclose(found.values[1].ravel()[at], values[at] + 5, atol=1e-4)


# the file as a whole


def test_padding_of_mars(tmp_path):
    first, second = t2m(280), t2m(281, forecastTime=6)
    file = written(tmp_path / "a.grib2", first, bytes(-len(first) % 120), second, bytes(50))
    np.testing.assert_allclose(open_weather(file)["t2m"].values[0, :, 0, 0, 0], [280, 281])


def test_only_the_messages_asked_for_are_read(tmp_path, monkeypatch):
    messages = [t2m(280 + step, forecastTime=step) for step in range(24)]
    data = open_weather(written(tmp_path / "a.grib2", *messages))
    read = []
    whole = Frame.read
    monkeypatch.setattr(Frame, "read", lambda self, file: read.append(self) or whole(self, file))
    assert data["t2m"].isel(lead=[20, 7]).values[0, :, 0, 0, 0].tolist() == [300, 287]
    assert [frame.number for frame in read] == [8, 21]


def test_several_threads_read_at_once(tmp_path):
    messages = [t2m(280 + step, forecastTime=step) for step in range(40)]
    data = open_weather(written(tmp_path / "a.grib2", *messages))["t2m"]

    def read(step):
        return data.isel(lead=step).values.ravel().tolist()

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(read, [*range(40)] * 5))
    assert found == [[280 + step] * 12 for step in range(40)] * 5


def test_nothing_is_written_beside_the_file(tmp_path):
    file = written(tmp_path / "a.grib2", t2m(280))
    open_weather(file).load()
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.grib2"]


def test_other_names_of_the_user(tmp_path):
    file = written(tmp_path / "a.grib2", t2m(3.0, shortName="skt"), t2m(290))
    found = open_weather(file, rename={"skt": "t2m"})
    np.testing.assert_allclose(found["t2m"], 3.0)
    local = {"centre": "kwbc", "localTablesVersion": 1, "parameterCategory": 3}
    local |= {"parameterNumber": 196, "typeOfFirstFixedSurface": 1}
    file = written(tmp_path / "b.grib2", message(np.full(12, 800.0), discipline=0, **local))
    found = open_weather(file, "grib", rename={"0.3.196@surface": "blh"}, units={"blh": "m"})
    np.testing.assert_allclose(found["blh"], 800)


ECMWF = {"setLocalDefinition": 1, "centre": "ecmf", "grib2LocalSectionNumber": 1}


@pytest.mark.parametrize(
    ("product", "keys"),
    [
        ("gfs", {"centre": "kwbc", "generatingProcessIdentifier": 96}),
        ("gefs", {"centre": "kwbc", "productDefinitionTemplateNumber": 1, "number": 4}),
        ("ifs-hres", {"marsClass": "od", "marsStream": "oper", "marsType": "fc"}),
        ("ifs-ens", {"marsClass": "od", "marsStream": "enfo", "marsType": "cf"}),
        ("aifs", {"marsClass": "ai", "marsStream": "oper", "marsType": "fc"}),
        ("era5-grib", {"marsClass": "ea", "marsStream": "oper", "marsType": "an"}),
        ("grib", {"centre": "babj"}),
        ("grib", {"centre": "kwbc", "generatingProcessIdentifier": 84}),
    ],
)
def test_products_know_themselves(tmp_path, product, keys):
    keys = (ECMWF | keys if "marsClass" in keys else keys) | {"shortName": "2t"}
    file = written(tmp_path / "a.grib2", t2m(280, **keys))
    assert open_weather(file).attrs["product"] == product


def test_the_package_needs_no_eccodes_until_a_grib_file_is_opened():
    code = (
        "import sys, forecast.weather.opening, forecast.weather.products as p; p.products();"
        "import forecast.weather.containers.grib;"
        "sys.exit(any(m in sys.modules for m in ('eccodes', 'cfgrib', 'gribapi')))"
    )
    root = Path(__file__).resolve().parents[2]
    assert subprocess.run([sys.executable, "-c", code], cwd=root).returncode == 0


def test_without_the_extra(tmp_path, monkeypatch):
    file = written(tmp_path / "a.grib2", t2m(280))
    monkeypatch.setitem(sys.modules, "eccodes", None)
    grib_keys._modules.cache_clear()
    try:
        with pytest.raises(MissingExtraError, match=r"pip install 'wubu\[grib\]'"):
            open_weather(file)
    finally:
        monkeypatch.undo()
        grib_keys._modules.cache_clear()


def test_grib_and_postgresql_in_one_process(tmp_path):
    """Loaded the other way round, the process would die at its exit."""
    file = written(tmp_path / "a.grib2", t2m(280.0))
    code = (
        "from forecast.weather import open_weather\n"
        f"open_weather({str(file)!r}, 'grib')['t2m'].load()\n"
        "import psycopg\n"
    )
    pytest.importorskip("psycopg")
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
