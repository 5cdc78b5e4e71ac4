"""The OpenAQ reader: three real layouts, units row by row, malformed files."""

from __future__ import annotations

import gzip

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from forecast.errors import InputError
from forecast.observations.openaq import OpenAq

HEADER = "location_id,sensors_id,location,datetime,lat,lon,parameter,units,value\n"
SOURCE = OpenAq(files="*.csv")


def line(hour: str, parameter: str, value: object, unit: str = "µg/m³", **other: object) -> str:
    row = {"station": 2178, "sensor": f"39{len(parameter)}{parameter[0]}", "offset": "-07:00"}
    row |= other
    time = f"2022-05-03T{hour}{row['offset']}"
    where = '"Del Norte, NM",' + time + ",35.1353,-106.5847"
    return f"{row['station']},{row['sensor']},{where},{parameter},{unit},{value}\n"


GOOD = (
    HEADER
    + line("01:00:00", "pm25", 4.5)
    + line("02:00:00", "pm25", 6)
    + line("01:00:00", "o3", 0.04, "ppm")
    + line("01:00:00", "co", 0.2, "ppm")
    + line("01:00:00", "no2", 5, "ppb", station=99)
)


def written(folder, text: str | bytes, name: str = "location-2178.csv"):
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_values_units_and_the_end_of_the_hour(tmp_path):
    reading = SOURCE.read(written(tmp_path, GOOD), -7)
    data = reading.hourly
    assert not reading.rejected and data["station"].values.tolist() == ["2178", "99"]
    # 01:00 at UTC−7 ends the hour that starts at 07:00 UTC
    assert data["time"].to_index().equals(pd.date_range("2022-05-03 07:00", periods=2, freq="h"))
    np.testing.assert_array_equal(data["pm25"], [[4.5, 6], [np.nan, np.nan]])
    # 40 ppb × 1.962; 0.2 ppm × 1.145; 5 ppb × 1.88
    assert data["o3"].values[0, 0] == np.float32(78.48)
    assert data["co"].values[0, 0] == np.float32(0.229)
    assert data["no2"].values[1, 0] == np.float32(9.4)
    assert data["co"].attrs["units"] == "mg m-3" and data["pm25"].dtype == np.float32
    beginning = OpenAq(files="*", hour_label="beginning").read(written(tmp_path, GOOD), -7).hourly
    assert beginning["time"].to_index()[0] == pd.Timestamp("2022-05-03 08:00")


def test_layout_of_the_explorer(tmp_path):
    text = (
        "location_id,location_name,parameter,value,unit,datetimeUtc,datetimeLocal,timezone,"
        "latitude,longitude,country_iso,isMobile,isMonitor,owner_name,provider\n"
        '5586536,"Medan Bung","pm25",45.2,"µg/m³","2025-11-10T09:00:00Z",'
        '"2025-11-10T16:00:00+07:00","Asia/Jakarta",3.539102,98.615361,,,,"AirGradient","Air"\n'
    )
    data = SOURCE.read(written(tmp_path, text), 7).hourly
    assert data["station"].values.tolist() == ["5586536"]
    assert data["time"].to_index()[0] == pd.Timestamp("2025-11-10 08:00")
    assert data["pm25"].values.tolist() == [[np.float32(45.2)]]


def test_layout_of_the_daily_files(tmp_path):
    text = (
        "location,city,country,utc,local,parameter,value,unit,latitude,longitude,attribution\n"
        '"Intarapitak Rd., Thon Buri",Bangkok,TH,2018-07-18T14:00:00.000Z,'
        '2018-07-18T21:00:00+07:00,o3,0.006,ppm,13.72756,100.48660,"[{""name"":""PCD""}]"\n'
    )
    data = SOURCE.read(written(tmp_path, text), 7).hourly
    assert data["station"].values.tolist() == ["Intarapitak Rd., Thon Buri"]
    assert data["time"].to_index()[0] == pd.Timestamp("2018-07-18 13:00")
    assert data["o3"].values[0, 0] == np.float32(6 * 1.962)


def test_units_are_read_row_by_row(tmp_path):
    text = HEADER + "".join(
        line(f"0{i}:00:00", "no2", value, unit)
        for i, (value, unit) in enumerate(
            [(10, "ppb"), (0.010, "ppm"), (18.8, "µg/m³"), (18.8, "ug/m3"), (0.0188, "mg/m3")]
        )
    )
    found = SOURCE.read(written(tmp_path, text), -7).hourly["no2"].values[0]
    np.testing.assert_allclose(found, 18.8, rtol=1e-6)


def test_what_is_left_out_is_counted(tmp_path):
    text = (
        GOOD
        + line("03:00:00", "pm25", -999)
        + line("04:00:00", "pm25", 9999)
        + line("05:00:00", "pm25", "")
        + line("05:15:00", "pm25", 7)
        + line("02:00:00", "pm25", 66, sensor=4444)
        + line("03:00:00", "co", 900, "ppm")
        + line("01:00:00", "temperature", 21.5, "c")
        + line("01:00:00", "bc", 0.4)
    )
    reading = SOURCE.read(written(tmp_path, text), -7)
    assert dict(reading.rejected) == {
        "parameter temperature": 1,
        "parameter bc": 1,
        "no value": 1,
        "pm25 negative": 1,
        "pm25 at or above 9999": 1,
        "co at or above 150": 1,
        "time not a full hour": 1,
        "further sensor": 1,
    }
    found = reading.hourly["pm25"].sel(station="2178").values
    np.testing.assert_array_equal(found, [4.5, 6, np.nan, np.nan, np.nan])


def test_a_clock_at_half_past(tmp_path):
    text = (
        HEADER
        + line("23:30:00", "pm25", 80, offset="+05:30")
        + line("01:00:00", "pm25", 90, offset="+05:30")
    )
    reading = SOURCE.read(written(tmp_path, text), 5.5)
    assert reading.hourly["time"].to_index()[0] == pd.Timestamp("2022-05-02 18:30")
    assert dict(reading.rejected) == {"time not a full hour": 1}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("\ufeff" + GOOD, "a.csv"),
        (GOOD.replace("\n", "\r\n"), "a.csv"),
        (GOOD.replace(",pm25,", ",PM2.5,"), "a.csv"),
        (GOOD.replace("\u00b5g", "\u03bcg"), "a.csv"),
        (GOOD.replace("-07:00,", "-0700,"), "a.csv"),
        (gzip.compress(GOOD.encode()), "a.csv.gz"),
    ],
    ids=["bom", "windows lines", "PM2.5", "greek letter", "offset without colon", "gz"],
)
def test_the_same_table_in_other_dress(tmp_path, text, name):
    expected = SOURCE.read(written(tmp_path, GOOD), -7).hourly
    xr.testing.assert_identical(SOURCE.read(written(tmp_path, text, name), -7).hourly, expected)


NOT_A_TIME = "expected a time as 2022-11-01T01:00:00\\+08:00$"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", ": the file is empty$"),
        (HEADER, ": no row below the header$"),
        (HEADER + line("01:00:00", "bc", 1), ": no row that can be used$"),
        (GOOD[: GOOD.rindex(",ppb")], ", line 6: 7 fields; expected 9"),
        (GOOD.encode("utf-16"), ": not text in utf-8: "),
        (GOOD.encode("latin-1"), ": not text in utf-8: "),
        (GOOD.replace(",units,", ",what,"), ": column unit or units missing; is it an OpenAQ"),
        (GOOD.replace("units,value", "value,units"), ", line 2: value is 'µg/m³'; expected a num"),
        (GOOD.replace("location_id", "id").replace(",location,", ",name,"), ": column location_id"),
        (GOOD + line("01:00:00", "pm25", 4.5), ", line 7: station 2178 has pm25 at .* UTC twice$"),
        (GOOD + line("03:00:00", "pm25", "4..5"), ", line 7: value is '4..5'; expected a number$"),
        (GOOD + line("03:00:00", "pm25", "nan"), ", line 7: value is 'nan'; expected a number$"),
        (GOOD + line("03:00:00", "pm25", 4, "ppb"), ", line 7: pm25: unit 'ppb' is a mixing rat"),
        (GOOD + line("03:00:00", "o3", 4, "pphm"), ", line 7: o3: unit 'pphm' is unknown; expec"),
        (GOOD + line("03:00:00", "o3", 4, ""), ", line 7: o3: unit '' is unknown; expected"),
        (GOOD + line("03:00:00", "o3", 4, station=""), ", line 7: no location is named$"),
        (GOOD + line("25:00:00", "pm25", 4), f", line 7: datetime is '.*T25.*'; {NOT_A_TIME}"),
        (GOOD.replace("2022-05", "3022-05"), f", line 2: datetime is '3022-.*'; {NOT_A_TIME}"),
        (GOOD + line("03:00:00", "pm25", 4, offset=""), f", line 7: datetime is .*; {NOT_A_TIME}"),
    ],
)
def test_malformed_files(tmp_path, text, message):
    path = written(tmp_path, text)
    with pytest.raises(InputError, match=message) as caught:
        SOURCE.read(path, -7)
    assert str(caught.value).startswith(str(path)) and "\n" not in str(caught.value)
