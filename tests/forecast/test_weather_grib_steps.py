"""Reference times, steps, members and intervals of amounts in GRIB."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from grib_messages import amount, message, t2m, written

from forecast.errors import InputError
from forecast.weather.opening import open_weather


def hours(axis):
    return (pd.TimedeltaIndex(np.atleast_1d(axis)) / pd.Timedelta(hours=1)).tolist()


# times and members


def test_ensemble_with_a_missing_message(tmp_path):
    ens = {"productDefinitionTemplateNumber": 1, "centre": "ecmf"}
    cases = [(step, n) for step in (6, 0, 3) for n in (2, 0, 1) if (step, n) != (3, 1)]
    messages = [
        t2m(250 + 10 * n + step, **ens, shortName="2t", number=n, forecastTime=step)
        for step, n in cases
    ]
    found = open_weather(written(tmp_path / "a.grib2", *messages))["t2m"]
    assert found["member"].values.tolist() == [0, 1, 2]
    assert hours(found["lead"]) == [0, 3, 6]
    np.testing.assert_allclose(
        found.values[0, :, :, 0, 0],
        [[250, 260, 270], [253, np.nan, 273], [256, 266, 276]],
        atol=1e-4,
    )
    assert np.isnan(found.values[0, 1, 1]).all() and np.isnan(found.values).sum() == 12


def test_several_issues_and_analyses(tmp_path):
    times = [(20200131, 1800), (20200201, 0), (20200229, 630)]
    messages = [t2m(280 + i, dataDate=d, dataTime=t) for i, (d, t) in enumerate(times)]
    found = open_weather(written(tmp_path / "a.grib2", *messages))
    issues = pd.to_datetime(["2020-01-31 18:00", "2020-02-01 00:00", "2020-02-29 06:30"])
    assert (found["issue"].to_index() == issues).all()
    assert hours(found["lead"]) == [0]
    np.testing.assert_allclose(found["t2m"].values[:, 0, 0, 0, 0], [280, 281, 282], atol=1e-4)
    assert (found["valid_time"].values[:, 0] == issues.values).all()


@pytest.mark.parametrize(
    ("unit", "step", "hour"),
    [(0, 90, 1.5), (1, 90, 90), (2, 3, 72), (10, 3, 9), (11, 3, 18), (12, 3, 36), (13, 1800, 0.5)],
)
def test_units_of_steps(tmp_path, unit, step, hour):
    """WMO table 4.4: minutes, hours, days, 3, 6 and 12 hours, seconds."""
    file = written(tmp_path / "a.grib2", t2m(indicatorOfUnitOfTimeRange=unit, forecastTime=step))
    assert hours(open_weather(file)["lead"]) == [hour]


def test_units_of_an_interval_differ_from_those_of_its_start(tmp_path):
    data = amount(2.0, 3, 3, indicatorOfUnitForTimeRange=0, lengthOfTimeRange=90)
    found = open_weather(written(tmp_path / "a.grib2", data))
    assert (hours(found["tp_start"]), hours(found["lead"])) == ([3], [4.5])


def test_minutes_in_edition_1(tmp_path):
    data = t2m(sample="regular_ll_sfc_grib1", indicatorOfUnitOfTimeRange=0, P1=90)
    assert hours(open_weather(written(tmp_path / "a.grib", data))["lead"]) == [1.5]


def test_steps_in_months_are_refused(tmp_path):
    file = written(tmp_path / "a.grib2", t2m(indicatorOfUnitOfTimeRange=3, forecastTime=1))
    with pytest.raises(InputError, match=r"a\.grib2: message 1 counts steps in months"):
        open_weather(file)


# amounts


def test_the_shorter_of_two_intervals_counts(tmp_path):
    file = written(
        tmp_path / "a.grib2",
        amount(1.0, 0, 6),
        amount(5.0, 6, 12),
        amount(6.0, 0, 12),
        amount(9.0, 0, 18),
    )
    found = open_weather(file)
    assert hours(found["lead"]) == [6, 12, 18]
    assert hours(found["tp_start"]) == [0, 6, 0]
    np.testing.assert_allclose(found["tp"].values[0, :, 0, 0, 0], [1, 5, 9], atol=1e-4)


def test_of_two_intervals_the_one_most_members_have_counts(tmp_path):
    ens = {"productDefinitionTemplateNumber": 11}
    file = written(
        tmp_path / "a.grib2",
        amount(6.0, 0, 12, **ens, number=1),
        amount(7.0, 0, 12, **ens, number=2),
        amount(5.0, 6, 12, **ens, number=1),
    )
    found = open_weather(file)
    assert hours(found["tp_start"]) == [0]
    np.testing.assert_allclose(found["tp"].values[0, 0, :, 0, 0], [6, 7], atol=1e-4)


def test_mean_rates_become_amounts(tmp_path):
    """1e-3 kg m-2 s-1 for 6 h is 21.6 mm; 100 W m-2 for 3 h is 1.08 MJ m-2."""
    mean = {"typeOfStatisticalProcessing": 0}
    file = written(
        tmp_path / "a.grib2",
        amount(1e-3, 6, 12, "prate", **mean),
        amount(100.0, 9, 12, "sdswrf", **mean),
    )
    found = open_weather(file)
    np.testing.assert_allclose(found["tp"], 21.6, rtol=1e-5)
    np.testing.assert_allclose(found["ssrd"], 1.08e6, rtol=1e-5)
    assert (hours(found["tp_start"]), hours(found["ssrd_start"])) == ([6], [9])


def test_an_amount_goes_before_a_rate_and_a_rate_at_a_time_is_none(tmp_path):
    file = written(
        tmp_path / "a.grib2",
        amount(1e-3, 0, 6, "prate", typeOfStatisticalProcessing=0),
        amount(4.0, 0, 6),
        t2m(1e-3, shortName="prate", forecastTime=3),
    )
    found = open_weather(file)
    np.testing.assert_allclose(found["tp"], 4.0)
    assert hours(found["lead"]) == [6]
    assert found.attrs["ignored"] == "prate (instant)"


@pytest.mark.parametrize(("mars_class", "start"), [("od", 0), ("ea", 5)])
def test_amounts_of_edition_1_that_state_no_interval(tmp_path, mars_class, start):
    """ECMWF writes them as of a time: since the start of the forecast; in ERA5, of the hour."""
    keys = {"marsClass": mars_class, "paramId": 228, "P1": 6}
    data = message(np.full(12, 0.004), "regular_ll_sfc_grib1", **keys)
    found = open_weather(written(tmp_path / "a.grib", data))
    np.testing.assert_allclose(found["tp"], 4.0, rtol=1e-5)  # metres to mm
    assert (hours(found["tp_start"]), hours(found["lead"])) == ([start], [6])


def test_era5_amounts_keep_issue_and_lead(tmp_path):
    messages = [
        message(
            np.full(12, (hour + step) / 1000),
            "regular_ll_sfc_grib1",
            marsClass="ea",
            paramId=228,
            timeRangeIndicator=4,
            P1=step - 1,
            P2=step,
            dataTime=hour * 100,
        )
        for hour in (6, 18)
        for step in (1, 2, 3)
    ]
    found = open_weather(written(tmp_path / "a.grib", *messages))
    assert found.attrs["product"] == "era5-grib"
    assert dict(found.sizes) | {"issue": 2, "lead": 3} == dict(found.sizes)
    assert hours(found["tp_start"]) == [0, 1, 2]
    np.testing.assert_allclose(
        found["tp"].values[:, :, 0, 0, 0], [[7, 8, 9], [19, 20, 21]], rtol=1e-5
    )
