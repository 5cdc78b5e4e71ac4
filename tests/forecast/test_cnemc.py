"""The CNEMC reader: against the text of its files, and against malformed ones."""

from __future__ import annotations

import gzip

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from forecast.errors import InputError
from forecast.observations.cnemc import Cnemc
from forecast.observations.store import ObservationStore

HEADER = "date,hour,type,1001A,1002A,2001A\n"


def hour(at: object, *, day: object = 20150102, pm25: str = "35,36,", co: str = "1.1,,0.4") -> str:
    """One hour with all fifteen types; the running means are numbers that must not be read."""
    types = {
        "AQI": "50,52,500", "PM2.5": pm25, "PM2.5_24h": "71,72,73", "PM10": "60,61,62",
        "PM10_24h": "81,82,83", "SO2": "7,8,9", "SO2_24h": "81,82,83", "NO2": "20,21,22",
        "NO2_24h": "91,92,93", "O3": "100,101,102", "O3_24h": "191,192,193", "O3_8h": "94,95,96",
        "O3_8h_24h": "97,98,99", "CO": co, "CO_24h": "5.1,5.2,5.3",
    }  # fmt: skip
    return "".join(f"{day},{at},{name},{cells}\n" for name, cells in types.items())


GOOD = HEADER + hour(0) + hour(1, pm25="37.5,,0")
SOURCE = Cnemc(files="*.csv")


def written(folder, text: str | bytes, name: str = "china_sites_20150102.csv"):
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_values_units_and_the_end_of_the_hour(tmp_path):
    reading = SOURCE.read(written(tmp_path, GOOD), 8)
    data = reading.hourly
    assert reading.daily is None and not reading.rejected
    assert data["station"].values.tolist() == ["1001A", "1002A", "2001A"]
    # label 0 of 2 January at UTC+8 is the mean of 23:00–24:00 on 1 January: 15:00 UTC
    assert data["time"].values.astype("M8[h]").astype(str).tolist() == [
        "2015-01-01T15",
        "2015-01-01T16",
    ]
    np.testing.assert_array_equal(data["pm25"], [[35, 37.5], [36, np.nan], [np.nan, 0]])
    np.testing.assert_array_equal(data["pm10"], [[60, 60], [61, 61], [62, 62]])
    assert [data[n].values[1, 0] for n in ("so2", "no2", "o3")] == [8, 21, 101]
    np.testing.assert_array_equal(data["co"][:, 0], np.float32([1.1, np.nan, 0.4]))
    assert data["co"].attrs["units"] == "mg m-3" and data["o3"].attrs["units"] == "ug m-3"
    assert all(data[n].dtype == np.float32 for n in data) and len(data.data_vars) == 6


def test_the_other_label_and_another_clock(tmp_path):
    path = written(tmp_path, GOOD)
    ending = SOURCE.read(path, 8).hourly
    beginning = Cnemc(files="*", hour_label="beginning").read(path, 8).hourly
    assert (beginning["time"].values - ending["time"].values == np.timedelta64(1, "h")).all()
    xr.testing.assert_equal(beginning.assign_coords(time=ending["time"]), ending)
    assert SOURCE.read(path, 0).hourly["time"].to_index()[0] == pd.Timestamp("2015-01-01 23:00")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("\ufeff" + GOOD, "a.csv"),
        (GOOD.replace("\n", "\r\n"), "a.csv"),
        (GOOD + "\n\n", "a.csv"),
        (GOOD.rstrip("\n"), "a.csv"),
        (HEADER + hour(1, pm25="37.5,,0") + hour(0), "a.csv"),
        (GOOD.replace("PM2.5,35,36,", 'PM2.5,"35", 36 ,'), "a.csv"),
        (GOOD.replace("date,hour,type", '"date","hour","type"'), "a.csv"),
        (gzip.compress(GOOD.encode()), "a.csv.gz"),
    ],
    ids=[
        "bom",
        "windows lines",
        "blank lines",
        "no last newline",
        "order",
        "quotes",
        "quoted",
        "gz",
    ],
)
def test_the_same_table_in_other_dress(tmp_path, text, name):
    expected = SOURCE.read(written(tmp_path, GOOD), 8).hourly
    xr.testing.assert_identical(SOURCE.read(written(tmp_path, text, name), 8).hourly, expected)


def test_columns_are_read_by_their_name(tmp_path):
    swapped = GOOD.replace("1001A,1002A", "1002A,1001A")
    found = SOURCE.read(written(tmp_path, swapped), 8).hourly
    assert found["pm25"].sel(station="1002A").values.tolist() == [35, 37.5]


def test_an_hour_without_rows_is_missing(tmp_path):
    data = SOURCE.read(written(tmp_path, HEADER + hour(3) + hour(5)), 8).hourly
    assert data.sizes["time"] == 3
    assert np.isnan(data["so2"].values[:, 1]).all() and np.isfinite(data["so2"].values[:, 2]).all()


def test_impossible_values_are_counted_and_left_out(tmp_path):
    text = HEADER + hour(0, pm25="-999,9999,999990", co="1,900,-1") + hour(1) + hour(2)
    reading = SOURCE.read(written(tmp_path, text), 8)
    assert np.isnan(reading.hourly["pm25"].values[:, 0]).all()
    np.testing.assert_array_equal(reading.hourly["co"].values[:, 0], [1, np.nan, np.nan])
    assert dict(reading.rejected) == {
        "pm25 negative": 1,
        "pm25 at or above 9999": 2,
        "co negative": 1,
        "co at or above 150": 1,
    }
    # nothing else was touched
    assert np.isfinite(reading.hourly["pm10"].values).all()


NOT_AN_HOUR = r"is not a date \(20150101\) and an hour \(0…23\)$"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", ": the file is empty$"),
        ("\n \n", ": the file is empty$"),
        (HEADER, ": no row of PM2.5, PM10, SO2, NO2, O3, CO$"),
        (HEADER + "20150102,0,AQI,1,2,3\n", ": no row of PM2.5, PM10"),
        (GOOD[: GOOD.rindex(",5.2")], ", line 31: 4 fields; the header has 6$"),
        (GOOD.replace("PM10,60,61,62", "PM10,60,61,62,63", 1), ", line 5: 7 fields; the header"),
        (GOOD.encode("utf-16"), ": not text in UTF-8: 'utf-8' codec can't decode"),
        (GOOD.replace("1001A", "万寿西宫").encode("gbk"), ": not text in UTF-8"),
        (GOOD.replace("date,hour", "hour,date"), "header begins 'hour,date,type,1001A'; expected"),
        (GOOD.replace(",", ";"), ": the header begins 'date;hour;type"),
        ("date,hour,type\n20150102,0,CO\n", ": the header begins 'date,hour,type'; expected"),
        (GOOD.replace(",1002A", ","), ": column 5 of the header has no station$"),
        (GOOD.replace("1002A", "1001A"), ": station 1001A has two columns$"),
        (GOOD + hour(1), ", line 33: PM2.5 of an hour that stands twice$"),
        (GOOD + "20150102,1,CO,1,1,1\n", ", line 32: CO of an hour that stands twice$"),
        (GOOD.replace("NO2,20,21", "NO2,20,2l", 1), ", line 9: station 1002A is '2l'; expected"),
        (GOOD.replace("NO2,20,21", "NO2,20,NA", 1), ", line 9: station 1002A is 'NA'; expected"),
        (GOOD.replace("NO2,20,21", "NO2,20,inf", 1), ", line 9: station 1002A is 'inf'; expected"),
        (GOOD.replace(",PM2.5,", ",PM25,", 1), ", line 3: 'PM25' is not a type of a CNEMC file$"),
        (GOOD.replace("20150102,0,O3,", "20150102,O3,0,"), ", line 11: '0' is not a type"),
        (GOOD + hour(24), f", line 33: '20150102 24' {NOT_AN_HOUR}"),
        (GOOD + hour(-1), f", line 33: '20150102 -1' {NOT_AN_HOUR}"),
        (GOOD + hour("x"), f", line 33: '20150102 x' {NOT_AN_HOUR}"),
        (GOOD + hour(2, day=20150230), f", line 33: '20150230 2' {NOT_AN_HOUR}"),
        (GOOD + hour(2, day="01020102"), f", line 33: '01020102 2' {NOT_AN_HOUR}"),
        (GOOD + hour(2, day="2015-01-02"), f", line 33: '2015-01-02 2' {NOT_AN_HOUR}"),
        (GOOD + hour(2, day=20250102), r": the hours span 2015-01-01 15.* UTC; is a date wrong\?$"),
        (HEADER + hour(0, co="900,1200,400"), ": the median of CO is 900; expected mg/m³, is it"),
    ],
)
def test_malformed_files(tmp_path, text, message):
    path = written(tmp_path, text)
    with pytest.raises(InputError, match=message) as caught:
        SOURCE.read(path, 8)
    assert str(caught.value).startswith(str(path)) and "\n" not in str(caught.value)


def test_files_that_are_not_there_or_not_whole(tmp_path):
    with pytest.raises(InputError, match=r"none\.csv: no such file$"):
        SOURCE.read(tmp_path / "none.csv", 8)
    packed = gzip.compress(GOOD.encode())
    for spoilt in (packed[:40], GOOD.encode()):
        with pytest.raises(InputError, match=r"a\.csv\.gz: cannot be read: "):
            SOURCE.read(written(tmp_path, spoilt, "a.csv.gz"), 8)


def test_many_files_are_one_reading(tmp_path):
    first = written(tmp_path, HEADER + hour(22) + hour(23, pm25="-1,1,1"), "china_sites_1.csv")
    # the next day knows a station more and lacks another
    text = HEADER.replace("2001A", "3001A") + hour(0, day=20150103, pm25="1,2,3")
    second = written(tmp_path, text, "china_sites_2.csv")
    reading = SOURCE.read_many([first, second], 8)
    data = reading.hourly
    assert data["station"].values.tolist() == ["1001A", "1002A", "2001A", "3001A"]
    assert data["time"].to_index().equals(pd.date_range("2015-01-02 13:00", periods=3, freq="h"))
    expected = [[35, np.nan, 1], [36, 1, 2], [np.nan, 1, np.nan], [np.nan, np.nan, 3]]
    np.testing.assert_array_equal(data["pm25"], expected)
    assert dict(reading.rejected) == {"pm25 negative": 1}
    # the same as file by file
    parts = [SOURCE.read(p, 8).hourly for p in (first, second)]
    joined = parts[0].combine_first(parts[1])
    xr.testing.assert_equal(joined.sel(station=data["station"]), data)
    copy = written(tmp_path, HEADER + hour(23), "china_sites_3.csv")
    with pytest.raises(InputError, match=r"_3\.csv: .* at 2015-01-02T14:00.* in another file too$"):
        SOURCE.read_many([first, second, copy], 8)


def test_days_through_the_store_are_what_the_files_say(tmp_path):
    values = np.random.default_rng(5).integers(0, 300, (2, 24, 3))
    paths = []
    for i, day in enumerate(values):
        rows = [hour(h, day=20150130 + i, pm25=",".join(map(str, v))) for h, v in enumerate(day)]
        paths.append(written(tmp_path, HEADER + "".join(rows), f"china_sites_{i}.csv"))
    store = ObservationStore(tmp_path / "store")
    store.write(SOURCE.read_many(paths, 8).hourly)
    assert [f.stem for f in store.files()] == ["2015-01"]
    np.testing.assert_array_equal(store.read()["pm25"].values, values.reshape(48, 3).T)
