"""The AirNow reader: against hand-converted rows, and against malformed files."""

from __future__ import annotations

import re

import numpy as np
import pytest

from forecast.errors import InputError
from forecast.observations.airnow import Airnow


def line(
    parameter: str = "PM2.5",
    unit: str = "UG/M3",
    value: object = 12.5,
    *,
    site: str = "840010491003",
    name: str = "Site A",
    time: str = "11:00",
    date: str = "10/02/23",
    offset: object = -4,
) -> bytes:
    row = f"{date}|{time}|{site}|{name}|{offset}|{parameter}|{unit}|{value}|State A\r\n"
    return row.encode("cp437")


GOOD = (
    line()
    + line("OZONE", "PPB", 30)
    + line("CO", "PPM", 0.4, site="000051501", name="Zéphirin")
    + line("NO2", "PPB", 10, time="12:00")
    + line("SO2", "PPB", -0.5)
    + line("PM10", "UG/M3", 40)
)


def read(folder, data: bytes, utc_offset: float = -5):
    path = folder / "HourlyData_2023100211.dat"
    path.write_bytes(data)
    return Airnow(files="*.dat").read(path, utc_offset)


def test_values_units_and_the_start_of_the_hour(tmp_path):
    reading = read(tmp_path, GOOD)
    data = reading.hourly
    assert data["station"].values.tolist() == ["840010491003", "000051501"]
    # GMT, beginning of the hour: taken as it stands, whatever the network's or the site's offset
    assert data["time"].values.astype("M8[h]").astype(str).tolist() == [
        "2023-10-02T11",
        "2023-10-02T12",
    ]
    first = {n: v.values[0] for n, v in data.data_vars.items()}
    np.testing.assert_array_equal(first["pm25"], [12.5, np.nan])
    np.testing.assert_allclose(first["o3"], [30 * 1.962, np.nan], rtol=1e-6)
    np.testing.assert_allclose(first["no2"], [np.nan, 10 * 1.88], rtol=1e-6)
    # a negative value is the instrument's noise: quality control judges it, not the reader
    np.testing.assert_allclose(first["so2"], [-0.5 * 2.62, np.nan], rtol=1e-6)
    np.testing.assert_array_equal(first["pm10"], [40, np.nan])
    np.testing.assert_allclose(data["co"].values[1], [0.4 * 1.145, np.nan], rtol=1e-6)
    assert data["co"].attrs["units"] == "mg m-3" and data["pm25"].dtype == np.float32
    assert not reading.rejected


def test_units_are_read_from_every_row(tmp_path):
    rows = line("OZONE", "PPM", 0.030) + line("OZONE", "PPB", 40, time="12:00")
    data = read(tmp_path, rows + line("OZONE", "UG/M3", 50, time="13:00")).hourly
    np.testing.assert_allclose(data["o3"].values[0], [58.86, 78.48, 50], rtol=1e-6)


def test_what_is_left_out_is_counted(tmp_path):
    rows = (
        line("WS", "M/S", 3) + line("PM2.5", "UG/M3", "", time="12:00")
        + line("PM2.5", "UG/M3", -999, time="13:00") + line("WS", "M/S", 3, time="12:00")
    )  # fmt: skip
    reading = read(tmp_path, GOOD + rows)
    assert dict(reading.rejected) == {
        "parameter WS is not used": 2,
        "value: mark of missing value -999": 1,
        "no value": 1,
    }
    assert np.isfinite(reading.hourly["pm25"].values).sum() == 1


def test_years_of_four_digits(tmp_path):
    data = read(tmp_path, line(date="10/02/2023")).hourly
    assert str(data["time"].values[0])[:13] == "2023-10-02T11"


TRUNCATED = GOOD[: GOOD.rindex(b"|40|")]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", ": the file is empty"),
        (TRUNCATED, ", line 6: 7 fields; expected 9"),
        (GOOD.replace(b"|", b","), ", line 1: 1 fields; expected 9 delimited by '|'"),
        (GOOD.decode("cp437").encode("utf-16"), "zero bytes"),
        (GOOD + line(value="12,5"), ", line 7: value is '12,5'; expected a number"),
        (GOOD + line("NO2", "PPB", "inf"), ", line 7: value is 'inf'; expected a number"),
        (GOOD + line(), ", line 7: station 840010491003 has pm25 at 2023-10-02 11:00:00 UTC twice"),
        # unit and value swapped, id and name swapped, offset and value swapped
        (GOOD + line("NO2", "9", "PPB"), ", line 7: value is 'PPB'; expected a number"),
        (GOOD + line(site="Site A", name="840010491003"), ", line 7: site 'Site A'; expected an"),
        (GOOD + line("NO2", "PPB", -4, offset=42), ", line 7: GMT offset '42'; expected hours"),
        (GOOD + line("PM2.5", "PPB", 7, time="12:00"), ", line 7: pm25: unit 'PPB' is a mixing"),
        (GOOD + line("NO2", "", 7), ", line 7: no2: unit '' is unknown"),
        (GOOD + line(time="25:00"), ", line 7: time '10/02/23 25:00'; expected MM/DD/YY HH:MM"),
        (GOOD + line(date="02.10.2023"), ", line 7: time '02.10.2023 11:00'; expected"),
        (GOOD + line("NO2", time="11:30"), ", line 7: 2023-10-02 11:30:00 UTC; expected a whole"),
        (line("WS", "M/S", 3), ": no row that can be used"),
    ],
)  # fmt: skip
def test_malformed_files(tmp_path, data, message):
    with pytest.raises(InputError, match=re.escape(message)) as caught:
        read(tmp_path, data)
    assert str(tmp_path) in str(caught.value) and "\n" not in str(caught.value)


def test_no_file(tmp_path):
    with pytest.raises(InputError, match=r"none\.dat: no such file$"):
        Airnow(files="*").read(tmp_path / "none.dat", 0)
