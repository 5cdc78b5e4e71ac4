"""The AQS reader: against hand-converted rows of the real layout, and against malformed files."""

from __future__ import annotations

import re
import zipfile

import numpy as np
import pytest
from pydantic import ValidationError

from forecast.errors import InputError
from forecast.observations.aqs import Aqs

HEADER = (
    '"State Code","County Code","Site Num","Parameter Code","POC","Latitude","Longitude","Datum",'
    '"Parameter Name","Date Local","Time Local","Date GMT","Time GMT","Sample Measurement",'
    '"Units of Measure","MDL","Uncertainty","Qualifier","Method Type","Method Code","Method Name",'
    '"State Name","County Name","Date of Last Change"\n'
)
LC, PPM, PPB = "Micrograms/cubic meter (LC)", "Parts per million", "Parts per billion"


def row(
    hour: int | str,
    value: object,
    *,
    code: str = "88101",
    unit: str = LC,
    poc: object = 3,
    site: str = '"01","073","0023"',
    day: str = "2020-01-01",
) -> str:
    gmt = f"{hour:02d}:00" if isinstance(hour, int) else hour
    return (
        f'{site},"{code}",{poc},33.553056,-86.815,"WGS84","Name, quoted","2019-12-31","18:00",'
        f'"{day}","{gmt}",{value},"{unit}",5,"","","FEM","183","Met One BAM-1022, VSCC","Alabama",'
        f'"Jefferson","2020-05-20"\n'
    )


GOOD = HEADER + row(0, 12.4) + row(1, -1.5) + row(3, 8) + row(1, 20, site='"CC","001","0002"')


def read(folder, text: str | bytes, **options):
    path = folder / "hourly_88101_2020.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return Aqs(files="*.csv", **options).read(path, -6)


def test_values_and_the_start_of_the_hour(tmp_path):
    reading = read(tmp_path, GOOD)
    data = reading.hourly
    assert data["station"].values.tolist() == ["010730023", "CC0010002"]
    # GMT columns, beginning of the hour; the local ones (18:00 the day before) are not used
    assert data["time"].values.astype("M8[h]").astype(str).tolist() == [
        f"2020-01-01T0{h}" for h in range(4)
    ]
    expected = np.array([[12.4, -1.5, np.nan, 8], [np.nan, 20, np.nan, np.nan]], np.float32)
    np.testing.assert_array_equal(data["pm25"].values, expected)
    assert data["pm25"].attrs["units"] == "ug m-3" and not reading.rejected


def test_units_of_every_parameter(tmp_path):
    rows = [
        row(0, 30, code="81102", unit="Micrograms/cubic meter (25 C)"),
        row(0, 0.062, code="44201", unit=PPM, poc=1),
        row(0, 21.3, code="42602", unit=PPB, poc=1),
        row(0, 2, code="42401", unit=PPB, poc=1),
        row(0, 0.3, code="42101", unit=PPM, poc=1),
        row(0, 5, code="61103", unit="Knots", poc=1),
    ]
    reading = read(tmp_path, HEADER + "".join(rows))
    hour = {n: v.item() for n, v in reading.hourly.data_vars.items()}
    assert hour["pm10"] == 30 and np.isnan(hour["pm25"])
    assert hour["o3"] == pytest.approx(0.062 * 1000 * 1.962)
    assert hour["no2"] == pytest.approx(21.3 * 1.88)
    assert hour["so2"] == pytest.approx(2 * 2.62)
    assert hour["co"] == pytest.approx(0.3 * 1.145)
    assert dict(reading.rejected) == {"parameter code 61103 is not used": 1}


def test_the_lowest_monitor_of_each_hour_is_taken_and_the_rest_counted(tmp_path):
    rows = row(0, 50, poc=4) + row(0, 10, poc=2) + row(0, 99, poc=11) + row(1, 60, poc=4)
    reading = read(tmp_path, HEADER + rows)
    np.testing.assert_array_equal(reading.hourly["pm25"].values, [[10, 60]])
    assert dict(reading.rejected) == {"another monitor of the same site and hour": 2}


def test_an_empty_value_leaves_the_hour_to_the_next_monitor(tmp_path):
    reading = read(tmp_path, HEADER + row(0, "", poc=1) + row(0, 7, poc=2))
    assert reading.hourly["pm25"].item() == 7 and dict(reading.rejected) == {"no value": 1}


def test_codes_of_ones_own_in_their_order(tmp_path):
    rows = HEADER + row(0, 9, code="88502", poc=1) + row(0, 11, poc=5)
    codes = {"88101": "pm25", "88502": "pm25"}
    assert read(tmp_path, rows, parameters=codes).hourly["pm25"].item() == 11
    swapped = dict(reversed(codes.items()))
    assert read(tmp_path, rows, parameters=swapped).hourly["pm25"].item() == 9
    with pytest.raises(ValidationError, match="88101 names 'pm'; expected one of pm25"):
        Aqs(files="*", parameters={"88101": "pm"})


def test_zipped_and_with_zeros_lost(tmp_path):
    path = tmp_path / "hourly_88101_2020.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("hourly_88101_2020.csv", GOOD.replace('"01","073","0023"', "1,73,23"))
    data = Aqs(files="*.zip").read(path, -6).hourly
    assert data["station"].values.tolist() == ["010730023", "CC0010002"]
    path.write_bytes(b"PK no archive")
    with pytest.raises(InputError, match=r"2020\.zip: not an AQS table in UTF-8: "):
        Aqs(files="*.zip").read(path, -6)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", ": the file is empty"),
        (HEADER, ": no row below the header"),
        (GOOD[: GOOD.rindex('"Jefferson"')], ", line 5: Date of Last Change ''; expected a date"),
        (GOOD[:-5], "not an AQS table in UTF-8: Error tokenizing data"),
        (GOOD.encode("utf-16"), "not an AQS table in UTF-8: 'utf-8' codec can't decode"),
        (GOOD.replace("Name,", "Säge,").encode("latin-1"), "not an AQS table in UTF-8: 'utf-8'"),
        (GOOD.replace('"Units of Measure"', '"Unit"'), ": column Units of Measure missing; is it"),
        (GOOD + row(0, 12.4), ", line 6: station 010730023, POC 3: pm25 at 2020-01-01 00:00:00"),
        (GOOD + row(5, "12ug"), ", line 6: Sample Measurement is '12ug'; expected a number"),
        (GOOD + row(5, "nan"), ", line 6: Sample Measurement is 'nan'; expected a number"),
        # a value column that holds its unit, an hour that holds its date: columns swapped
        (GOOD + row(5, f'"{LC}"', unit="8"), ", line 6: Sample Measurement is 'Micrograms"),
        (GOOD + row("2020-01-01", 5), ", line 6: Date GMT, Time GMT '2020-01-01 2020-01-01'"),
        (GOOD + row(5, 3, unit=PPB), ", line 6: pm25: unit 'Parts per billion' is a mixing ratio"),
        (GOOD + row(5, 3, unit="Count"), ", line 6: pm25: unit 'Count' is unknown"),
        (GOOD + row(5, 3, site='"ZZ","073","0023"'), ", line 6: State Code, County Code, Site"),
        (GOOD + row(5, 3, poc=0), ", line 6: POC '0'; expected a whole number from 1"),
        (HEADER + row(5, 3, code="61103"), ": no row of parameter 88101, 81102"),
        (GOOD + row(5, 3, day="9020-01-01"), ", line 6: 9020-01-01 05:00:00 UTC; expected a year"),
    ],
)  # fmt: skip
def test_malformed_files(tmp_path, text, message):
    with pytest.raises(InputError, match=re.escape(message)) as caught:
        read(tmp_path, text)
    assert str(tmp_path) in str(caught.value) and "\n" not in str(caught.value)


def test_no_file(tmp_path):
    with pytest.raises(InputError, match=r"none\.csv: no such file$"):
        Aqs(files="*").read(tmp_path / "none.csv", 0)
