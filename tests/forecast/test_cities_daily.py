"""The reader of the 39-city daily file: units, impossible values, malformed files."""

from __future__ import annotations

import csv
import gzip
import io

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from pydantic import ValidationError

from forecast.errors import InputError
from forecast.observations.cities_daily import CitiesDaily

HEADER = "date,PM25,PM10,CO,NO2,SO2,O3,city,region,avgtemp,avgp\n"
SOURCE = CitiesDaily(files="*.csv", gas_units="ppb")


def line(day: str, values: str = "45.5,60,1000,20,10,50", city: str = "beijing") -> str:
    return f"{day},{values},{city},north,-4.4,327660.0\n"


GOOD = (
    HEADER
    + line("2014-01-01")
    + line("2014-01-03", "127.7,,,,,")
    + line("2014-01-01", "30,40,500,10,5,25", "xian")
)


def written(folder, text: str | bytes, name: str = "cities.csv"):
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_values_and_units(tmp_path):
    reading = SOURCE.read(written(tmp_path, GOOD), 8)
    data = reading.daily
    assert reading.hourly is None and not reading.rejected
    assert data["place"].values.tolist() == ["beijing", "xian"]
    assert data["day"].to_index().equals(pd.date_range("2014-01-01", "2014-01-03"))
    np.testing.assert_array_equal(
        data["pm25"], np.float32([[45.5, np.nan, 127.7], [30, np.nan, np.nan]])
    )
    first = {n: data[n].values[0, 0] for n in data}
    # SO2 10 ppb × 2.62, NO2 20 ppb × 1.88, O3 50 ppb × 1.962, CO 1 ppm × 1.145
    assert first["so2"] == np.float32(26.2) and first["no2"] == np.float32(37.6)
    assert first["o3"] == np.float32(98.1) and first["co"] == np.float32(1.145)
    assert first["pm10"] == 60 and np.isnan(data["co"].values[0, 2])
    assert data["co"].attrs["units"] == "mg m-3" and data["so2"].attrs["units"] == "ug m-3"
    assert data["pm25"].dims == ("place", "day") and data["pm25"].dtype == np.float32


def test_gas_units_are_declared(tmp_path):
    with pytest.raises(ValidationError, match="gas_units"):
        CitiesDaily(files="*.csv")
    with pytest.raises(ValidationError, match="gas_units"):
        CitiesDaily(files="*.csv", gas_units="ppm")
    data = CitiesDaily(files="*", gas_units="ug/m3").read(written(tmp_path, GOOD), 8).daily
    found = [data[n].values[0, 0] for n in ("pm25", "so2", "no2", "o3", "co")]
    assert found == [45.5, 10, 20, 50, 1]  # CO 1000 µg/m³ is 1 mg/m³


def test_impossible_values_are_counted_and_left_out(tmp_path):
    text = HEADER + line("2014-01-01", "-1,605,50500,20,10,605") + line("2014-01-02")
    reading = SOURCE.read(written(tmp_path, text), 8)
    assert dict(reading.rejected) == {
        "pm25 negative": 1,
        "pm10 at or above 604.5": 1,
        "co at or above 20": 1,
        "o3 at or above 1186": 1,
    }
    for name in ("pm25", "pm10", "co", "o3"):
        assert np.isnan(reading.daily[name].values[0, 0]), name
    assert reading.daily["no2"].values[0, 0] == np.float32(37.6)
    # the limits are the configuration's
    wide = CitiesDaily(files="*", gas_units="ppb", highest={"co": 100}).read(
        written(tmp_path, text), 8
    )
    assert dict(wide.rejected) == {"pm25 negative": 1}
    assert wide.daily["co"].values[0, 0] == np.float32(50.5 * 1.145)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("\ufeff" + GOOD, "a.csv"),
        (GOOD.replace("\n", "\r\n"), "a.csv"),
        (GOOD.replace(",xian,", ", xian ,"), "a.csv"),
        (GOOD.replace("PM25,PM10,", '"PM25" ,PM10,'), "a.csv"),
        (gzip.compress(GOOD.encode()), "a.csv.gz"),
    ],
    ids=["bom", "windows lines", "blanks", "quotes", "gz"],
)
def test_the_same_table_in_other_dress(tmp_path, text, name):
    expected = SOURCE.read(written(tmp_path, GOOD), 8).daily
    xr.testing.assert_identical(SOURCE.read(written(tmp_path, text, name), 8).daily, expected)


def test_columns_are_read_by_their_name(tmp_path):
    found = SOURCE.read(written(tmp_path, GOOD.replace("PM25,PM10", "PM10,PM25")), 8).daily
    assert found["pm25"].values[0, 0] == 60


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", ": the file is empty$"),
        (HEADER, ": no row below the header$"),
        (GOOD[: GOOD.rindex(",xian")], ", line 4: 7 fields; expected 11"),
        (GOOD.encode("utf-16"), ": not text in utf-8: "),
        (GOOD.replace("xian", "西安").encode("gbk"), ": not text in utf-8: "),
        (GOOD.replace("PM10", "PM_10"), ": column PM10 missing; is it the daily file"),
        (GOOD.replace("date,PM25", "PM25,date"), ", line 2: date is '45.5'; expected a day as 20"),
        (GOOD.replace("PM10", "PM25"), ": column PM25 stands twice$"),
        (GOOD + line("2014-01-01", city="xian"), ", line 5: xian has 2014-01-01 twice$"),
        (GOOD + line("2014-01-02", city=" "), ", line 5: no city$"),
        (GOOD + line("2014-02-30"), ", line 5: date is '2014-02-30'; expected a day as 2014-01-01"),
        (GOOD + line("02/01/2014"), ", line 5: date is '02/01/2014'; expected a day"),
        (GOOD + line("0014-01-02"), ", line 5: date is '0014-01-02'; expected a day"),
        (GOOD + line("2014-01-02", "4S,60,1,20,10,50"), ", line 5: PM25 is '4S'; expected a num"),
        (GOOD + line("2014-01-02", "45,60,1 mg,20,10,50"), ", line 5: CO is '1 mg'; expected a n"),
        (GOOD + line("2014-01-02", "45,60,inf,20,10,50"), ", line 5: CO is 'inf'; expected a num"),
    ],
)
def test_malformed_files(tmp_path, text, message):
    path = written(tmp_path, text)
    with pytest.raises(InputError, match=message) as caught:
        SOURCE.read(path, 8)
    assert str(caught.value).startswith(str(path)) and "\n" not in str(caught.value)


@pytest.mark.real
def test_the_real_file_against_its_text(real_data):
    path = real_data / "cities" / "cities39_daily_2014-01_2016-02.csv.gz"
    reading = SOURCE.read(path, 8)
    assert dict(reading.daily.sizes) == {"place": 39, "day": 790}
    with gzip.open(path, "rt", encoding="utf-8") as text:
        rows = list(csv.DictReader(io.StringIO(text.read())))
    factors = {"PM25": 1, "PM10": 1, "SO2": 2.62, "NO2": 1.88, "O3": 1.962, "CO": 0.001145}
    for row in rows[::997]:
        day = reading.daily.sel(place=row["city"], day=row["date"])
        for column, factor in factors.items():
            value = float(row[column]) * factor if row[column] else np.nan
            if column == "CO" and value >= 20:
                value = np.nan
            np.testing.assert_allclose(day[column.lower()].item(), value, rtol=1e-6)
    # 847 days of CO beyond any city's air (all but two in three cities), one PM10 and one O3 at the
    # end of the file's scale
    assert dict(reading.rejected) == {
        "co at or above 20": 847,
        "pm10 at or above 604.5": 1,
        "o3 at or above 1186": 1,
    }
    assert float(reading.daily["co"].max()) < 20
