"""Covariates: reading, storing, and what each case knew of them at its issue."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import yaml

from forecast.cases import build_cases, predictors_of
from forecast.config import load_config
from forecast.covariates.intake import take_in_covariate
from forecast.covariates.predictors import covariate_predictors
from forecast.covariates.settings import Covariate
from forecast.covariates.store import CovariateStore
from forecast.covariates.table import ALWAYS, read_covariate
from forecast.errors import ConfigError, InputError
from forecast.ingest import ingest
from forecast.known import known_at
from forecast.members import members_for
from forecast.predictor_groups import group_of
from forecast.workspace import Workspace

DAYS = pd.date_range("2015-01-01", periods=6)
STATIONS = pd.DataFrame(
    {"city": ["A", "A", "B"], "province": ["P", "P", "Q"]}, index=["a1", "a2", "b1"]
)
LEADS = np.array([1, 2])
STATIC = Covariate(name="land", kind="static", files="l.csv", columns={"height": "m"})
PAST = Covariate(name="power", kind="past", files="p.csv", columns={"load": "MW"}, delay_days=2)
PLANNED = Covariate(
    name="plan", kind="planned", files="m.csv", columns={"cut": "share"}, otherwise=0.0
)


def written(tmp_path, text, name="c.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def of(source, rows, issues=DAYS[:4]):
    last = issues.to_numpy()
    found = covariate_predictors([source], {source.name: rows}, issues, last, LEADS, STATIONS)
    return found[source.predictor(next(iter(source.columns)))]


def test_a_station_takes_its_own_row_then_its_citys_then_its_provinces(tmp_path):
    path = written(tmp_path, "place,m\na1,10\nA,20\nQ,30\nZ,40\n")
    found = of(STATIC, read_covariate(path, STATIC))
    assert found.dims == ("place",) and found.dtype == np.float32
    assert found.values.tolist() == [10, 20, 30]


def test_rows_without_a_place_serve_the_others(tmp_path):
    path = written(tmp_path, "date,MW\n2015-01-01,5\n2015-01-02,\n2015-01-03,7\n")
    found = of(PAST, read_covariate(path, PAST), DAYS)
    # out two days later; the empty 2 January leaves the first in force
    for station in range(3):
        np.testing.assert_array_equal(found.values[:, station], [np.nan, np.nan, 5, 5, 7, 7])


def test_a_past_value_grows_too_old(tmp_path):
    source = PAST.model_copy(update={"oldest_days": 3})
    found = of(source, read_covariate(written(tmp_path, "date,MW\n2015-01-01,5\n"), source), DAYS)
    np.testing.assert_array_equal(found.values[:, 0], [np.nan, np.nan, 5, 5, np.nan, np.nan])


def test_a_plan_counts_from_its_announcement_and_the_last_one_holds(tmp_path):
    text = (
        "place,date,announced,share\n"
        "A,2015-01-04,2015-01-02,0.3\n"
        "A,2015-01-04,2015-01-03,0.5\n"
        "A,2015-01-05,2015-01-03,0.4\n"
    )
    found = of(PLANNED, read_covariate(written(tmp_path, text), PLANNED))
    assert found.dims == ("issue", "lead", "place")
    expected = [[0, 0], [0, 0.3], [0.5, 0.4], [0.4, 0]]  # issues 1 to 4 January, leads 1 and 2
    np.testing.assert_allclose(found.values[:, :, 0], expected)
    np.testing.assert_array_equal(found.values[:, :, 2], 0)  # B has no row


def test_a_plan_without_announcement_is_known_always(tmp_path):
    source = PLANNED.model_copy(update={"otherwise": None})
    rows = read_covariate(written(tmp_path, "date,share\n2015-01-03,1\n"), source)
    assert (rows["announced"] == ALWAYS).all()
    found = of(source, rows).values[:, :, 1]
    np.testing.assert_array_equal(found, [[np.nan, 1], [1, np.nan], [np.nan] * 2, [np.nan] * 2])


def test_what_is_not_stored_is_missing():
    found = covariate_predictors([PLANNED, STATIC], {}, DAYS, DAYS.values, LEADS, STATIONS)
    assert all(np.isnan(v.values).all() for v in found.values()) and len(found) == 2


@pytest.mark.parametrize(
    ("source", "text", "message"),
    [
        (STATIC, "place,n\na1,1\n", "line 1: no column m; found place, n"),
        (STATIC, "m\n1\n", "line 1: no column place"),
        (STATIC, "place,m\na1,1\na1,2\n", "line 3: a1 stands twice"),
        (STATIC, "place,m\n,1\n", "line 2: column place is empty"),
        (STATIC, "place,m\na1,high\n", "line 2: m is 'high'; expected a number"),
        (PAST, "date,MW\n2015-02-30,1\n", "line 2: column date holds '2015-02-30'"),
        (PAST, "date,MW\n2015-01-01,1\n2015-01-01,1\n", "line 3: the day 2015-01-01 stands twice"),
        (PLANNED, "date,announced,share\n2015-01-01,soon,1\n", "column announced holds 'soon'"),
    ],
)
def test_a_bad_table_is_refused(tmp_path, source, text, message):
    path = written(tmp_path, text)
    with pytest.raises(InputError, match=message) as refused:
        read_covariate(path, source)
    assert str(path) in str(refused.value)


def test_two_files_may_not_hold_one_row(tmp_path):
    paths = [
        written(tmp_path, f"date,MW\n{day},1\n", f"{k}.csv")
        for k, day in enumerate(["2015-01-01", "2015-01-01"])
    ]
    with pytest.raises(InputError, match=r"1\.csv: the whole area of 2015-01-01 stands in an earl"):
        take_in_covariate(PAST, paths, CovariateStore(tmp_path / "p.nc"), STATIONS)
    assert not (tmp_path / "p.nc").exists()


def test_places_that_nobody_bears(tmp_path):
    store = CovariateStore(tmp_path / "s.nc")
    some = written(tmp_path, "place,m\na1,10\nX,20\n")
    assert take_in_covariate(STATIC, [some], store, STATIONS).unknown == ["X"]
    none = written(tmp_path, "place,m\nX,20\n")
    with pytest.raises(InputError, match="column place holds X; expected stations, cities or prov"):
        take_in_covariate(STATIC, [none], store, STATIONS)


def test_store_gives_back_what_it_took_and_notices_change(tmp_path):
    store = CovariateStore(tmp_path / "covariates" / "plan.nc")
    text = "place,date,announced,share\nA,2015-01-04,2015-01-02,0.3\nB,2015-01-05,2015-01-03,\n"
    rows = read_covariate(written(tmp_path, text), PLANNED)
    assert store.write(rows) and not store.write(rows)
    back = store.read()
    pd.testing.assert_frame_equal(back[list(rows)], rows, check_dtype=False)
    assert store.write(rows.iloc[:1]) and len(store.read()) == 1
    store.path.write_bytes(b"garbage")
    with pytest.raises(InputError, match=r"plan\.nc: not a readable file of a covariate"):
        store.read()
    assert store.write(rows) and len(store.read()) == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "future"}, "covariates.0.kind"),
        ({"kind": "static", "delay_days": 3}, "`delay_days` is of past values, this is static"),
        ({"kind": "past", "otherwise": 0}, "`otherwise` is of planned values, this is past"),
        ({"columns": {"a": "x", "b": "x"}}, "one column twice: x, x"),
        ({"name": "two words"}, "covariates.0.name"),
    ],
)
def test_a_bad_section_is_refused(small_world, tmp_path, change, message):
    section = {"name": "plan", "kind": "planned", "files": "m.csv", "columns": {"cut": "share"}}
    file = tmp_path / "c.yaml"
    file.write_text(yaml.safe_dump({**small_world.settings, "covariates": [section | change]}))
    with pytest.raises(ConfigError, match=message):
        load_config(file)


@pytest.fixture(scope="module")
def measured(winter_sources, tmp_path_factory):
    """The small world of one winter with three covariates, ingested."""
    folder = tmp_path_factory.mktemp("covariates")
    days = pd.date_range("2013-03-01", "2014-04-30")
    pd.DataFrame({"date": days, "MW": np.arange(len(days)) + 1.0}).to_csv(
        folder / "p.csv", index=False, date_format="%Y-%m-%d"
    )
    stations = pd.read_csv(winter_sources.folder / "data" / "observations" / "stations.csv")
    cities = stations["city"].unique()
    pd.DataFrame({"place": cities, "m": np.arange(len(cities)) * 100.0}).to_csv(
        folder / "l.csv", index=False
    )
    written(folder, "date,announced,share\n2014-02-22,2014-02-20,0.5\n", "m.csv")
    sections = [
        {**s.model_dump(exclude_unset=True), "files": str(folder / s.files)}
        for s in (STATIC, PAST, PLANNED)
    ]
    settings = {
        **winter_sources.settings,
        "data": str(winter_sources.folder / "data"),
        "workspace": str(folder / "workspace"),
        "covariates": sections,
    }
    file = folder / "c.yaml"
    file.write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")
    config = load_config(file)
    workspace = Workspace(config.workspace_folder)
    return config, workspace, ingest(config, workspace)


def test_ingest_reports_them(measured):
    _, _, report = measured
    assert report.covariates["power"].rows == 426
    assert report.covariates["land"].first is None
    assert report.covariates["plan"].last == pd.Timestamp("2014-02-22")


def test_cases_hold_what_was_known_and_boosting_reads_it(measured):
    config, workspace, _ = measured
    issues = pd.DatetimeIndex(["2014-02-19", "2014-02-20"])
    cases = build_cases(known_at(workspace, config, issues[-1]), issues)
    day = (issues - pd.Timestamp("2013-03-01")).days + 1
    np.testing.assert_array_equal(
        cases["covariate_power_load"].transpose("issue", "place").values[:, 0], day - 2
    )
    plan = cases["covariate_plan_cut"].transpose("issue", "lead", "place").values[..., 0]
    np.testing.assert_array_equal(plan, [[0, 0, 0, 0], [0, 0.5, 0, 0]])
    assert sorted(set(cases["covariate_land_height"].values.tolist())) == [0, 100]
    names = {f"covariate_{n}" for n in ("land_height", "power_load", "plan_cut")}
    assert names <= set(predictors_of(cases, "pm25"))
    assert {group_of(n) for n in names} == {"covariate"}
    boosting = next(m for m in members_for("pm25", cases, config) if m.name == "boosting")
    assert names <= set(boosting.predictors)


def test_later_rows_change_no_earlier_case(measured, tmp_path):
    config, workspace, _ = measured
    issue = pd.DatetimeIndex(["2014-02-19"])

    def made():
        return build_cases(known_at(workspace, config, issue[-1]), issue)

    before, kept = made(), {}
    for name, key in (("power", "day"), ("plan", "announced")):
        store = workspace.covariate(name)
        kept[name] = rows = store.read()
        poisoned = rows.copy()
        column = "load" if name == "power" else "cut"
        later = rows[key] >= pd.Timestamp("2014-02-18" if name == "power" else "2014-02-20")
        assert later.any()
        poisoned.loc[later, column] = 1e6
        store.write(poisoned)
    after = made()
    for name, rows in kept.items():
        workspace.covariate(name).write(rows)
    assert before.identical(after)
