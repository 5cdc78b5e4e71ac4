"""The reader of the UCI 394 files: against their text, sentinels, and malformed files."""

from __future__ import annotations

import csv
import gzip
import io

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from forecast.daily import daily_values
from forecast.errors import InputError
from forecast.observations.five_cities import FiveCities
from forecast.pollutants import POLLUTANTS

NAME = "ChengduPM20130101_20151231.csv"
HEADER = (
    "No,year,month,day,hour,season,PM_Caotangsi,PM_Shahepu,PM_US Post,"
    "DEWP,HUMI,PRES,TEMP,cbwd,Iws,precipitation,Iprec\n"
)
SOURCE = FiveCities(files="*.csv")


def line(hour: object, pm: str = "5,6,7", *, day: object = 2) -> str:
    return f"9,2013,3,{day},{hour},1,{pm},-9999,-9999,9999,2,cv,580.98,999990,999990\n"


GOOD = HEADER + line(0) + line(1, "NA,3,NA") + line(3, "8,9,10.5")


def written(folder, text: str | bytes, name: str = NAME):
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_stations_values_and_the_start_of_the_hour(tmp_path):
    reading = SOURCE.read(written(tmp_path, GOOD), 8)
    data = reading.hourly
    assert data["station"].values.tolist() == [
        "Chengdu_Caotangsi",
        "Chengdu_Shahepu",
        "Chengdu_US_Post",
    ]
    # 00:00 on 2 March at UTC+8 is 16:00 on 1 March; the hour 2 is a hole
    assert data["time"].to_index().equals(pd.date_range("2013-03-01 16:00", periods=4, freq="h"))
    expected = [[5, np.nan, np.nan, 8], [6, 3, np.nan, 9], [7, np.nan, np.nan, 10.5]]
    np.testing.assert_array_equal(data["pm25"], expected)
    assert data["pm25"].attrs["units"] == "ug m-3" and data["pm25"].dtype == np.float32
    assert set(data.data_vars) == set(POLLUTANTS) and np.isnan(data["o3"].values).all()
    # NA is a missing value and no rejection, and the weather's sentinels are not read at all
    assert not reading.rejected


def test_the_other_label(tmp_path):
    path = written(tmp_path, GOOD)
    ending = FiveCities(files="*", hour_label="ending").read(path, 8).hourly
    assert ending["time"].to_index()[0] == pd.Timestamp("2013-03-01 15:00")


@pytest.mark.parametrize("sentinel", ["-999", "999", "9999", "999990", "-1"])
def test_sentinels_never_reach_a_mean(tmp_path, sentinel):
    rows = [line(h, "10,20,30") for h in range(24)]
    rows[5] = line(5, f"{sentinel},20,{sentinel}")
    reading = SOURCE.read(written(tmp_path, HEADER + "".join(rows)), 8)
    daily = daily_values(reading.hourly)["pm25"].values[:, 0]
    assert daily.tolist() == [10, 20, 30]
    assert sum(reading.rejected.values()) == 2


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("\ufeff" + GOOD, NAME),
        (GOOD.replace("\n", "\r\n"), NAME),
        (GOOD + "\n", NAME),
        (HEADER + line(3, "8,9,10.5") + line(0) + line(1, "NA,3,NA"), NAME),
        (gzip.compress(GOOD.encode()), NAME + ".gz"),
    ],
    ids=["bom", "windows lines", "blank line", "order", "gz"],
)
def test_the_same_table_in_other_dress(tmp_path, text, name):
    expected = SOURCE.read(written(tmp_path, GOOD), 8).hourly
    xr.testing.assert_identical(SOURCE.read(written(tmp_path, text, name), 8).hourly, expected)


def test_columns_are_read_by_their_name(tmp_path):
    swapped = GOOD.replace("PM_Caotangsi,PM_Shahepu", "PM_Shahepu,PM_Caotangsi")
    found = SOURCE.read(written(tmp_path, swapped), 8).hourly["pm25"]
    assert found.sel(station="Chengdu_Shahepu").values[0] == 5


def test_the_city_is_named_by_the_file_or_the_option(tmp_path):
    path = written(tmp_path, GOOD, "download.csv")
    with pytest.raises(InputError, match=r"download\.csv: the name does not say the city"):
        SOURCE.read(path, 8)
    found = FiveCities(files="*", city="Chengdu").read(path, 8).hourly
    assert found["station"].values[0] == "Chengdu_Caotangsi"


NOT_A_TIME = r"is not a year-month-day-hour \(0…23\)$"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", ": the file is empty$"),
        (HEADER, ": no row below the header$"),
        (GOOD[: GOOD.rindex(",9999,2")], ", line 4: 11 fields; expected 17"),
        (GOOD + line(4, "5,6"), ", line 5: 16 fields; expected 17"),
        (GOOD.encode("utf-16"), ": not text in utf-8: "),
        (GOOD.replace("PM_Shahepu", "PM_沙河铺").encode("gbk"), ": not text in utf-8: "),
        (GOOD.replace("hour,season", "season,Hour"), ": column hour missing; is it a UCI 394"),
        (GOOD.replace("day,hour", "hour,day"), f", line 2: 2013-3-0-2 {NOT_A_TIME}"),
        (GOOD.replace("PM_", "PM25_"), ": no column PM_<site>; is it a UCI 394 file"),
        (GOOD.replace("PM_Shahepu", "PM_Caotangsi"), ": column PM_Caotangsi stands twice$"),
        (
            GOOD + line(1),
            ", line 5: station Chengdu_Caotangsi has 2013-03-01 17:00:00 UTC tw",
        ),
        (GOOD + line(4, "5,6x,7"), ", line 5: PM_Shahepu is '6x'; expected a number$"),
        (GOOD + line(4, "5,inf,7"), ", line 5: PM_Shahepu is 'inf'; expected a number$"),
        (GOOD + line(4, '5,"6 µg/m³",7'), ", line 5: PM_Shahepu is '6 µg/m³'; expected a number$"),
        (GOOD + line(24), f", line 5: 2013-3-2-24 {NOT_A_TIME}"),
        (GOOD + line(2, day=32), f", line 5: 2013-3-32-2 {NOT_A_TIME}"),
        (GOOD + line("x"), f", line 5: 2013-3-2-x {NOT_A_TIME}"),
        (GOOD + line(2.5), f", line 5: 2013-3-2-2.5 {NOT_A_TIME}"),
    ],
)
def test_malformed_files(tmp_path, text, message):
    path = written(tmp_path, text)
    with pytest.raises(InputError, match=message) as caught:
        SOURCE.read(path, 8)
    assert str(caught.value).startswith(str(path)) and "\n" not in str(caught.value)


@pytest.mark.real
@pytest.mark.parametrize("city", ["Chengdu", "Shanghai"])
def test_real_files_against_their_text(real_data, city):
    path = next((real_data / "cities").glob(f"{city}PM*.csv.gz"))
    reading = SOURCE.read(path, 8)
    with gzip.open(path, "rt", encoding="utf-8") as text:
        rows = list(csv.DictReader(io.StringIO(text.read())))
    sites = [c for c in rows[0] if c.startswith("PM_")]
    assert len(sites) == reading.hourly.sizes["station"] == 3
    for site in sites:
        station = f"{city}_{site[3:].replace(' ', '_')}"
        found = reading.hourly["pm25"].sel(station=station)
        known = [float(r[site]) for r in rows if r[site] != "NA"]
        assert int(np.isfinite(found).sum()) == len(known) > 20_000
        assert found.astype(float).mean().item() == pytest.approx(np.mean(known))
        for row in rows[::5000]:
            local = pd.Timestamp(*(int(row[k]) for k in ("year", "month", "day", "hour")))
            value = np.nan if row[site] == "NA" else float(row[site])
            at = found.sel(time=local - pd.Timedelta(hours=8)).item()
            np.testing.assert_array_equal(at, value)
    # the PM columns of the published files hold no sentinel, though the weather columns may
    assert not reading.rejected


@pytest.mark.real
def test_hours_begin_at_their_label(real_data):
    """Day-to-day changes agree better with the published city values under this reading."""
    table = pd.read_csv(real_data / "cities" / "cities39_daily_2014-01_2016-02.csv.gz")
    for city in ("Chengdu", "Shanghai"):
        path = next((real_data / "cities").glob(f"{city}PM*.csv.gz"))
        one = table[table["city"] == city.lower()]
        published = one.set_index(pd.to_datetime(one["date"]))["PM25"]
        agreement = {}
        for label in ("beginning", "ending"):
            hourly = FiveCities(files="*", hour_label=label).read(path, 8).hourly
            daily = daily_values(hourly)["pm25"].transpose("day", "place").to_pandas()
            agreement[label] = daily.diff().corrwith(published.reindex(daily.index).diff())
        assert len(agreement["ending"]) == 3
        assert (agreement["beginning"] > agreement["ending"] + 0.005).all(), agreement
