"""The CF file of an area and the exchange package."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from consultation_inputs import forecast_of
from jsonschema import validate
from pydantic import ValidationError

from forecast.consultation.areas import Area
from forecast.consultation.briefing import make_briefing
from forecast.consultation.products.area_file import area_dataset, write_area_file
from forecast.consultation.products.package import package_name, write_package
from forecast.consultation.settings import Consultation, Exchange

CITIES = ("Beijing", "Tianjin", "石家庄")
AREA = Area("region", "jjj-2", "京津冀", "Jing-Jin-Ji", CITIES)
MADE = pd.Timestamp("2015-12-18T07:30:05")


@pytest.fixture(scope="module")
def issued():
    data = forecast_of(list(CITIES), leads=3)
    data["aqi_low"][0, 1] = data["aqi_high"][0, 1] = np.nan
    data["level"][0, 1], data["primary"][0, 1] = 0, -1
    return data


@pytest.fixture(scope="module")
def made(issued):
    return make_briefing(issued, AREA, Consultation())


def test_the_file_holds_what_is_issued(issued, made, tmp_path):
    path = write_area_file(made, tmp_path / "a.nc")
    with xr.open_dataset(path, decode_timedelta=False) as data:
        assert data["city_id"].values.tolist() == list(CITIES)
        np.testing.assert_array_equal(data["aqi_low"].fillna(-9), issued["aqi_low"].T.fillna(-9))
        np.testing.assert_array_equal(data["level"], issued["level"].T)
        np.testing.assert_array_equal(data["primary"], issued["primary"].T)
        np.testing.assert_allclose(
            data["level_probability"].transpose("time", "city", "level_number"),
            issued["level_probability"],
            atol=1e-4,
        )
        np.testing.assert_allclose(
            data["aqi"].sel(quantile=0.5), issued["aqi"].sel(quantile=0.5).T, atol=1e-4
        )
        # 19 December in Beijing is 18th 16 UTC to 19th 16 UTC; its middle 12 h after the cut-off
        ends = data["time_bounds"].values[0].astype("datetime64[h]").astype(str)
        assert ends.tolist() == ["2015-12-18T16", "2015-12-19T16"]
        assert data["forecast_period"].values.tolist() == [12.0, 36.0, 60.0]
        assert data["warning_level"].flag_meanings == "yellow orange red"
        rows = made["consultation"]["days"]
        np.testing.assert_allclose(
            data["area_aqi_mean"], [row["aqi_mean"] for row in rows], rtol=1e-5
        )
        assert data.attrs["simulated"] == "data" and "SIMULATED" in data.attrs["title"]
    again = write_area_file(made, tmp_path / "b.nc")
    assert again.read_bytes() == path.read_bytes()


def cf_findings(path):
    """What the checker of the CF conventions says of a file."""
    checker = Path(sys.executable).with_name("compliance-checker")
    report = path.with_suffix(".json")
    subprocess.run(
        [checker, "--test", "cf:1.10",
         "--criteria", "strict", "--format", "json", "--output", str(report), str(path)],
        check=False, capture_output=True, timeout=120,
    )  # fmt: skip
    checks = json.loads(report.read_text())["cf:1.10"]["all_priorities"]
    assert len(checks) > 20
    failed = [check for check in checks if check["value"][0] < check["value"][1]]
    return [text for check in failed for text in check["msgs"]]


def test_a_cf_checker_finds_nothing(made, tmp_path):
    path = write_area_file(made, tmp_path / "a.nc")
    assert cf_findings(path) == []
    with xr.open_dataset(path) as data:
        data.load()
    data["lat"].attrs["units"] = "m"
    data.to_netcdf(tmp_path / "bad.nc")
    assert any("lat" in text for text in cf_findings(tmp_path / "bad.nc"))


def test_a_city_without_forecast_and_none_at_all(issued):
    data = issued.copy(deep=True)
    for name in ("aqi_low", "aqi_high", "scenario_aqi", "heavy_probability"):
        data[name][:] = np.nan
    data["level"][:], data["primary"][:] = 0, -1
    empty = area_dataset(make_briefing(data, AREA, Consultation()))
    assert (empty["aqi_low"] == -1).all() and np.isnan(empty["area_aqi_mean"]).all()


NAME = re.compile(
    r"Z_ENV_EWFS_L[1-4]_[A-Z0-9]+_\d{14}_DBB_[A-Za-z0-9]+_SH[12]_BK[12]_\d{12}_00000-\d{5}\.ZIP"
)


def test_the_name_is_the_official_one(made):
    name = package_name(made, Exchange(), MADE)
    # issued with data up to 16 UTC, midnight in Beijing; three days are 72 hours
    assert name == (
        "Z_ENV_EWFS_L2_JJJ2_20151218073005_DBB_WUBU_SH1_BK1_201512190000_00000-07200.ZIP"
    )
    assert NAME.fullmatch(name)
    given = Exchange(maker="BJ01", session="SH2", chain="BK2", codes={"jjj-2": "110000"})
    assert "_L2_110000_20151218073005_DBB_BJ01_SH2_BK2_" in package_name(made, given, MADE)
    for level, code in (("nation", "L1"), ("province", "L3"), ("city", "L4")):
        area = {**made["head"]["area"], "level": level, "name": "中国"}
        named = package_name({"head": {**made["head"], "area": area}}, Exchange(), MADE)
        assert re.search(rf"_EWFS_{code}_AREA[0-9A-F]{{8}}_", named)  # none of its own: a checksum


@pytest.mark.parametrize(
    "field", [{"maker": "a/b"}, {"maker": ""}, {"session": "SH3"}, {"codes": {"x": "../y"}}]
)
def test_a_name_is_no_path(field):
    with pytest.raises(ValidationError):
        Exchange(**field)


def test_the_package_holds_the_products(made, tmp_path):
    path = write_package(made, tmp_path, Exchange(), MADE)
    assert path.name == package_name(made, Exchange(), MADE)
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        content = {n: archive.read(n) for n in archive.namelist()}
    assert list(content) == [
        "manifest.json", "forecast.records.json", "records.schema.json", "forecast.csv",
        "forecast.zh.txt", "forecast.en.txt", "forecast.nc",
    ]  # fmt: skip
    told = json.loads(content["manifest.json"])
    assert told["simulated"] == "data" and told["issue"] == "2015-12-18"
    assert set(told["files"]) == set(content) - {"manifest.json"}
    for name, entry in told["files"].items():
        assert entry["sha256"] == hashlib.sha256(content[name]).hexdigest()
        assert entry["bytes"] == len(content[name])
    records = json.loads(content["forecast.records.json"])
    validate(records, json.loads(content["records.schema.json"]))
    assert [r["CityCode"] for r in records] == list(CITIES)
    again = write_package(made, tmp_path / "again", Exchange(), MADE)
    assert again.read_bytes() == path.read_bytes()
