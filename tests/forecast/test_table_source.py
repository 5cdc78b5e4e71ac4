"""Declared tables: long and wide round trips, every declaration, and malformed files."""

from __future__ import annotations

import gzip
import re

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from forecast.errors import InputError
from forecast.observations.table import Table
from forecast.observations.units import canonical_unit, to_model

DECLARED = {
    "files": "*.csv", "delimiter": ",", "encoding": "utf-8", "time_format": "%Y-%m-%d %H:%M",
    "time_zone": "network", "hour_label": "beginning", "missing": ["NA", "-999"],
}  # fmt: skip
WIDE = DECLARED | {
    "layout": "wide",
    "columns": {"station": "id", "time": "when", "pm25": "PM2.5", "co": "CO"},
    "units": {"pm25": "ug/m3", "co": "ug/m3"},
}
LONG = DECLARED | {
    "layout": "long",
    "columns": {
        "station": "id", "time": "when", "parameter": "what", "value": "value", "unit": "unit",
    },
    "parameters": {"PM2.5": "pm25", "ozone": "o3"},
}  # fmt: skip
WIDE_TEXT = """when,id,PM2.5,CO,other
2020-01-01 00:00,A,10,900,x
2020-01-01 02:00,A,NA,-999.0,x
2020-01-01 00:00,B,,1100,x
"""
LONG_TEXT = """id,when,what,value,unit
A,2020-01-01 00:00,PM2.5,10,ug/m3
A,2020-01-01 00:00,ozone,30,ppb
A,2020-01-01 01:00,ozone,0.04,ppm
B,2020-01-01 00:00,wind,3,m/s
B,2020-01-01 00:00,PM2.5,NA,ug/m3
B,2020-01-01 01:00,PM2.5,,ug/m3
B,2020-01-01 01:00,ozone,55,µg/m³
"""


def read(folder, declared: dict, text: str | bytes, utc_offset: float = 8):
    path = folder / "air.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return Table(**declared).read(path, utc_offset)


def times(reading) -> list[str]:
    return reading.hourly["time"].values.astype("M8[m]").astype(str).tolist()


def test_wide(tmp_path):
    reading = read(tmp_path, WIDE, WIDE_TEXT)
    data = reading.hourly
    assert data["station"].values.tolist() == ["A", "B"]
    assert times(reading) == ["2019-12-31T16:00", "2019-12-31T17:00", "2019-12-31T18:00"]
    nan = np.nan
    np.testing.assert_array_equal(data["pm25"].values, [[10, nan, nan], [nan, nan, nan]])
    np.testing.assert_allclose(data["co"].values, [[0.9, nan, nan], [1.1, nan, nan]], rtol=1e-6)
    assert np.isnan(data["o3"].values).all() and data["co"].attrs["units"] == "mg m-3"
    assert dict(reading.rejected) == {
        "PM2.5: mark of missing value NA": 1,
        "CO: mark of missing value -999": 1,
    }


def test_long_with_units_by_row(tmp_path):
    reading = read(tmp_path, LONG, LONG_TEXT)
    data = reading.hourly
    assert data["station"].values.tolist() == ["A", "B"]
    np.testing.assert_array_equal(data["pm25"].values, [[10, np.nan], [np.nan, np.nan]])
    expected = [[30 * 1.962, 40 * 1.962], [np.nan, 55]]
    np.testing.assert_allclose(data["o3"].values, expected, rtol=1e-6)
    assert dict(reading.rejected) == {
        "parameter wind is not used": 1,
        "value: mark of missing value NA": 1,
        "no value": 1,
    }


def test_long_with_declared_units(tmp_path):
    columns = {k: v for k, v in LONG["columns"].items() if k != "unit"}
    declared = LONG | {"columns": columns, "units": {"pm25": "mg/m3", "o3": "ppb"}}
    data = read(tmp_path, declared, "id,when,what,value\nA,2020-01-01 00:00,PM2.5,0.02\n").hourly
    assert data["pm25"].item() == np.float32(20)


@pytest.mark.parametrize(
    ("declared", "stamp", "start"),
    [
        ({"time_zone": "network"}, "2020-07-01 08:00", "2020-07-01T00:00"),
        ({"time_zone": "utc"}, "2020-07-01 08:00", "2020-07-01T08:00"),
        ({"time_zone": -3}, "2020-07-01 08:00", "2020-07-01T11:00"),
        ({"time_zone": "Europe/Paris"}, "2020-07-01 08:00", "2020-07-01T06:00"),
        ({"time_zone": "Europe/Paris"}, "2020-01-01 08:00", "2020-01-01T07:00"),
        ({"time_zone": "utc", "hour_label": "ending"}, "2020-07-01 08:00", "2020-07-01T07:00"),
        ({"time_zone": "stated", "time_format": "%d.%m.%Y %H:%M%z"}, "01.07.2020 08:00+0200",
         "2020-07-01T06:00"),
        ({"time_zone": "utc", "time_format": "%m/%d/%y %I %p"}, "07/01/20 08 PM",
         "2020-07-01T20:00"),
    ],
)  # fmt: skip
def test_clocks(tmp_path, declared, stamp, start):
    reading = read(tmp_path, WIDE | declared, f"when,id,PM2.5,CO\n{stamp},A,1,2\n")
    assert times(reading) == [start]


def test_the_hours_of_daylight_saving_are_counted(tmp_path):
    stamps = ["2020-10-25 01:00", "2020-10-25 02:00", "2020-10-25 02:00", "2020-10-25 03:00",
              "2020-03-29 02:00", "2020-10-24 23:00"]  # fmt: skip
    text = "when,id,PM2.5,CO\n" + "".join(f"{s},A,{i},2\n" for i, s in enumerate(stamps))
    reading = read(tmp_path, WIDE | {"time_zone": "Europe/Paris"}, text)
    # 02:00 is twice on 25 October, and never on 29 March
    reason = "hour that the clock shows twice or never (daylight saving)"
    assert dict(reading.rejected) == {reason: 3}
    values = reading.hourly["pm25"].sel(station="A").to_series().dropna()
    # 23:00 summer time is 21:00 UTC; 01:00 is 23:00; 03:00 winter time is 02:00
    assert values.index.strftime("%dT%H").tolist() == ["24T21", "24T23", "25T02"]
    assert values.tolist() == [5, 0, 3]


def test_date_and_hour_of_the_chinese_day(tmp_path):
    columns = {"station": "id", "date": "day", "hour": "hour", "pm25": "PM2.5"}
    declared = WIDE | {
        "columns": columns, "units": {"pm25": "ug/m3"}, "time_format": "%Y%m%d",
        "hour_label": "ending",
    }  # fmt: skip
    text = "day,hour,id,PM2.5\n20200101,1,A,1\n20200101,24,A,24\n"
    # labels 01:00…24:00 of the day are the hours that begin at 0…23
    reading = read(tmp_path, declared, text)
    assert times(reading)[0] == "2019-12-31T16:00" and times(reading)[-1] == "2020-01-01T15:00"
    assert len(times(reading)) == 24
    with pytest.raises(InputError, match=r"line 3: hour is '24'; expected 0…23$"):
        read(tmp_path, declared | {"hour_label": "beginning"}, text)


def test_other_dress(tmp_path):
    expected = read(tmp_path, WIDE, WIDE_TEXT).hourly
    chinese = WIDE_TEXT.replace("id", "站点").replace(",A,", ",奥体,").replace(",x", ',"a;b\n\nc"')
    declared = WIDE | {"encoding": "gb18030", "delimiter": ";"}
    declared["columns"] = WIDE["columns"] | {"station": "站点"}
    data = read(tmp_path, declared, chinese.replace(",", ";").encode("gb18030")).hourly
    assert data["station"].values.tolist() == ["奥体", "B"]
    np.testing.assert_array_equal(data["co"].values, expected["co"].values)
    path = tmp_path / "air.csv.gz"
    path.write_bytes(gzip.compress(("\ufeff" + WIDE_TEXT.replace("\n", "\r\n\r\n")).encode()))
    again = Table(**WIDE).read(path, 8).hourly
    pd.testing.assert_frame_equal(again.to_dataframe(), expected.to_dataframe())
    utf16 = read(tmp_path, WIDE | {"encoding": "utf-16"}, WIDE_TEXT.encode("utf-16")).hourly
    pd.testing.assert_frame_equal(utf16.to_dataframe(), expected.to_dataframe())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", ": the file is empty"),
        ("when,id,PM2.5,CO\n", ": no row below the header"),
        (WIDE_TEXT[:-8], ", line 4: 3 fields; expected 5 delimited by ','"),
        (WIDE_TEXT.replace("10,900", "10,5,900"), ", line 2: 6 fields; expected 5"),
        (WIDE_TEXT.replace(",", ";"), ": column id, when, PM2.5, CO missing; found when;id"),
        (WIDE_TEXT.replace("x", "é").encode("latin-1"), ": not text in utf-8: "),
        (WIDE_TEXT.encode("utf-16-le"), ": not text in utf-8: it holds zero bytes"),
        (WIDE_TEXT.replace(",A,", ",,"), ", line 2: id is empty"),
        (WIDE_TEXT.replace("when,id", "id,when"), ", line 2: when is 'A'; expected a time of the"),
        (WIDE_TEXT.replace("02:00", "00:00"), ", line 3: station A has 2019-12-31 16:00:00 UTC"),
        (WIDE_TEXT.replace("900", "9oo"), ", line 2: CO is '9oo'; expected a number or NA, -999"),
        (WIDE_TEXT.replace("900", "900 ug/m3"), ", line 2: CO is '900 ug/m3'; expected a number"),
        (WIDE_TEXT.replace("900", "nan"), ", line 2: CO is 'nan'; expected a number or NA"),
        (WIDE_TEXT.replace("02:00", "02:10"), ", line 3: 2019-12-31 18:10:00 UTC; expected a wh"),
        (WIDE_TEXT.replace("02:00", "24:00"), ", line 3: when is '2020-01-01 24:00'; expected a"),
        (WIDE_TEXT.replace("other", "CO"), ": column CO stands twice"),
        (WIDE_TEXT.replace("x\n", 'x"\n', 1), "a quote is opened and not closed"),
        (WIDE_TEXT.replace("x\n", 'x"\n', 2), ": 3 lines hold 4 rows; a stray quote"),
        (WIDE_TEXT.replace("2020-01-01 02", "1020-01-01 10"), " UTC; expected a year of 1900…2199"),
    ],
)  # fmt: skip
def test_malformed_files(tmp_path, text, message):
    with pytest.raises(InputError, match=re.escape(message)) as caught:
        read(tmp_path, WIDE, text)
    assert str(tmp_path) in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("30,ppb", "30,ug/l", ", line 3: o3: unit 'ug/l' is unknown; expected µg/m³"),
        ("10,ug/m3", "10,ppb", ", line 2: pm25: unit 'ppb' is a mixing ratio"),
        ("30,ppb", "30,", ", line 3: o3: unit '' is unknown"),
        ("01:00,ozone,0.04", "00:00,ozone,0.04", ", line 4: station A has o3 at 2019-12-31"),
        ("ozone,30,ppb", "30,ozone,ppb", ": column"),
    ],
)
def test_malformed_long_files(tmp_path, old, new, message):
    assert old in LONG_TEXT
    text = LONG_TEXT.replace(old, new)
    if message == ": column":  # parameter and value swapped in one row: counted by what it says
        assert read(tmp_path, LONG, text).rejected["parameter 30 is not used"] == 1
        return
    with pytest.raises(InputError, match=re.escape(message)):
        read(tmp_path, LONG, text)


def test_a_stray_date_is_no_reason_to_fill_the_memory(tmp_path):
    stations = "".join(f"2020-01-01 00:00,S{i},1,1\n" for i in range(60))
    text = "when,id,PM2.5,CO\n" + stations + "1901-01-01 00:00,A,1,1\n"
    with pytest.raises(InputError, match=r"61 rows span 1900-12-31 .* UTC; is a date wrong"):
        read(tmp_path, WIDE, text)


@pytest.mark.parametrize(
    "name",
    ["layout", "columns", "delimiter", "encoding", "time_format", "time_zone", "hour_label",
     "missing"],
)  # fmt: skip
def test_nothing_is_guessed(name):
    with pytest.raises(ValidationError, match=rf"{name}\n  Field required"):
        Table(**{k: v for k, v in WIDE.items() if k != name})


@pytest.mark.parametrize(
    ("base", "change", "message"),
    [
        (WIDE, {"units": {"pm25": "ug/m3"}}, "units: not declared: co"),
        (WIDE, {"units": {**WIDE["units"], "o3": "ppb"}}, "units: declared but not read: o3"),
        (WIDE, {"units": {"pm25": "ppb", "co": "ppm"}}, "pm25: unit 'ppb' is a mixing ratio"),
        (WIDE, {"columns": {"station": "id", "time": "t"}}, "columns: no pollutant"),
        (WIDE, {"columns": {**WIDE["columns"], "value": "v"}}, "not known in a wide table: value"),
        (WIDE, {"columns": {**WIDE["columns"], "co": "PM2.5"}}, "used for two things: PM2.5"),
        (WIDE, {"columns": {"time": "t", "co": "c"}}, "columns: not declared: station"),
        (WIDE, {"columns": {"station": "s", "date": "d", "co": "c"}}, "not declared: hour"),
        (WIDE, {"parameters": {"a": "co"}}, "parameters: only in a long table"),
        (LONG, {"parameters": {}}, "parameters: needed in a long table"),
        (LONG, {"parameters": {"a": "ozone"}}, "no pollutant of ours: ozone"),
        (LONG, {"units": {"o3": "ppb"}}, "declared although a column states them: o3"),
        (WIDE, {"time_format": "%Y-%m-%d"}, "does not hold year, month, day and hour"),
        (WIDE, {"time_zone": "Mars/Base"}, "'Mars/Base'; expected utc, network, stated"),
        (WIDE, {"time_zone": 20}, "20 h; expected -12…14"),
        (WIDE, {"time_zone": "stated"}, "%z and time_zone 'stated' go together"),
        (WIDE, {"encoding": "klingon"}, "expected a text encoding"),
        (WIDE, {"delimiter": ", "}, "should match pattern"),
        (WIDE, {"unit": "x"}, "Extra inputs are not permitted"),
    ],
)
def test_declarations_are_checked(base, change, message):
    with pytest.raises(ValidationError, match=re.escape(message)):
        Table(**base | change)


def test_units():
    spellings = {
        "ug/m3": ["ug/m3", "µg/m³", "μg m-3", "UG/M3", "ug m**-3", "Micrograms/cubic meter (LC)"],
        "mg/m3": ["mg m-3", "MG/M3", "mg/m^3"],
        "ppb": ["ppb", "PPB", "Parts per billion", "ppbv"],
        "ppm": ["PPM", "parts per million"],
    }
    for unit, texts in spellings.items():
        assert [canonical_unit(t) for t in texts] == [unit] * len(texts)
    assert [canonical_unit(t) for t in ("", "ug", "g/m3", "ppt", "%")] == [None] * 5
    # 48 g/mol of ozone in 24.465 L/mol (298.15 K, 1013.25 hPa): 1 ppb is 48 / 24.465 µg/m³
    for pollutant, molar_mass in (("o3", 47.998), ("no2", 46.006), ("so2", 64.066)):
        assert to_model(pollutant, 1, "ppb") == pytest.approx(molar_mass / 24.465, rel=1e-3)
    assert to_model("co", 1, "ppm") == pytest.approx(28.010 / 24.465, rel=1e-3)
    np.testing.assert_allclose(to_model("co", [[800.0, np.nan]], "ug/m3"), [[0.8, np.nan]])
    for pollutant, unit in (("pm10", "ppm"), ("o3", "DU")):
        with pytest.raises(InputError, match=pollutant):
            to_model(pollutant, 1, unit)


def test_decimal_commas(tmp_path):
    declared = LONG | {"delimiter": ";", "decimal": ",", "missing": ["NA", "-99.9"]}
    text = "id;when;what;value;unit\n" + "".join(
        f"A;2020-01-01 0{hour}:00;PM2.5;{value};ug/m3\n"
        for hour, value in enumerate(("10,5", "7", "-99.9"))
    )
    hourly = read(tmp_path, declared, text).hourly
    np.testing.assert_array_equal(hourly["pm25"].values, [[10.5, 7.0]])
    with pytest.raises(
        InputError, match=r"line 2: value is '1\.105'; expected a number with a dec"
    ):
        read(tmp_path, declared, text.replace("10,5", "1.105"))
    wide = WIDE | {"delimiter": ";", "decimal": ","}
    hourly = read(tmp_path, wide, WIDE_TEXT.replace(",", ";").replace("A;10;", "A;10,5;")).hourly
    assert hourly["pm25"].values[0, 0] == 10.5
    with pytest.raises(ValidationError, match="the comma already separates the fields"):
        Table(**LONG, decimal=",")
