"""The PRSA reader: against the raw text, and against a catalogue of malformed files."""

from __future__ import annotations

import csv
import gzip
import io

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from forecast.daily import city_values, daily_values
from forecast.errors import InputError
from forecast.observations.prsa import read_prsa

HEADER = (
    '"No","year","month","day","hour","PM2.5","PM10","SO2","NO2","CO","O3",'
    '"TEMP","PRES","DEWP","RAIN","wd","WSPM","station"\n'
)


def line(hour: object, *, pm25: object = 5, day: int = 1, station: str = '"A"') -> str:
    clock = f"9,2013,3,{day},{hour}"
    return f'{clock},{pm25},6,7,8,900,10,-0.7,1023,-18.8,0,"NNW",4.4,{station}\n'


GOOD = HEADER + line(0) + line(1, pm25="NA") + line(2, pm25=3.5)


def written(folder, text: str | bytes):
    path = folder / "PRSA_Data_A.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_values_units_and_the_start_of_the_hour(tmp_path):
    data = read_prsa(written(tmp_path, GOOD))
    assert data["station"].values.tolist() == ["A"]
    # 00:00 on 1 March at UTC+8 is 16:00 on 28 February
    assert data["time"].values.astype("M8[h]").astype(str).tolist() == [
        "2013-02-28T16",
        "2013-02-28T17",
        "2013-02-28T18",
    ]
    np.testing.assert_array_equal(data["pm25"].values, [[5, np.nan, 3.5]])
    assert [data[n].values[0, 0] for n in ("pm10", "so2", "no2", "o3")] == [6, 7, 8, 10]
    assert data["co"].values[0, 0] == np.float32(0.9) and data["co"].attrs["units"] == "mg m-3"
    assert data["pm25"].dtype == np.float32 and data["time"].dtype == "datetime64[ns]"
    assert set(data.data_vars) == {"pm25", "pm10", "so2", "no2", "o3", "co"}


def test_label_of_the_end_and_other_clocks(tmp_path):
    path = written(tmp_path, GOOD)
    beginning, ending = read_prsa(path), read_prsa(path, hour_label="ending")
    # label 0 as an end is 23:00–24:00 of the day before: one hour earlier
    assert (beginning["time"].values - ending["time"].values == np.timedelta64(1, "h")).all()
    xr.testing.assert_equal(ending.assign_coords(time=beginning["time"]), beginning)
    delhi = read_prsa(path, utc_offset=5.5)["time"].to_index()
    assert delhi[0] == pd.Timestamp("2013-02-28 18:30")
    assert read_prsa(path, utc_offset=-5)["time"].to_index()[0] == pd.Timestamp("2013-03-01 05:00")


def test_rows_in_any_order_with_a_hole(tmp_path):
    data = read_prsa(written(tmp_path, HEADER + line(5, pm25=50) + line(2, pm25=20)))
    np.testing.assert_array_equal(data["pm25"].values, [[20, np.nan, np.nan, 50]])


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + GOOD,
        GOOD.replace("\n", "\r\n"),
        GOOD.replace('"', ""),
        GOOD.replace('"PM10","', '" PM10 ","'),
        GOOD + "\n\n",
    ],
    ids=["byte order mark", "windows lines", "no quotes", "spaces in the header", "blank lines"],
)
def test_the_same_table_in_other_dress(tmp_path, text):
    expected = read_prsa(written(tmp_path, GOOD))
    xr.testing.assert_identical(read_prsa(written(tmp_path, text)), expected)


def test_a_station_id_of_digits_is_text(tmp_path):
    data = read_prsa(written(tmp_path, GOOD.replace('"A"', "54511")))
    assert data["station"].values.tolist() == ["54511"]


NOT_A_TIME = r"is not a year-month-day-hour \(0…23\)$"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOOD[: GOOD.rindex("900")], ", line 4: expected one station a file, found A, nan"),
        (
            GOOD + '9,2013,3,1,3,5,6,7,8,900,10,1,1,1,0,"N',
            "not a PRSA table in UTF-8: .*EOF inside",
        ),
        (GOOD.replace('"A"\n', '"A",', 1), ", line 3: expected one station a file, found A, nan"),
        (GOOD.encode("utf-16"), "not a PRSA table in UTF-8: 'utf-8' codec can't decode"),
        (GOOD.replace('"A"', '"奥体"').encode("gbk"), "not a PRSA table in UTF-8: 'utf-8' codec"),
        (GOOD.replace('"PM10"', '"PM_10"'), ": column PM10 missing; is it a PRSA file"),
        (GOOD.replace(",", ";"), ": column year, month, .*, station missing; is it a PRSA file"),
        (GOOD + line(1), ", line 5: an hour that stands twice"),
        (HEADER + line(3) + line(1) + line(2) + line(3), ", line 5: an hour that stands twice"),
        (GOOD + line(3, pm25="12,5"), ", line 5: "),
        (GOOD + line(3, pm25="5ug"), ", line 5: PM2.5 is '5ug'; expected a number or NA"),
        (GOOD + line(3, pm25="--"), ", line 5: PM2.5 is '--'; expected a number or NA"),
        (GOOD + line(3, station='"B"'), ", line 5: expected one station a file, found A, B"),
        ("", ": the file is empty"),
        (HEADER, ": no row below the header"),
        (GOOD + line(24), f", line 5: 2013-3-1-24 {NOT_A_TIME}"),
        (GOOD + line(-1), f", line 5: 2013-3-1--1 {NOT_A_TIME}"),
        (GOOD + line(2.5), f", line 5: 2013-3-1-2.5 {NOT_A_TIME}"),
        (GOOD + line(2, day=32), f", line 5: 2013-3-32-2 {NOT_A_TIME}"),
        (GOOD + line("x"), f", line 5: 2013-3-1-x {NOT_A_TIME}"),
        (GOOD + line(""), f", line 5: 2013-3-1-nan {NOT_A_TIME}"),
        (GOOD + line(3).replace("2013", "9999"), f", line 5: 9999-3-1-3 {NOT_A_TIME}"),
    ],
)
def test_malformed_files(tmp_path, text, message):
    path = written(tmp_path, text)
    with pytest.raises(InputError, match=message) as caught:
        read_prsa(path)
    assert str(caught.value).startswith(str(path)) and "\n" not in str(caught.value)


def test_no_file(tmp_path):
    with pytest.raises(InputError, match=r"none\.csv: no such file$"):
        read_prsa(tmp_path / "none.csv")


def test_files_of_the_simulated_world_read_back(small_world):
    world = small_world.world
    for path in sorted((small_world.folder / "data" / "observations").glob("PRSA_*.csv")):
        data = read_prsa(path)
        truth = world.observed.sel(station=data["station"].values)
        for name in data.data_vars:
            np.testing.assert_allclose(data[name], truth[name].sel(time=data["time"]), rtol=1e-6)


@pytest.mark.real
def test_ten_rows_of_a_real_file_against_its_text(real_data):
    path = real_data / "beijing" / "PRSA_Data_Dongsi_20130301-20160229.csv"
    data = read_prsa(path)
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
    assert data.sizes["time"] == len(rows) == 26_304
    assert str(data["time"].values[0])[:16] == "2013-02-28T16:00"
    names = {"PM2.5": "pm25", "PM10": "pm10", "SO2": "so2", "NO2": "no2", "O3": "o3", "CO": "co"}
    for number in (0, 1, 7, 8, 100, 5_000, 12_345, 20_000, 26_000, 26_303):
        row = rows[number]
        local = pd.Timestamp(*(int(row[k]) for k in ("year", "month", "day", "hour")))
        hour = data.sel(station="Dongsi", time=local - pd.Timedelta(hours=8))
        for column, name in names.items():
            value = np.nan if row[column] == "NA" else float(row[column])
            value /= 1000 if name == "co" else 1
            np.testing.assert_allclose(hour[name].item(), value, rtol=1e-6, err_msg=column)
    for column, name in names.items():
        missing = sum(row[column] == "NA" for row in rows)
        assert int(np.isnan(data[name].values).sum()) == missing > 0


@pytest.mark.real
def test_hours_begin_at_their_label(real_data):
    """Day-to-day changes agree better with the published city values under this reading."""
    file = real_data / "cities" / "cities39_daily_2014-01_2016-02.csv.gz"
    with gzip.open(file, "rt", encoding="utf-8") as text:
        table = pd.read_csv(text)
    table = table[table["city"] == "beijing"]
    published = table.set_index(pd.to_datetime(table["date"]))
    assert len(published) > 700
    files = sorted((real_data / "beijing").glob("PRSA_Data_*.csv"))
    assert len(files) == 12
    found = {}
    for label in ("beginning", "ending"):
        hourly = xr.concat([read_prsa(f, hour_label=label) for f in files], "station", join="outer")
        stations = daily_values(hourly)
        group = xr.DataArray(["Beijing"] * 12, coords={"place": stations["place"]}, dims="place")
        mean = city_values(stations, group).isel(place=0).to_pandas()
        found[label] = {
            name: mean[name].diff().corr(published[column].reindex(mean.index).diff())
            for name, column in (("pm10", "PM10"), ("so2", "SO2"), ("co", "CO"))
        }
    for name, about in (("pm10", 0.92), ("so2", 0.97), ("co", 0.93)):
        assert found["beginning"][name] > found["ending"][name] + 0.001, found
        assert found["beginning"][name] == pytest.approx(about, abs=0.01)
