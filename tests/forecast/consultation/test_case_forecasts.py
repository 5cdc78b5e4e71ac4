"""Issues before and during an episode against what came, on files made by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from forecast.consultation.cases.forecasts import forecast_course
from forecast.errors import InputError
from forecast.evaluation.settings import Processes

FIRST, LAST = pd.Timestamp("2015-12-07"), pd.Timestamp("2015-12-09")
DAYS = pd.date_range("2015-11-30", "2015-12-10")
PM25, PM10 = 1, 2
"""Bits of the primary pollutants."""


def seen(*series):
    """Observed AQI of cities A, B, … on `DAYS`, the values given from 12-06 on, 90 before."""
    aqi = np.full((len(series), len(DAYS)), 90.0)
    for row, values in zip(aqi, series, strict=True):
        row[6 : 6 + len(values)] = values
    data = {"aqi": (("place", "day"), aqi), "primary": (("place", "day"), aqi * 0 + PM25)}
    return xr.Dataset(data, {"place": list("AB")[: len(series)], "day": DAYS})


def issued(folder, issue, *middles, heavy=0, lat=(40.0, 40.5)):
    """Write an issue whose ranges are ± 15 about the middles of each city, five leads.

    `heavy` of ten scenarios are above 200 at every city and lead.
    """
    issue, places = pd.Timestamp(issue), list("AB")[: len(middles)]
    middle = np.array(middles, float).T
    scenarios = np.full((10, *middle.shape), 150.0)
    scenarios[:heavy] = 210.0
    data = xr.Dataset(
        {
            "aqi_low": (("lead", "place"), middle - 15),
            "aqi_high": (("lead", "place"), middle + 15),
            "scenario_aqi": (("scenario", "lead", "place"), scenarios),
        },
        {
            "lead": np.arange(1, 6),
            "place": places,
            "issue": issue,
            "valid_day": ("lead", pd.date_range(issue + pd.Timedelta(days=1), periods=5)),
            "lat": ("place", list(lat)[: len(places)]),
            "lon": ("place", [116.0, 116.5][: len(places)]),
        },
    )
    path = folder / f"{issue:%Y-%m-%d}.nc"
    data.to_netcdf(path)
    return issue, path


@pytest.fixture
def files(tmp_path):
    return dict(
        [
            issued(tmp_path, "2015-12-04", [90, 90, 90, 220, 210], heavy=3),
            issued(tmp_path, "2015-12-05", [90, 90, 90, 90, 90]),
            issued(tmp_path, "2015-12-06", [215, 250, 90, 90, 90], heavy=8),
            issued(tmp_path, "2015-12-07", [300, 150, 90, 90, 90], heavy=10),
            issued(tmp_path, "2015-12-09", [400, 400, 400, 400, 400]),
        ]
    )


OBSERVED = seen([90, 210, 260, 230, 90])


def course(files, observed=OBSERVED, cities="A", first=FIRST, last=LAST):
    return forecast_course(files, observed, list(cities), first, last, Processes())


def test_the_episode_and_how_long_before_it_was_seen(files):
    episode = course(files)["episode"]
    assert [f"{episode[k]:%m-%d}" for k in ("start", "peak_day", "end")] == [
        "12-07", "12-08", "12-09"
    ]  # fmt: skip
    assert (episode["days"], episode["peak"], episode["peak_city"]) == (3, 260.0, "A")
    assert episode["primary"] == ["PM2.5"] and episode["cities"] == ["A"]
    # held three days before, not two days before, held the day before
    assert episode["first_lead"] == 3 and episode["continuous_lead"] == 1
    assert episode["changes"] == 2


def test_each_issue_with_its_errors(files):
    rows = {f"{row['issue']:%m-%d}": row for row in course(files)["issues"]}
    assert list(rows) == ["12-04", "12-05", "12-06", "12-07"]  # none issued when it was over
    early, missed, late, during = rows.values()
    assert (early["ahead"], early["right"], early["start_error"]) == (3, True, 1)
    assert f"{early['start']:%m-%d}" == "12-08" and f"{early['peak_day']:%m-%d}" == "12-08"
    assert (early["peak"], early["peak_day_error"], early["peak_error"]) == (220, 0, 220 - 260)
    assert early["heavy_probability"] == 0.3 and early["days"] == [90, 220, 210]
    assert (missed["right"], missed["start"], missed["start_error"]) == (False, None, None)
    assert missed["peak_error"] == 90 - 260 and missed["heavy_probability"] == 0
    assert (late["right"], late["start_error"], late["peak_error"]) == (True, 0, 250 - 260)
    # once it is under way there is no start to forecast; the peak is among the days to come
    assert (during["ahead"], during["right"], during["start_error"]) == (0, True, None)
    assert (during["peak_error"], during["heavy_probability"]) == (300 - 260, 1.0)
    assert np.isnan(during["days"][0]) and during["days"][1:] == [300, 150]


def test_what_comes_after_the_last_day_changes_nothing(files):
    later = OBSERVED.copy(deep=True)
    later["aqi"][:, DAYS > LAST] = 499.0
    assert str(course(files, later)) == str(course(files))


def test_without_a_process_the_peak_is_still_compared(files):
    found = course(files, seen([90, 150, 180, 170, 90]))
    assert found["episode"] is None and found["others"] == []
    first = found["issues"][0]
    assert first["right"] is None and first["ahead"] == 3
    assert (first["peak"], first["peak_error"], first["heavy_probability"]) == (220, 40, 0.3)


def test_two_cities_are_one_process_where_they_are_neighbours(tmp_path):
    observed = seen([90, 210, 260, 230, 90], [90, 90, 90, 280, 90])
    near = dict([issued(tmp_path, "2015-12-05", [90, 220, 90, 90, 90], [90, 90, 90, 210, 90])])
    found = course(near, observed, "AB")
    assert found["episode"]["cities"] == ["A", "B"] and found["episode"]["peak_city"] == "B"
    assert found["episode"]["extent"] == 2 and found["others"] == []
    assert found["issues"][0]["days"] == [220, 90, 210]
    nowhere = dict([issued(tmp_path, "2015-12-05", [90] * 5, [90] * 5, lat=(40.0, np.nan))])
    apart = course(nowhere, observed, "AB")
    assert apart["episode"]["cities"] == ["B"] and apart["others"][0]["cities"] == ["A"]


def test_a_process_that_began_before_the_days_is_told_whole(files):
    found = course(files, first=pd.Timestamp("2015-12-08"))
    assert f"{found['episode']['start']:%m-%d}" == "12-07"
    assert found["issues"][0]["days"] == [220, 210]


def test_no_file_reaches_the_days(files, tmp_path):
    assert course({})["issues"] == []
    late = pd.Timestamp("2015-12-25")
    assert course(files, first=late, last=late + pd.Timedelta(days=1))["issues"] == []
    bad = tmp_path / "2015-12-06.nc"
    bad.write_text("no forecast")
    with pytest.raises(InputError, match=r"2015-12-06\.nc: not a readable issued forecast"):
        course({pd.Timestamp("2015-12-06"): bad})
