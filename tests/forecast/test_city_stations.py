"""A network known by its city means: one place a city, forecast from daily values alone."""

from __future__ import annotations

import shutil

import numpy as np
import pandas as pd
import pytest
import xarray as xr
import yaml

from forecast.cases import build_cases
from forecast.chain import issue_day, train_until
from forecast.check import check_sources
from forecast.city_stations import read_city_stations
from forecast.config import load_config
from forecast.errors import InputError
from forecast.ingest import ingest
from forecast.issued import read_issued
from forecast.known import known_at
from forecast.pollutants import POLLUTANTS
from forecast.served import weather_remarks
from forecast.training import train
from forecast.weather.archive.analyses import read_analyses
from forecast.weather.archive.intake_dressed import drop_dressed
from forecast.workspace import Workspace

UNTIL = pd.Timestamp("2014-12-31")
ISSUE = pd.Timestamp("2015-01-15")


def test_the_table_of_cities(tmp_path):
    path = tmp_path / "c.csv"
    path.write_text(
        "city,name_zh,lon,lat\nbaoding,保定,115.5,38.9\nxian,西安,108.9,34.3\n", "utf-8"
    )
    found = read_city_stations(path)
    assert found.index.tolist() == ["baoding-network", "xian-network"]
    assert found["city"].tolist() == ["baoding", "xian"]
    assert found["city_zh"].tolist() == found["name_zh"].tolist() == ["保定", "西安"]
    assert found["lat"].tolist() == [38.9, 34.3] and found["province"].tolist() == ["", ""]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("town,lon,lat\nx,1,2\n", r"c\.csv: column city missing; found town, lon, lat"),
        ("city,lon\nx,1\n", r"c\.csv: column lat missing"),
        ("city,lon,lat\nx,1,2\nx,1,2\n", r"c\.csv: station x-network stands more than once"),
        ("city,lon,lat\nx,1,abc\n", r"c\.csv, line 2: station x-network has lat abc"),
        ("", r"c\.csv: not a table in utf-8"),
    ],
)
def test_tables_that_are_refused(tmp_path, text, message):
    path = tmp_path / "c.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(InputError, match=message):
        read_city_stations(path)
    with pytest.raises(InputError, match="no such station table"):
        read_city_stations(tmp_path / "none.csv")


@pytest.fixture(scope="module")
def cities(tmp_path_factory):
    """Three cities of two years, a 3° grid of analyses, forecasts dressed from them."""
    folder = tmp_path_factory.mktemp("cities")
    rng = np.random.default_rng(0)
    days = pd.date_range("2013-01-01", "2015-01-31")
    lat, lon = np.arange(30.0, 46.0, 3.0), np.arange(105.0, 124.0, 3.0)
    season = 10 * np.cos(2 * np.pi * days.day_of_year.to_numpy() / 365.25)
    weather = rng.normal(0, 3, (len(days), len(lat), len(lon))).astype("f4")
    fields = {"t2m": 285 - season[:, None, None] + weather, "u10": weather, "v10": -weather}
    xr.Dataset(
        {
            n: (("time", "latitude", "longitude"), v, {"units": "K" if n == "t2m" else "m s-1"})
            for n, v in fields.items()
        },
        coords={"time": days, "latitude": lat, "longitude": lon},
    ).to_netcdf(folder / "analysis.nc")
    names = ["baoding", "beijing", "xian"]
    (folder / "cities.csv").write_text(
        "city,lon,lat\nbaoding,115.5,38.9\nbeijing,116.4,40.0\nxian,108.9,34.3\n", "utf-8"
    )
    rows = [
        (f"{d:%Y-%m-%d}", *np.round(rng.lognormal(4, 0.4, 6), 1), city)
        for city in names
        for d in days[days >= "2014-01-01"]
    ]
    table = pd.DataFrame(rows, columns=["date", "PM25", "PM10", "CO", "NO2", "SO2", "O3", "city"])
    table.to_csv(folder / "daily.csv", index=False)
    settings = {
        "name": "cities",
        "data": str(folder),
        "workspace": str(folder / "w"),
        "leads": 3,
        "workers": 1,
        "stations": {"file": "cities.csv", "format": "cities"},
        "observations": [{"format": "cities_daily", "files": "daily.csv", "gas_units": "ug/m3"}],
        "weather": [
            {
                "product": "dressed",
                "kind": "forecast",
                "dressing": {
                    "members": 3,
                    "correlation": {n: [0.9, 0.8, 0.6] for n in ("t2m", "u10", "v10")},
                },
            },
            {"product": "analysis", "kind": "analysis", "format": "daily", "files": "analysis.nc"},
        ],
        "training": {
            "folds": 2,
            "min_days": 60,
            "members": ["linear_mos", "boosting"],
            "boosting": {"trees": 10},
        },
    }
    (folder / "c.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    config = load_config(folder / "c.yaml")
    workspace = Workspace(config.workspace_folder)
    report = ingest(config, workspace)
    return config, workspace, report, table


def test_daily_values_stand_in_for_hours(cities):
    config, workspace, report, table = cities
    assert report.weather["dressed"].stored == 760  # every day but the last
    issues = pd.DatetimeIndex([ISSUE])
    cases = build_cases(known_at(workspace, config, ISSUE), issues)
    assert cases["place"].values.tolist() == [
        f"{c}-network" for c in ("baoding", "beijing", "xian")
    ]
    for lag, name in ((0, "latest_pm25"), (2, "lag2_pm25")):
        day = f"{ISSUE - pd.Timedelta(days=lag):%Y-%m-%d}"
        given = table.set_index(["date", "city"])["PM25"]
        expected = [given[day, c] for c in ("baoding", "beijing", "xian")]
        np.testing.assert_allclose(cases[name].values[0], expected, rtol=1e-6)
    assert np.isnan(cases["last6_pm25"].values).all()
    # at another hour of issue the day is not over: the day before is the last one known
    early = config.model_copy(update={"issue_hour": 15})
    cases = build_cases(known_at(workspace, early, ISSUE), issues)
    expected = table.set_index(["date", "city"])["PM25"]["2015-01-14", "beijing"]
    np.testing.assert_allclose(cases["latest_pm25"].sel(place="beijing-network"), expected)


@pytest.mark.slow
def test_a_forecast_from_days_and_dressed_analyses(cities):
    config, workspace, _, _ = cities
    train_until(config, workspace, UNTIL)
    found = read_issued(issue_day(config, workspace, ISSUE))
    assert found["place"].values[-3:].tolist() == ["baoding", "beijing", "xian"]
    for p in POLLUTANTS:
        pair = found["concentration_mean"].sel(pollutant=p)
        one, city = pair.sel(place="xian-network"), pair.sel(place="xian")
        np.testing.assert_allclose(one, city, rtol=1e-6)
    assert found.attrs["latest_observation"] == "2015-01-15 24:00"
    assert weather_remarks(found, "en") == [
        "weather dressed is SIMULATED (analyses with errors by lead)"
    ]


def test_dressed_weather_of_the_library_issues_nothing_and_trains_only_later(cities):
    config, workspace, _, _ = cities
    known = known_at(workspace, config, ISSUE)
    early = build_cases(known, pd.DatetimeIndex(["2014-06-01"]))
    assert early["known_since"].values[0] == np.datetime64("2014-12-31")
    with pytest.raises(InputError, match=r"training at 2014-12-30: 0 issue days known"):
        train_until(config, workspace, "2014-12-30")


def test_dressing_needs_enough_leads_and_known_fields(cities):
    config, workspace, _, _ = cities
    dressed = config.weather[0]
    for correlation, message in (
        ({"t2m": [0.9]}, "the correlation of t2m has 1 leads, 3 are issued"),
        ({"blh": [0.9, 0.8, 0.7]}, "correlations are given for blh; the analyses have"),
    ):
        changed = dressed.dressing.model_copy(update={"correlation": correlation})
        weather = [dressed.model_copy(update={"dressing": changed}), config.weather[1]]
        with pytest.raises(InputError, match=message):
            ingest(config.model_copy(update={"weather": weather}), workspace)


def test_check_knows_the_places_of_the_cities(cities):
    config, _, _, _ = cities
    report = check_sources(config)
    assert report.problems == []
    assert report.stations["station"].tolist() == [
        f"{c}-network" for c in ("baoding", "beijing", "xian")
    ]
    assert report.weather.loc["dressed", "fields"] == "dressed analyses"
    short = config.model_copy(update={"weather": [config.weather[0]]})
    assert "dressing needs 365 days of analyses, found 0" in check_sources(short).problems[-1]


def test_dressed_cycles_go_when_they_are_not_wanted_any_more(cities, tmp_path):
    config, workspace, _, _ = cities
    copy = Workspace(tmp_path / "w")
    shutil.copytree(workspace.folder, copy.folder)
    dressed, analysis = config.weather
    folder = copy.folder / "weather" / "dressed"
    assert len(list(folder.glob("*-dressed.nc"))) == 760
    perfect = dressed.dressing.model_copy(update={"perfect_prognosis": True})
    changed = dressed.model_copy(update={"dressing": perfect})
    ingest(config.model_copy(update={"weather": [changed, analysis]}), copy)
    one = copy.weather(config, "dressed").read(
        pd.DatetimeIndex([ISSUE]), np.array(["xian-network"]), 3
    )
    assert one["dressed"].values.tolist() == ["analyses as they are"] and one.sizes["member"] == 1
    truth = read_analyses(copy.folder / "weather" / "analysis", np.array(["xian-network"]))
    expected = truth["t2m"].sel(day=pd.date_range(ISSUE + pd.Timedelta(days=1), periods=3)).values
    np.testing.assert_allclose(one["t2m"].values[0, :, 0], expected, rtol=1e-6)
    drop_dressed(copy.weather(config, "dressed"), pd.DatetimeIndex([]))
    assert not list(folder.glob("*-dressed.nc"))


@pytest.mark.slow
def test_dressed_weather_trains_only_on_days_that_were_known(cities, tmp_path):
    config, workspace, _, _ = cities
    until = pd.Timestamp("2015-01-10")
    cases = build_cases(known_at(workspace, config, until), pd.date_range("2014-12-01", until))
    assert cases["dressed_weather"].values.all()
    poisoned = cases.copy(deep=True)
    late = cases["issue"] + pd.Timedelta(days=config.leads) > until
    for name in ("t2m_target", "u10_target"):
        poisoned[name] = poisoned[name].where(~late, 1e6)
    daily = known_at(workspace, config, until).daily
    quick = config.model_copy(
        update={"training": config.training.model_copy(update={"min_days": 5})}
    )
    trained = [train(c, daily, quick, until).predict(cases) for c in (cases, poisoned)]
    for p in POLLUTANTS:
        one, other = (t[p]["ensemble"].quantiles for t in trained)
        xr.testing.assert_identical(one, other)
