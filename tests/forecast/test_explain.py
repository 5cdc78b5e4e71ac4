"""Explaining an issue: every predictor in its group, every value the sum of its parts."""

from __future__ import annotations

import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from forecast.cases import build_cases, predictors_of
from forecast.chain import issue_day
from forecast.cli.main import run
from forecast.config import load_config
from forecast.errors import InputError
from forecast.explain import (
    PARTS,
    contribution_table,
    explain,
    explain_issue,
    write_contributions,
)
from forecast.issued import read_issued
from forecast.known import known_at
from forecast.modelstore import load_ensemble
from forecast.pollutants import POLLUTANTS
from forecast.predictor_groups import GROUPS, group_of, predictor_groups
from forecast.workspace import Workspace

UNTIL, ISSUE = pd.Timestamp("2014-02-10"), pd.Timestamp("2014-02-20")


@pytest.fixture(scope="module")
def ready(small_world, small_trained, tmp_path_factory):
    """The small world trained and a day issued, in a workspace of this module's own."""
    folder = tmp_path_factory.mktemp("explain") / "workspace"
    shutil.copytree(small_trained, folder)
    config, workspace = load_config(small_world.config_file, workspace=folder), Workspace(folder)
    issue_day(config, workspace, ISSUE)
    return config, workspace


@pytest.fixture(scope="module")
def explained(ready):
    return explain_issue(*ready, ISSUE)


@pytest.fixture(scope="module")
def sources(ready):
    """The issued forecast, the ensemble that issued it, and its cases."""
    config, workspace = ready
    cases = build_cases(known_at(workspace, config, ISSUE), pd.DatetimeIndex([ISSUE]))
    issued = read_issued(workspace.issued / f"{ISSUE:%Y-%m-%d}.nc")
    return issued, load_ensemble(workspace.models / f"{UNTIL:%Y-%m-%d}"), cases


def test_every_predictor_of_the_real_list_has_one_group(sources):
    cases = sources[2]
    found = predictor_groups(map(str, cases.data_vars))
    # 9 of each pollutant's past; 7 fields along the path and 4 of the whole; the ring
    sizes = {"carry_over": 54, "weather": 53, "upstream": 18, "season": 11, "place": 2, "lead": 1}
    assert {g: len(names) for g, names in found.items()} == sizes
    assert sorted(n for names in found.values() for n in names) == sorted(cases.data_vars)
    assert list(PARTS)[1:-2] == list(GROUPS)
    for p in POLLUTANTS:
        assert set(predictors_of(cases, p)) <= set(cases.data_vars)


@pytest.mark.parametrize(
    ("predictor", "group"),
    [
        ("latest_o3", "carry_over"),
        ("city_pm25", "carry_over"),
        ("run30_co", "carry_over"),
        ("t2m_afternoon_target", "weather"),
        ("ventilation_max_spread", "weather"),
        ("inversion925_run4", "weather"),
        ("msl_change", "weather"),
        ("ventilation_sum", "weather"),
        ("stagnation_days", "weather"),
        ("second_recirculation3", "weather"),
        ("msl_gradient_east", "upstream"),
        ("second_r2_south", "upstream"),
        ("normal_no2", "season"),
        ("festival", "season"),
        ("place_lon", "place"),
        ("days_ahead", "lead"),
        ("pm25_target", "guidance"),
        ("cams_o3_max_target", "guidance"),
        ("cams_pm10_before1", "guidance"),
    ],
)
def test_groups_by_name(predictor, group):
    assert group_of(predictor, ["second", "cams"]) == group


@pytest.mark.parametrize("name", ["latest_pm1", "cams_t2m_target", "t2m", "x_t2m_path", "lag5_co"])
def test_a_name_of_no_group_is_refused(name):
    with pytest.raises(InputError, match=f"'{name}': belongs to no group"):
        group_of(name, ["second"])


def test_parts_sum_to_what_was_issued(explained, sources):
    issued = sources[0]
    parts = explained["contribution"]
    assert parts.dims == ("lead", "place", "pollutant", "group")
    assert dict(parts.sizes) == {"lead": 4, "place": 5, "pollutant": 6, "group": 9}
    assert parts["group"].values.tolist() == [
        n for n in PARTS if n not in ("guidance", "covariate")
    ]
    assert np.isfinite(parts).all()
    np.testing.assert_allclose(parts.sum("group"), issued["concentration_mean"], rtol=1e-12)
    assert explained["contribution"]["pollutant_units"].values.tolist() == ["ug m-3"] * 5 + [
        "mg m-3"
    ]
    assert explained.attrs["trained_until"] == "2014-02-10"
    # and without the last row to what the boosting member gave
    boosting = issued["member_concentration_mean"].sel(member="boosting")
    without = parts.drop_sel(group="ensemble").sum("group")
    np.testing.assert_allclose(without, boosting, rtol=1e-5)


def test_the_sum_check_is_against_the_models_themselves(explained, sources):
    _, trained, cases = sources
    parts = explained["contribution"]
    assert (explained["sum_error"] < 1e-3).all()
    for p in POLLUTANTS:
        fitted = trained.pollutants[p].members["boosting"]
        matrix = np.stack(
            [
                cases[n].broadcast_like(cases["t2m_target"]).values.ravel()
                for n in fitted.predictors
            ],
            axis=1,
        )
        centre = np.mean([m.predict(matrix) for m in fitted.location], axis=0).reshape(4, 3) ** 4
        own = parts.sel(pollutant=p).isel(place=slice(3)).drop_sel(group=["spread", "ensemble"])
        np.testing.assert_allclose(own.sum("group"), centre, rtol=1e-10)


def test_a_city_is_the_mean_of_its_stations(explained):
    parts = explained["contribution"]
    stations = parts.isel(place=slice(3))
    for city in parts["place"].values[3:]:
        own = stations.isel(place=np.flatnonzero(stations["city"].values == city))
        np.testing.assert_allclose(parts.sel(place=city), own.mean("place"), rtol=1e-5, atol=1e-4)


def test_carry_over_follows_a_shock_of_the_recent_concentrations(ready, sources):
    """Ten times the recent concentrations: that group rises at lead 1, place and base stay."""
    _, trained, cases = sources
    p = "pm25"
    fitted = trained.pollutants[p].members["boosting"]
    groups = predictor_groups(fitted.predictors)
    shock = cases.assign({n: 10 * cases[n] for n in groups["carry_over"]})
    before, after = (fitted.contributions(c, groups).isel(lead=0) for c in (cases, shock))
    change = (after["contribution"] - before["contribution"]).mean(("issue", "place"))
    rise = float(after["location"].mean() - before["location"].mean())
    assert rise > 0
    assert float(change.sel(group="carry_over")) > 0.7 * rise
    np.testing.assert_array_equal(after["base"], before["base"])


def test_a_station_without_forecast_is_left_out_of_its_city_and_of_the_table(explained, sources):
    issued, trained, cases = sources
    twin = explained["city"].values[0]
    own = np.flatnonzero(explained["city"].values[:3] == twin)
    assert len(own) == 2
    gap = issued.copy(deep=True)
    gap["concentration_mean"][1, own[0], 2] = np.nan
    at_city = 3 + [str(n) for n in explained["place"].values[3:]].index(str(twin))
    gap["concentration_mean"][1, at_city, 2] = issued["concentration_mean"][1, own[1], 2]
    found = explain(gap, trained, cases)["contribution"][1, :, 2]
    assert np.isnan(found[own[0]]).all()
    np.testing.assert_allclose(found[at_city], found[own[1]], rtol=1e-6, atol=1e-6)
    table = contribution_table(explain(gap, trained, cases))
    assert len(table) == 4 * 5 * 6 * 9 - 9


def test_table_adds_up_as_it_is_written(ready, explained, tmp_path):
    path = write_contributions(explained, tmp_path)
    assert path.name == "contributions.csv"
    table = pd.read_csv(path, dtype={"contribution": str}, encoding="utf-8-sig")
    assert len(table) == 4 * 5 * 6 * 9
    assert table["contribution"].str.fullmatch(r"-?\d+\.\d{1,3}").all()
    table["contribution"] = table["contribution"].astype(float)
    keys = ["place", "lead", "pollutant"]
    sums = table.groupby(keys, sort=False)["contribution"].sum()
    means = table.groupby(keys, sort=False)["issued_mean"].first()
    np.testing.assert_allclose(sums, means, atol=1e-9)
    order = ("place", "lead", "pollutant")
    issued = explained["issued_mean"].transpose(*order).values.ravel()
    co = np.tile([False] * 5 + [True], len(issued) // 6)
    np.testing.assert_allclose(means, issued, atol=0.0501)
    np.testing.assert_allclose(means[co], issued[co], atol=0.000501)
    first = table.iloc[1]
    assert (first["group"], first["group_zh"]) == ("recent concentrations", "前期浓度")
    assert (first["valid_day"], first["lead"], first["pollutant"]) == ("2014-02-21", 1, "PM2.5")
    exact = explained["contribution"].sel(group="carry_over")[0, 0, 0]
    assert first["contribution"] == pytest.approx(float(exact), abs=0.1)


def test_rounded_parts_by_hand():
    """Running sums 0.44, 0.88, 1.32 → 0.4, 0.9, 1.3: steps 0.4, 0.5, 0.4 for 0.44 each."""
    coords = {
        "group": ["base", "weather", "ensemble"],
        "lead": [1],
        "place": ["s"],
        "pollutant": ["pm25"],
        "issue": pd.Timestamp("2015-12-01"),
        "valid_day": ("lead", [pd.Timestamp("2015-12-02")]),
        "name": ("place", ["站"]),
        "kind": ("place", ["station"]),
        "pollutant_units": ("pollutant", ["ug m-3"]),
    }
    dims = ("lead", "place", "pollutant", "group")
    parts = xr.Dataset({"contribution": (dims, np.full((1, 1, 1, 3), 0.44))}, coords=coords)
    table = contribution_table(parts)
    assert table["contribution"].tolist() == [0.4, 0.5, 0.4]
    assert table["issued_mean"].tolist() == [1.3] * 3
    assert table["group"].tolist() == [PARTS[g][0] for g in ("base", "weather", "ensemble")]


def test_what_cannot_be_explained_is_said(ready, sources):
    config, workspace = ready
    issued, trained, cases = sources
    with pytest.raises(InputError, match="nothing issued on 2014-02-19 to explain"):
        explain_issue(config, workspace, "2014-02-19")
    with pytest.raises(InputError, match=r"other values of pm25 now .* issue the day again"):
        explain(issued, trained, cases.assign(ws_target=cases["ws_target"] + 5))
    with pytest.raises(InputError, match="stations differ from those of today"):
        explain(issued, trained, cases.isel(place=[0, 1]))
    pm25 = trained.pollutants["pm25"]
    without = {n: m for n, m in pm25.members.items() if n != "boosting"}
    pollutants = {**trained.pollutants, "pm25": replace(pm25, members=without)}
    with pytest.raises(InputError, match="has no member 'boosting' for pm25"):
        explain(issued, replace(trained, pollutants=pollutants), cases)


def test_the_command_writes_the_table_beside_the_others(ready, small_world, capsys):
    workspace = ready[1]
    command = ["issue", str(small_world.config_file), "--workspace", str(workspace.folder)]
    assert run([*command, "--date", "2014-02-21", "--explain"]) == 0
    assert "2014-02-21/contributions.csv" in capsys.readouterr().out
    table = pd.read_csv(workspace.products / "2014-02-21/contributions.csv")
    assert set(table["lead"]) == {1, 2, 3, 4} and set(table["kind"]) == {"station", "city"}
    assert run([*command, "--date", "2014-02-22"]) == 0
    assert not (workspace.products / "2014-02-22/contributions.csv").exists()
