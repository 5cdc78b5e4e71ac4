"""Cases: complete, aligned, and blind to everything after their issue time."""

from __future__ import annotations

import shutil
from types import SimpleNamespace

import netCDF4
import numpy as np
import pandas as pd
import pytest
import xarray as xr

from forecast.calendar import calendar_predictors
from forecast.cases import build_cases, predictors_of, targets
from forecast.config import load_config
from forecast.daily import daily_values
from forecast.errors import InputError
from forecast.ingest import ingest
from forecast.known import issue_time, known_at, last_known_day
from forecast.observations.store import ObservationStore
from forecast.pollutants import POLLUTANTS
from forecast.workspace import Workspace

ISSUES = pd.date_range("2014-04-10", "2014-04-14")
"""In the second spring, when normals exist."""


@pytest.fixture(scope="module")
def known(small_workspace):
    return known_at(small_workspace.workspace, small_workspace.config, ISSUES[-1])


@pytest.fixture(scope="module")
def cases(known):
    return build_cases(known, ISSUES)


def test_an_issue_is_the_same_alone_and_among_others(known, cases):
    alone = build_cases(known, ISSUES[2:3])
    assert alone.equals(cases.isel(issue=[2]))


def test_shape_and_names(cases, small_world):
    assert dict(cases.sizes) == {"issue": 5, "lead": 4, "place": 3}
    assert cases["lead"].values.tolist() == [1, 2, 3, 4]
    assert cases["place"].values.tolist() == small_world.world.stations["station"].tolist()
    assert all(v.dtype == np.float32 for v in cases.data_vars.values())
    wanted = {"latest_pm25", "city_o3", "lag6_co", "run30_no2", "normal_pm10", "t2m_target"}
    wanted |= {"ws_path", "sp_gradient_east", "r2_spread", "festival", "days_ahead", "place_lat"}
    assert wanted <= set(cases.data_vars)
    # 6·(3 + 4 lags + 2 runs) recent, 6 normals, 7 fields·7 along the path, 4·4 + 2 around,
    # 4 of the whole path, 5 of the calendar and 3 of the place
    assert len(cases.data_vars) == 54 + 6 + 49 + 18 + 4 + 8


def test_values_against_their_sources(cases, small_workspace, small_world):
    workspace, world = small_workspace.workspace, small_world.world
    issue, lead, place = ISSUES[2], 3, 1
    case = cases.sel(issue=issue, lead=lead).isel(place=place)
    valid = issue + pd.Timedelta(days=lead)
    daily = workspace.observed_daily().isel(place=place)
    assert case["latest_pm25"] == daily["pm25"].sel(day=issue)
    assert case["lag2_co"] == daily["co"].sel(day=issue - pd.Timedelta(days=2))
    row = world.stations.iloc[place]
    point = {"latitude": row["lat"], "longitude": row["lon"]}
    # the cycle of the issue at lead 3 and that of the day before at lead 4, by inverse variance
    forecast = world.forecasts["t2m"].interp(point).transpose("time", "step", "number")
    window = forecast.sel(time=slice(issue - pd.Timedelta(days=9), issue))
    variance = window.values.var(axis=2, ddof=1).mean(axis=0)
    values = window.values.mean(axis=2)[[-1, -2], [lead - 1, lead]]
    expected = np.average(values, weights=1 / variance[[lead - 1, lead]])
    np.testing.assert_allclose(case["t2m_target"], expected, rtol=1e-6)
    np.testing.assert_allclose(
        cases["t2m_target"].sel(issue=issue, lead=4)[place], window.values[-1, 3].mean(), rtol=1e-6
    )
    first = cases.sel(issue=issue, lead=1).isel(place=place)
    truth = world.analysis["t2m"].sel(time=issue).interp(point)
    np.testing.assert_allclose(first["t2m_before1"], truth, rtol=1e-6)
    # the normal: 365.25 ± 15 days before the valid day
    span = slice(valid - pd.Timedelta(days=380), valid - pd.Timedelta(days=351))
    expected = float(daily["o3"].sel(day=span).mean())
    np.testing.assert_allclose(case["normal_o3"], expected, rtol=1e-5)
    calendar = calendar_predictors(pd.DatetimeIndex([valid]), "CN")
    assert {n: case[n].item() for n in calendar} == {n: v[0] for n, v in calendar.items()}
    assert case["days_ahead"] == lead and case["place_lat"] == np.float32(row["lat"])


def test_targets_are_the_values_of_issue_plus_lead(cases, small_workspace):
    daily = small_workspace.workspace.observed_daily()
    found = targets(daily, cases, "pm25")
    assert found.dims == ("issue", "lead", "place") and found.shape == (5, 4, 3)
    for issue in ISSUES:
        for lead in (1, 2, 3, 4):
            for place in cases["place"].values:
                value = daily["pm25"].sel(place=place, day=issue + pd.Timedelta(days=lead))
                np.testing.assert_array_equal(found.sel(issue=issue, lead=lead, place=place), value)
    # the last day of 2014-04-15 is known; what is not in the table is missing
    cut = targets(daily.sel(day=slice(None, "2014-04-15")), cases, "co")
    known = np.isfinite(cut.values).any(axis=2)
    reach = np.arange(5)[:, None] + np.arange(1, 5)[None, :] <= 5
    np.testing.assert_array_equal(known, reach)
    elsewhere = targets(daily.drop_sel(place=[cases["place"].values[1]]), cases, "pm25")
    assert np.isnan(elsewhere.values[:, :, 1]).all()
    np.testing.assert_array_equal(elsewhere.values[:, :, 2], found.values[:, :, 2])


def test_targets_at_midnight_follow_persistence_by_a_lead(cases, small_workspace):
    """The target of (issue, lead) is the starting value of (issue + lead): one clock for both."""
    daily = small_workspace.workspace.observed_daily()
    for lead in (1, 3):
        target = targets(daily, cases, "no2").sel(lead=lead).values[: 5 - lead]
        start = cases["latest_no2"].values[lead:]
        known = np.isfinite(target)
        assert known.any()
        np.testing.assert_array_equal(target[known], start[known])


def test_predictors_of_one_pollutant(cases):
    names = predictors_of(cases, "pm25")
    assert {"latest_so2", "last6_co", "city_o3", "lag1_pm25", "run7_pm25", "normal_pm25"} <= set(
        names
    )
    assert {"t2m_target", "ws_spread", "season_sin", "days_ahead", "place_lon"} <= set(names)
    assert not {"lag1_pm10", "run30_o3", "normal_co", "lag6_so2"} & set(names)
    # of 6·7 of the longer history and the normals, 5·7 belong to others
    assert len(names) == len(cases.data_vars) - 35
    for p in POLLUTANTS:
        assert len(predictors_of(cases, p)) == len(names) and f"lag2_{p}" in predictors_of(cases, p)


def test_a_case_does_not_depend_on_its_company(known, cases):
    alone = build_cases(known, ISSUES[1:2])
    for name, values in cases.data_vars.items():
        if "issue" in values.dims:
            values = values.isel(issue=[1])
        np.testing.assert_array_equal(alone[name], values, err_msg=name)


def copied(small_world, small_workspace, folder, **changes) -> SimpleNamespace:
    """The small workspace copied, under a configuration with some keys changed."""
    shutil.copytree(small_workspace.workspace.folder, folder / "workspace")
    config = small_workspace.config.model_copy(update=changes)
    return SimpleNamespace(config=config, workspace=Workspace(folder / "workspace"))


GARBAGE = {"pm25": 1777.0, "pm10": 7777.0, "so2": 1777.0, "no2": 777.0, "o3": 777.0, "co": 55.0}
"""Far from everything observed, and not yet what quality control throws out."""


def spoil_after(workspace: Workspace, day: pd.Timestamp, issue_hour: int) -> None:
    """Overwrite with garbage all that was not known when the forecast of `day` was issued."""
    now = (day + pd.Timedelta(hours=issue_hour - 8)).to_datetime64()
    observations = ObservationStore(workspace.folder / "observations" / "prsa").read()
    late = observations["time"].values + np.timedelta64(1, "h") > now
    for p in POLLUTANTS:
        observations[p][:, late] = GARBAGE[p]
    workspace.observations("prsa").write(observations)
    last = day if issue_hour == 24 else day - pd.Timedelta(days=1)
    for path in (workspace.daily_file, workspace.folder / "weather" / "analysis" / "analysis.nc"):
        data = xr.load_dataset(path)
        rows = data["day"].values > last.to_datetime64()
        assert rows.any()
        for name, values in data.data_vars.items():
            if values.dtype.kind == "f":
                data[name] = values.where(~xr.DataArray(rows, dims="day"), -77_777.0)
        data.to_netcdf(path)
    spoilt = 0
    for path in (workspace.folder / "weather" / "ensemble").glob("*.nc"):
        if pd.Timestamp(path.stem) > day:
            with netCDF4.Dataset(path, "a") as file:
                for name in (n for n, v in file.variables.items() if v.ndim == 3):
                    file[name][:] = 1e9
            spoilt += 1
    assert spoilt > 3


@pytest.mark.parametrize("issue_hour", [24, 15])
def test_nothing_after_the_issue_time_reaches_a_case(
    small_world, small_workspace, tmp_path, issue_hour
):
    # pm25 of 1,777 would be in any mean it enters; the cut is at the third of five issues
    this = copied(small_world, small_workspace, tmp_path, issue_hour=issue_hour)
    until = ISSUES[2]
    as_it_was = build_cases(known_at(this.workspace, this.config, until), ISSUES[:3])
    later = build_cases(known_at(this.workspace, this.config, ISSUES[-1]), ISSUES).isel(
        issue=slice(0, 3)
    )
    spoil_after(this.workspace, until, issue_hour)
    spoilt_now = build_cases(known_at(this.workspace, this.config, until), ISSUES[:3])
    spoilt_all = build_cases(known_at(this.workspace, this.config, ISSUES[-1]), ISSUES)
    for name in as_it_was.data_vars:
        expected = as_it_was[name].values.tobytes()
        assert np.isfinite(as_it_was[name].values).any(), name
        assert later[name].values.tobytes() == expected, name
        assert spoilt_now[name].values.tobytes() == expected, name
        cut = spoilt_all[name]
        cut = cut.isel(issue=slice(0, 3)) if "issue" in cut.dims else cut
        assert cut.values.tobytes() == expected, name
    # and the garbage is really there for the issues after the cut
    after = spoilt_all.isel(issue=slice(3, None))
    assert float(after["latest_pm25"].max()) == 1777 and float(after["t2m_target"].max()) > 1e8
    assert float(after["t2m_before1"].min()) < -1e4 or issue_hour < 24


def test_what_is_known_ends_at_the_issue_time(small_world, small_workspace):
    this = small_workspace
    known = known_at(this.workspace, this.config, ISSUES[0])
    # midnight after 10 April at UTC+8 is 16:00 UTC; the last hour known starts at 15:00
    assert known.hourly["time"].values[-1] == np.datetime64("2014-04-10T15:00")
    assert known.daily["day"].values[-1] == np.datetime64("2014-04-10")
    assert known.analysis()["day"].values[-1] == np.datetime64("2014-04-10")
    early = this.config.model_copy(update={"issue_hour": 15})
    known = known_at(this.workspace, early, ISSUES[0])
    assert known.hourly["time"].values[-1] == np.datetime64("2014-04-10T06:00")
    assert known.daily["day"].values[-1] == np.datetime64("2014-04-09")
    assert known.analysis()["day"].values[-1] == np.datetime64("2014-04-09")
    assert issue_time(ISSUES[0], early) == pd.Timestamp("2014-04-10 07:00")
    assert last_known_day(ISSUES.values, 15)[0] == np.datetime64("2014-04-09")
    # analyses two hours late: the issue day is not yet known at 24:00; five days late
    assert last_known_day(ISSUES.values, 24, 2)[0] == np.datetime64("2014-04-09")
    assert last_known_day(ISSUES.values, 24, 120)[0] == np.datetime64("2014-04-05")
    slow = this.config.weather[1].model_copy(update={"delay_hours": 48})
    late = this.config.model_copy(update={"weather": [this.config.weather[0], slow]})
    known = known_at(this.workspace, late, ISSUES[0])
    assert known.analysis()["day"].values[-1] == np.datetime64("2014-04-08")
    cases = build_cases(known, ISSUES[:1])
    assert np.isnan(cases["t2m_before1"].sel(lead=1).values).all()
    with pytest.raises(InputError, match="weather of 2014-04-14 asked for at 2014-04-10"):
        known.weather(ISSUES)


def test_no_weather_and_nothing_ingested(small_workspace, tmp_path):
    this = small_workspace
    late = pd.date_range("2014-05-04", "2014-05-07")  # 430 days from 2013-03-01 end on 4 May
    with pytest.raises(InputError, match=r"no weather of 2014-05-07 in .*weather/ensemble, nor"):
        build_cases(known_at(this.workspace, this.config, late[-1]), late)
    with pytest.raises(InputError, match="nothing ingested here yet; run `wubu ingest` first"):
        known_at(Workspace(tmp_path), this.config, ISSUES[0])
    with pytest.raises(InputError, match="no observation before 2012-01-01 16:00:00 UTC"):
        known_at(this.workspace, this.config, pd.Timestamp("2012-01-01"))


def test_daily_values_known_are_those_of_the_hours_known(known):
    """Two roads to the same number: the stored daily value and the hours behind it."""
    again = daily_values(known.hourly)
    stations = known.daily.sel(place=again["place"].values)
    for p in POLLUTANTS:
        np.testing.assert_array_equal(again[p].values, stations[p].values, err_msg=p)


@pytest.mark.real
def test_real_beijing_cases(real_data, tmp_path):
    """Three of the stations and six days of weather: no predictor of a real case is missing."""
    folder = tmp_path / "data"
    (folder / "beijing").mkdir(parents=True)
    for name in ("Dongsi", "Huairou", "Gucheng"):
        file = next((real_data / "beijing").glob(f"PRSA_Data_{name}_*.csv"))
        shutil.copy(file, folder / "beijing")
    shutil.copy(real_data / "beijing" / "stations.csv", folder / "beijing")
    for pattern in ("forecast_northchina_*.nc", "analysis_northchina_*.nc"):
        path = next((real_data / "weather").glob(pattern))
        with xr.open_dataset(path) as data:
            data.sel(time=slice("2015-12-01", "2015-12-06")).to_netcdf(folder / path.name)
    text = (
        "name: b\ndata: data\nworkspace: ws\n"
        "stations: {file: beijing/stations.csv}\n"
        "observations: [{format: prsa, files: beijing/PRSA_*.csv}]\n"
        "weather:\n"
        "- {product: ens, kind: forecast, format: daily, files: forecast_*.nc}\n"
        "- {product: ana, kind: analysis, format: daily, files: analysis_*.nc}\n"
    )
    (tmp_path / "b.yaml").write_text(text)
    config = load_config(tmp_path / "b.yaml")
    workspace = Workspace(config.workspace_folder)
    report = ingest(config, workspace)
    assert report.sources["prsa"].files == 3 and {
        name: intake.stored for name, intake in report.weather.items()
    } == {"ens": 6, "ana": 6}
    issues = pd.date_range("2015-12-05", "2015-12-06")
    cases = build_cases(known_at(workspace, config, issues[-1]), issues)
    assert cases.sizes["lead"] == 10 and cases.sizes["place"] == 12
    ingested = cases.sel(place=["Dongsi", "Huairou", "Gucheng"], lead=slice(1, 9))
    for name, values in ingested.data_vars.items():
        if name.startswith("sp_gradient"):  # 300 km from Huairou the grid has ended
            values = values.sel(place=["Dongsi", "Gucheng"])
        assert np.isfinite(values.values).all(), name
    daily = workspace.observed_daily()
    # 1 December 2015, the worst day of that winter; three stations of twelve make no city value
    assert float(daily["aqi"].sel(place="Dongsi", day="2015-12-01")) > 400
    assert np.isnan(daily["aqi"].sel(place="Beijing").values).all()
