"""Learning from a sample: it is a part of the table, and stations outside it are served too."""

from __future__ import annotations

import dataclasses
import shutil

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from forecast.cases import build_cases
from forecast.chain import backtest, issue_day, train_until
from forecast.config import load_config
from forecast.errors import ConfigError
from forecast.issued import latest_files
from forecast.known import known_at
from forecast.learning import CasesOfSpan, issues_at_once, learning_cases, sample_places
from forecast.modelstore import load_ensemble
from forecast.recent import MEMORY_DAYS, running_mean
from forecast.workspace import Workspace

UNTIL = pd.Timestamp("2014-02-09")
ROWS = 1500


def sampled(config, rows=ROWS):
    """The configuration with a sample, and few trees."""
    boosting = config.training.boosting.model_copy(update={"trees": 10})
    training = config.training.model_copy(update={"sample_rows": rows, "boosting": boosting})
    return config.model_copy(update={"training": training})


def issues_of(known):
    product = known.config.forecast_products[0].product
    issues = known.workspace.weather(known.config, product).issues()
    return issues[issues <= known.until]


@pytest.fixture(scope="module")
def known(small_workspace):
    return known_at(small_workspace.workspace, sampled(small_workspace.config), UNTIL)


@pytest.fixture(scope="module")
def own_workspace(small_workspace, tmp_path_factory):
    """A copy of the small workspace to write to."""
    folder = tmp_path_factory.mktemp("sampled") / "w"
    shutil.copytree(small_workspace.workspace.folder, folder)
    return Workspace(folder)


def test_the_sample_is_a_part_of_the_table(known):
    issues = issues_of(known)
    part = learning_cases(known, issues)
    whole = build_cases(known, issues, leave_out=True)
    days, places = part.sizes["issue"], part.sizes["place"]
    # 345 issues × 4 leads × 3 stations in 2 cities: one a city, and 1500/(4 × 2) of the days
    assert places == 2 and days == 187
    same = whole.sel(issue=part["issue"], place=part["place"])
    xr.testing.assert_identical(part.drop_attrs(), same.drop_attrs())
    assert part["issue"].to_index().to_series().diff().max() <= pd.Timedelta(days=4)
    assert part.attrs["days_an_issue"] == len(issues) / 187


def test_where_cities_are_too_many_days_are_kept(known):
    few = dataclasses.replace(known, config=sampled(known.config, 1000))
    part = learning_cases(few, issues_of(known))
    assert (part.sizes["issue"], part.sizes["place"]) == (150, 1)


def test_a_table_that_fits_is_taken_whole(known):
    few = issues_of(known)[-100:]
    assert learning_cases(known, few).sizes["issue"] == 100
    assert learning_cases(known, few).sizes["place"] == len(known.stations) == 3


def test_stations_are_drawn_evenly_over_provinces():
    province = np.repeat(["A", "B", "C"], [100, 300, 600])
    city = np.char.add(province, (np.arange(1000) % 10).astype(str))
    table = pd.DataFrame({"province": province, "city": city}, index=np.arange(1000).astype(str))
    one_a_city = table.loc[sample_places(table, 30)]  # 10 cities a province
    assert one_a_city.groupby("province")["city"].nunique().to_dict() == dict.fromkeys("ABC", 10)
    assert table.loc[sample_places(table, 6)]["province"].tolist() == list("AABBCC")
    chosen = table.loc[sample_places(table, 100)]
    # three of each city, and of the fourth stations every third
    assert chosen.groupby("city").size().between(3, 4).all() and len(chosen) == 100
    assert chosen.index.is_unique and chosen.index.astype(int).is_monotonic_increasing


def test_stations_outside_the_sample_have_their_climatology(own_workspace, known):
    folder = train_until(known.config, own_workspace, UNTIL)
    trained = load_ensemble(folder)
    state = trained.pollutants["pm25"].members["climatology"].state
    names = known.stations.index
    assert state["place"].values.tolist() == names.tolist()
    january = state["quantiles"].sel(knot=20)  # 21 January and 20 days either side
    daily = known.daily["pm25"].sel(day=(known.daily["day"].dt.dayofyear <= 41))
    for name in names:
        values = daily.sel(place=name).dropna("day").values
        middle = january.sel(place=name).values[49]
        assert abs((values <= middle).mean() - 0.5) < 0.05


def test_a_back_test_and_the_day_itself_agree(own_workspace, known):
    config = known.config
    run = backtest(config, own_workspace, UNTIL + pd.Timedelta(days=1), "2014-02-11")
    made = latest_files(run / "issued")
    first = issue_day(config, own_workspace, UNTIL + pd.Timedelta(days=1))
    with xr.open_dataset(first) as alone, xr.open_dataset(made[min(made)]) as among:
        xr.testing.assert_equal(alone, among)
        assert alone.sizes["place"] == 5 and bool(np.isfinite(alone["concentration"]).all())


def test_cases_of_a_span_are_those_of_each_day(known):
    issues = issues_of(known)
    span = CasesOfSpan(known, issues)
    xr.testing.assert_identical(
        span.learned_at(issues[-30]), learning_cases(known, issues[issues <= issues[-30]])
    )
    xr.testing.assert_identical(span.of(issues[-2:]), build_cases(known, issues[-2:]))
    assert issues_at_once(known) == 150_000 // 12
    sample, files = span.data()
    assert sample.sizes["place"] == 2
    assert files.sizes["file"] == len(issues_of(known)) + files["name"].size - len(issues)


def test_an_issue_needs_the_hours_of_some_weeks_only(small_workspace):
    day = pd.DatetimeIndex([UNTIL])
    settings = small_workspace.config
    everything = known_at(small_workspace.workspace, settings, UNTIL)
    enough = known_at(small_workspace.workspace, settings, UNTIL, days=MEMORY_DAYS)
    assert enough.hourly.sizes["time"] < 0.35 * everything.hourly.sizes["time"]
    xr.testing.assert_identical(build_cases(enough, day), build_cases(everything, day))


def test_a_running_mean_is_the_same_whatever_came_before():
    rng = np.random.default_rng(0)
    long = rng.lognormal(4, 1, (3, 900)).astype(np.float32)
    long[rng.random(long.shape) < 0.2] = np.nan
    short = running_mean(long[:, -60:], 30, 10)
    np.testing.assert_array_equal(running_mean(long, 30, 10)[:, -30:], short[:, -30:])
    expected = np.nanmean(long[:, -30:].astype(float), axis=1)
    np.testing.assert_allclose(short[:, -1], expected, rtol=1e-6)


@pytest.mark.parametrize("members", [["analog"], ["boosting", "analog"]])
def test_a_sample_cannot_hold_the_past_of_every_station(small_world, tmp_path, members):
    text = small_world.config_file.read_text(encoding="utf-8")
    spoilt = text.replace("members:\n  - boosting", f"members: {members}\n  sample_rows: 5000")
    assert spoilt != text
    (tmp_path / "c.yaml").write_text(spoilt, encoding="utf-8")
    with pytest.raises(ConfigError, match="sample_rows cannot go with analog"):
        load_config(tmp_path / "c.yaml")
