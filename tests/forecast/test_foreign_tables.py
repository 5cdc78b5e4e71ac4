"""Text tables of any layout: the same values, or one sentence that says what is wrong."""

import numpy as np
import pytest

from forecast.errors import InputError
from forecast.foreign.tables import read_tables


def read(tmp_path, text, *, side="forecast", encoding="utf-8", name="a.csv"):
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    [found] = read_tables(path, side)
    return found


def days(*texts):
    return np.array(texts, "datetime64[D]")


WIDE = "station,issue,lead,pm25\nA,2015-01-01,1,10\nA,2015-01-01,2,20\nB,2015-01-01,1,30\n"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (WIDE, "utf-8"),
        ("站点,起报日期,时效,污染物,预报值\nA,2015年1月1日,1天,PM2.5,10\n"
         "A,20150101,48小时,PM2.5,20\nB,2015/1/1,第1天,PM2.5,30\n", "gb18030"),
        ("station;init;valid;PM2.5 (µg/m³)\nA;2015-01-01;2015-01-02;10,0\n"
         "A;2015-01-01;2015-01-03;20,0\nB;2015-01-01 20:00;2015-01-02;30,0\n", "utf-8-sig"),
        ("station\tvalid\tlead_hours\tpm2_5\nA\t2015-01-02\t24\t10\nA\t2015-01-03\t48\t20\n"
         "B\t2015-01-02\t24\t30\n", "utf-16"),
    ],
    ids=["plain", "chinese long", "excel", "tabs, valid and lead"],
)  # fmt: skip
def test_layouts_of_the_same_forecast(tmp_path, text, encoding):
    data = read(tmp_path, text, encoding=encoding).data
    variable = "pm25" if "pm25" in data else "value"
    assert data["issue"].values.astype("datetime64[D]").tolist() == days("2015-01-01").tolist()
    assert data["lead"].values.tolist() == [1, 2]
    found = data[variable].transpose("issue", "lead", "place").values
    np.testing.assert_array_equal(found, [[[10, 30], [20, np.nan]]])
    assert data["place"].values.tolist() == ["A", "B"]


def test_a_day_alone(tmp_path):
    found = read(tmp_path, "date,pm25\n2015-01-02,2\n2015-01-01,1\n")
    assert found.time == ("day",)
    assert found.data["pm25"].values[:, 0].tolist() == [1, 2]


def test_bare_leads_of_24_and_48_are_hours_and_this_is_said(tmp_path):
    text = "station,issue,lead,pm25\nA,2015-01-01,24,10\nA,2015-01-01,48,20\n"
    found = read(tmp_path, text)
    assert found.data["lead"].values.tolist() == [1, 2]
    assert "a.csv: leads are multiples of 24 and taken as hours" in [n.en for n in found.notes]


def test_members_in_columns_and_in_rows(tmp_path):
    wide = read(tmp_path, "date,m1,m2\n2015-01-01,1,3\n").data
    long = read(tmp_path, "date,member,value\n2015-01-01,a,1\n2015-01-01,b,3\n").data
    for data in (wide, long):
        assert data["value_members"].values.ravel().tolist() == [1, 3]


def test_quantiles_in_columns_and_in_rows(tmp_path):
    wide = read(tmp_path, "date,pm25_q10,pm25_q90\n2015-01-01,1,3\n").data
    long = read(tmp_path, "date,quantile,pm25\n2015-01-01,90,3\n2015-01-01,10,1\n").data
    for data in (wide, long):
        assert data["quantile"].values.tolist() == [0.1, 0.9]
        assert data["pm25_quantiles"].values.ravel().tolist() == [1, 3]


def test_a_bulletin(tmp_path):
    text = (
        "城市,起报日期,时效,AQI下限,AQI上限,级别,首要污染物\n"
        '北京,2015-01-01,1,80,120,良至轻度污染,"PM2.5,O3"\n北京,2015-01-01,2,20,40,优,无\n'
    )
    data = read(tmp_path, text).data.isel(issue=0, place=0)
    assert data["aqi"].values.tolist() == [(80 + 120) / 2, (20 + 40) / 2]
    assert data["level_low"].values.tolist() == [2, 1]
    assert data["level_high"].values.tolist() == [3, 1]
    np.testing.assert_array_equal(data["level"].values, [np.nan, 1])  # a span is no single level
    assert data["primary"].values.tolist() == [1 + 16, 0]  # bits of PM2.5 and O3


def test_units_are_converted(tmp_path):
    found = read(tmp_path, "date,CO(ug/m3)\n2015-01-01,800\n").data
    assert found["co"].item() == pytest.approx(0.8)
    found = read(tmp_path, "date,pollutant,value,unit\n2015-01-01,PM10,0.05,mg/m3\n").data
    assert found["pm10"].item() == pytest.approx(50)


def test_models_in_a_column_are_several(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("model,date,pm25\nx,2015-01-01,1\ny,2015-01-01,2\n")
    assert [(c.name, c.data["pm25"].item()) for c in read_tables(path, "forecast")] == [
        ("x", 1),
        ("y", 2),
    ]


def test_one_table_of_forecast_and_observed(tmp_path):
    text = "date,pm25_fcst,pm25_obs\n2015-01-01,1,2\n"
    assert read(tmp_path, text).data["pm25"].item() == 1
    assert read(tmp_path, text, side="observed").data["pm25"].item() == 2


def test_marks_of_missing_and_impossible_values_are_counted(tmp_path):
    text = "date,pm25\n2015-01-01,NA\n2015-01-02,-5\n2015-01-03,7\n"
    found = read(tmp_path, text, side="observed")
    np.testing.assert_array_equal(found.data["pm25"].values[:, 0], [np.nan, np.nan, 7])
    assert "a.csv: taken as missing: pm25 NA: 1, pm25 < 0: 1" in [n.en for n in found.notes]


def hours(columns, of_hour):
    rows = [f"{of_hour(h)},{h}" for h in range(1, 25)]
    return "\n".join([f"{columns},pm25", *rows]) + "\n"


@pytest.mark.parametrize(
    ("columns", "of_hour"),
    [
        ("time", lambda h: f"2015-01-01 {h:02d}:00"),
        ("date,hour", lambda h: f"2015-01-01,{h}"),
        ("year,month,day,hour", lambda h: f"2015,1,1,{h}"),
        ("time", lambda h: f"2015010{1 + h // 24}{h % 24:02d}"),
    ],
)
def test_hourly_observations_become_days(tmp_path, columns, of_hour):
    found = read(tmp_path, hours(columns, of_hour), side="observed")
    assert found.data["day"].values.astype("datetime64[D]").tolist() == days("2015-01-01").tolist()
    assert found.data["pm25"].item() == 12.5  # (1 + 2 + … + 24) / 24 = 300 / 24


def test_a_day_of_19_hours_is_missing(tmp_path):
    text = "\n".join(hours("time", lambda h: f"2015-01-01 {h:02d}:00").splitlines()[:20]) + "\n"
    assert np.isnan(read(tmp_path, text, side="observed").data["pm25"].item())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a.csv: the file is empty"),
        ("date,pm25\n", "a.csv: no row below the header"),
        ("pm25\n1\n", "a.csv, line 1: one column, 'pm25'"),
        ("date,remark\n2015-01-01,nice\n", "a.csv: no column of values"),
        ("date,pm25\n2015-01-01,10\n2015-01-02,high\n",
         "a.csv, line 3: column 'pm25' is 'high'; expected a number"),
        ("date,pm25\n01/02/2015,10\n",
         "a.csv, line 2: column 'date' is '01/02/2015'; expected a day as 2015-12-01"),
        ("station,date,pm25\nA,2015-01-01,10\n,2015-01-02,10\n",
         "a.csv, line 3: column 'station' is empty; expected a place"),
        ("date,pm25\n2015-01-01,10\n2015-01-01,12\n",
         "a.csv, line 3: the same place and time as"),
        ("date,co\n2015-01-01,800\n", "co has a median of 800 and no unit; expected mg/m³"),
        ("date,pm25 (lb/ft3)\n2015-01-01,8\n", "a.csv: pm25: unit 'lb/ft3' is unknown"),
        ("date,pm25,pm2.5\n2015-01-01,8,9\n", "columns 'pm25' and 'pm2.5' both hold pm25"),
        ("lead,pm25\n1,8\n", "a lead alone does not tell the day forecast"),
        ("issue,lead_hours,pm25\n2015-01-01,12,8\n",
         "a.csv, line 2: the lead 12 h is not a whole number of days"),
        ("issue,lead,date,pm25\n2015-01-01,1,2015-01-03,8\n",
         "a.csv, line 2: issue 2015-01-01 and lead 1 d do not give the day 2015-01-03"),
        ("issue,date,pm25\n2015-01-02,2015-01-01,8\n",
         "a.csv, line 2: 2015-01-01 lies before the issue of 2015-01-02"),
        ("date,aqi_low,aqi_high\n2015-01-01,80,60\n",
         "a.csv, line 2: aqi_low 80 exceeds aqi_high 60"),
        ("date,aqi_low\n2015-01-01,80\n", "aqi_low without the other end of the range"),
        ("date,级别\n2015-01-01,很好\n",
         "a.csv, line 2: column '级别' is '很好'; expected a level 1 to 6"),
        ("time,pm25\n2015-01-01 01:00,1\n2015-01-01 02:00,1\n",
         "several hours of one day; average the forecast to days first"),
        ("date,hour,pm25\n2015-01-01,x,1\n", "a.csv, line 2: column 'hour' is 'x'"),
        ("date,quantile,pm25\n2015-01-01,0,1\n", "expected a level between 0 and 1"),
        ("date,pm25\n2015-01-01,10\n2015-01\n", "a.csv, line 3: 1 fields; expected 2"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(tmp_path, text, message):
    with pytest.raises(InputError) as error:
        read(tmp_path, text)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_workbook_is_no_text(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"PK\x03\x04....")
    with pytest.raises(InputError, match="Excel workbook or archive; save the sheet as CSV"):
        read_tables(tmp_path / "a.csv", "forecast")


def test_an_index_of_hours_is_no_index_of_the_day(tmp_path):
    text = "time,aqi\n2015-01-01 01:00,1\n2015-01-01 02:00,1\n"
    with pytest.raises(InputError, match="a day's index is no mean of hours"):
        read(tmp_path, text, side="observed")
