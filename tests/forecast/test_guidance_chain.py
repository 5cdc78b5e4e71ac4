"""Guidance through the daily chain on the small simulated world: train, issue, verify."""

from __future__ import annotations

import shutil

import numpy as np
import pandas as pd
import pytest
import xarray as xr
import yaml

from ensembles import FittedKalman, FittedQuantileMapping, FittedRawGuidance
from forecast.cases import build_cases
from forecast.chain import issue_block, issue_day, train_until
from forecast.cli.show_guidance import show_guidance
from forecast.config import load_config
from forecast.evaluation import evaluate, evaluate_against
from forecast.explain import explain_issue
from forecast.guidance.intake import take_in_guidance
from forecast.ingest import read_station_table
from forecast.issued import latest_files, read_issued
from forecast.known import known_at
from forecast.members import LEARNED_DAYS, members_for
from forecast.modelstore import load_ensemble, newest_ensemble
from forecast.workspace import Workspace

UNTIL, ISSUE = pd.Timestamp("2014-02-10"), pd.Timestamp("2014-02-20")
BEGINS, ENDS = pd.Timestamp("2013-09-15"), pd.Timestamp("2014-03-01")
"""Valid days of the guidance: a short record that ends within the forecasts."""
BIAS = 1.5


def ingest_guidance(config, workspace):
    (source,) = config.guidance
    paths = config.source_files(source.files)
    stations = read_station_table(config)
    return take_in_guidance(source, paths, workspace.guidance(source.name), stations)


@pytest.fixture(scope="module")
def guided(small_world, small_workspace, tmp_path_factory):
    """The small world with a model's PM2.5, half as much again as observed, trained."""
    folder = tmp_path_factory.mktemp("guided")
    shutil.copytree(small_workspace.workspace.folder, folder / "workspace")
    workspace = Workspace(folder / "workspace")
    daily = workspace.observed_daily()["pm25"]
    mean = daily.sel(place=daily["kind"] == "city").mean("place").to_series()
    noise = np.random.default_rng(1).uniform(0.8, 1.25, len(mean))
    table = (BIAS * noise * mean)[BEGINS:ENDS].rename("model_pm25").dropna().round(2)
    (folder / "model.csv").write_text(table.to_csv(index_label="date"))
    section = {
        "name": "ctm",
        "files": str(folder / "model.csv"),
        "columns": {"pm25": "model_pm25"},
    }
    settings = {**small_world.settings, "data": str(small_world.folder / "data")}
    file = folder / "guided.yaml"
    file.write_text(yaml.safe_dump({**settings, "guidance": [section]}, allow_unicode=True))
    config = load_config(file)
    ingest_guidance(config, workspace)
    train_until(config, workspace, UNTIL)
    return config, workspace, table


@pytest.fixture(scope="module")
def issued(guided):
    config, workspace, _ = guided
    return read_issued(issue_day(config, workspace, ISSUE))


@pytest.fixture
def spoilable(guided, tmp_path):
    """A copy of the workspace that a test may spoil."""
    config, workspace, _ = guided
    shutil.copytree(workspace.folder, tmp_path / "workspace")
    return config, Workspace(tmp_path / "workspace")


def same_values(first, second):
    for name in first.data_vars:
        np.testing.assert_array_equal(first[name].values, second[name].values, err_msg=name)


@pytest.mark.slow
def test_corrected_guidance_is_trained_saved_and_weighed(guided):
    _, workspace, _ = guided
    trained = load_ensemble(newest_ensemble(workspace.models, ISSUE))
    members = trained.pollutants["pm25"].members
    kinds = {"ctm": FittedRawGuidance, "ctm_mapped": FittedQuantileMapping}
    kinds["ctm_kalman"] = FittedKalman
    assert {name: type(members[name]) for name in kinds} == kinds
    weights = trained.pollutants["pm25"].combination.weights
    assert (weights.sel(member="ctm") == 0).all()
    assert (weights.sel(member=["ctm_mapped", "ctm_kalman"]).sum("member") > 0.2).all()
    np.testing.assert_allclose(weights.sum("member"), 1, atol=1e-6)
    others = trained.pollutants["o3"]
    assert not set(kinds) & set(others.members)
    assert (others.combination.weights.sel(member=list(kinds)) == 0).all()
    assert "guidance_ctm_pm25" in members["boosting"].predictors
    assert "guidance_ctm_pm25" not in others.members["boosting"].predictors


def test_learning_members_wait_for_guidance(guided):
    config, workspace, _ = guided
    cases = build_cases(known_at(workspace, config, ISSUE), pd.date_range(BEGINS, UNTIL))
    assert cases.sizes["issue"] > LEARNED_DAYS
    name = "guidance_ctm_pm25"
    assert name in cases

    def read_by(cases):
        made = {m.name: m for m in members_for("pm25", cases, config)}
        return name in made["boosting"].predictors

    assert read_by(cases)
    assert not read_by(cases.isel(issue=slice(0, LEARNED_DAYS - 1)))
    every = config.model_copy(
        update={
            "training": config.training.model_copy(update={"members": ["linear_mos", "analog"]})
        }
    )
    for member in members_for("pm25", cases, every):
        if member.name in ("linear_mos", "analog"):
            assert name not in member.predictors
    assert not any(
        "ctm" in m.name or name in getattr(m, "predictors", ())
        for m in members_for("o3", cases, config)
    )


def test_raw_guidance_is_issued_beside_what_corrects_it(guided, issued):
    _, _, table = guided
    means = issued["member_concentration_mean"].sel(pollutant="pm25")
    stations = issued["place"].values[issued["kind"].values == "station"]
    valid = pd.DatetimeIndex(issued["valid_day"].values).strftime("%Y-%m-%d")
    raw = means.sel(member="ctm", place=stations).values
    wanted = np.broadcast_to(table[valid].to_numpy(np.float32)[:, None], raw.shape)
    np.testing.assert_allclose(raw, wanted, rtol=1e-5)
    quantiles = issued["member_concentration"].sel(member="ctm", pollutant="pm25", place=stations)
    np.testing.assert_array_equal(quantiles[..., 0], quantiles[..., -1])
    for name in ("ctm_mapped", "ctm_kalman"):
        ratio = (means.sel(member=name, place=stations) / raw).mean()
        assert 0.5 < float(ratio) < 0.85  # 1/1.5, about
    assert (issued["member_weight"].sel(member="ctm") < 1e-5).all()
    assert issued.attrs["members_missing"] == ""
    others = [p for p in issued["pollutant"].values if p != "pm25"]
    of_guidance = issued["member_concentration_mean"].sel(member=["ctm", "ctm_mapped"])
    assert np.isnan(of_guidance.sel(pollutant=others)).all()


@pytest.mark.parametrize("damage", ["removed", "broken"])
def test_missing_guidance_never_stops_an_issue(spoilable, issued, damage):
    config, workspace = spoilable
    path = workspace.guidance("ctm").path
    path.unlink() if damage == "removed" else path.write_bytes(path.read_bytes()[:200])
    found = read_issued(issue_day(config, workspace, ISSUE))
    assert np.isfinite(found["concentration"]).all()
    missing = "pm25: ctm, pm25: ctm_mapped, pm25: ctm_kalman"
    assert found.attrs["members_missing"] == missing
    pm25 = found["member_weight"].sel(pollutant="pm25")
    assert (pm25.sel(member=["ctm", "ctm_mapped", "ctm_kalman"]) == 0).all()
    np.testing.assert_allclose(pm25.sum("member"), 1, atol=1e-5)
    others = [p for p in issued["pollutant"].values if p != "pm25"]
    np.testing.assert_array_equal(
        found["concentration"].sel(pollutant=others), issued["concentration"].sel(pollutant=others)
    )
    assert not np.array_equal(found["concentration"], issued["concentration"])


def test_guidance_that_ends_within_the_leads(guided):
    config, workspace, _ = guided
    found = read_issued(issue_day(config, workspace, ENDS - pd.Timedelta(days=2)))
    mapped = found["member_concentration_mean"].sel(pollutant="pm25", member="ctm_mapped")
    assert np.isfinite(mapped.isel(lead=[0, 1])).all()
    assert np.isnan(mapped.isel(lead=[2, 3])).all()
    assert np.isfinite(found["concentration"]).all()


def test_cycles_after_the_issue_do_not_reach_the_cases(spoilable):
    config, workspace = spoilable
    store = workspace.guidance("ctm")
    store.path.unlink()
    cycle, stations = pd.date_range(ISSUE - pd.Timedelta(days=5), periods=9), workspace.stations()
    values = np.arange(9 * 6 * 3, dtype=np.float32).reshape(9, 6, 3)
    coords = {"issue": cycle, "lead": np.arange(1, 7), "place": stations.index.to_numpy(str)}
    data = xr.Dataset({"pm25": (("issue", "lead", "place"), values)}, coords)
    store.write(data)
    issues = cycle[3:6]  # the last of them is the day of issue

    def cases():
        known = known_at(workspace, config, ISSUE)
        assert known.guidance()["ctm"]["issue"].values[-1] == ISSUE
        return build_cases(known, issues)["guidance_ctm_pm25"]

    before = cases()
    np.testing.assert_array_equal(before, values[3:6, :4])
    store.write(data.where(data["issue"] <= issues[1], 666.0))
    after = cases()
    np.testing.assert_array_equal(after[:2], before[:2])
    assert (after[2] == 666).all()


def test_what_comes_after_the_issue_changes_nothing(spoilable, issued):
    config, workspace = spoilable
    daily = workspace.observed_daily()
    later = daily["day"] > ISSUE
    daily["pm25"] = daily["pm25"].where(~later, 999.0)
    daily.to_netcdf(workspace.daily_file)
    same_values(read_issued(issue_day(config, workspace, ISSUE)), issued)
    # while the last known day does count, by the filter alone
    daily["pm25"] = daily["pm25"].where(daily["day"] != ISSUE, 999.0)
    daily.to_netcdf(workspace.daily_file)
    spoilt = read_issued(issue_day(config, workspace, ISSUE))["member_concentration_mean"]
    before = issued["member_concentration_mean"]
    for name, changed in (("ctm_kalman", True), ("ctm_mapped", False)):
        at = {"member": name, "pollutant": "pm25"}
        assert np.array_equal(spoilt.sel(at), before.sel(at)) is not changed


def test_a_block_of_days_gives_what_each_day_gives(guided, issued):
    config, workspace, _ = guided
    issues = pd.date_range(UNTIL + pd.Timedelta(days=1), ISSUE + pd.Timedelta(days=6))
    known = known_at(workspace, config, issues[-1])
    trained = load_ensemble(newest_ensemble(workspace.models, ISSUE))
    cases = build_cases(known, issues)
    wanted = pd.DatetimeIndex([ISSUE])
    (found,) = issue_block(trained, known, cases, workspace.issued, wanted)
    for name in ("ctm_kalman", "ctm_mapped", "ctm"):
        at = {"member": name, "pollutant": "pm25"}
        np.testing.assert_array_equal(
            found["member_concentration_mean"].sel(at),
            issued["member_concentration_mean"].sel(at),
        )


def test_guidance_is_explained(guided, issued):
    config, workspace, _ = guided
    parts = explain_issue(config, workspace, ISSUE)["contribution"]
    assert "guidance" in parts["group"].values
    by = np.abs(parts.sel(group="guidance")).mean(("lead", "place"))
    assert float(by.sel(pollutant="pm25")) > 1
    assert (by.sel(pollutant=["o3", "so2"]) == 0).all()


def test_bias_of_the_raw_guidance_is_shown_beside_the_corrected(guided, issued, capsys):
    config, workspace, _ = guided
    for day in pd.date_range(ISSUE + pd.Timedelta(days=1), periods=2):
        issue_day(config, workspace, day)
    files, observed = latest_files(workspace.issued), workspace.observed_daily()
    table = evaluate(files, observed, config.evaluation)
    rows = (table["place_kind"] == "station") & (table["lead"] == "all") & (table["group"] == "all")
    pm25 = table[rows & (table["pollutant"] == "pm25")]
    bias = pm25[pm25["score"] == "bias"].set_index("model")["value"]
    assert bias["ctm"] > 10
    assert abs(bias["ctm_mapped"]) < bias["ctm"] / 2
    assert abs(bias["ctm_kalman"]) < bias["ctm"] / 2
    crps = pm25[pm25["score"] == "crps_quantiles"].set_index("model")["value"]
    assert crps["ctm_kalman"] < crps["ctm"]
    show_guidance(table, config.guidance, "en", simulated=True)
    shown = capsys.readouterr().out
    assert "SIMULATED data. Guidance ctm at stations" in shown
    assert f"{bias['ctm']:+.2f} / {crps['ctm']:.2f}" in " ".join(shown.split())
    assert f"{bias['ctm_mapped']:+.2f} / {crps['ctm_mapped']:.2f}" in " ".join(shown.split())


def test_a_pollutant_without_guidance_is_still_compared(guided, issued):
    config, workspace, _ = guided
    observed = workspace.observed_daily()
    files = {ISSUE: latest_files(workspace.issued)[ISSUE]}
    _, comparison = evaluate_against(files, observed, config.evaluation, against="persistence")
    o3 = comparison[(comparison["pollutant"] == "o3") & (comparison["model"] == "ensemble")]
    assert (o3["pairs"] > 0).any()
    assert "ctm" not in set(comparison[comparison["pollutant"] == "o3"]["model"])
    whole = comparison[(comparison["lead"] == "all") & (comparison["group"] == "all")]
    pm25 = whole[(whole["pollutant"] == "pm25") & (whole["place_kind"] == "station")]
    pairs = pm25[pm25["score"] == "crps_quantiles"].set_index("model")["pairs"]
    assert pairs["ctm"] == pairs["ensemble"] == 4 * 3  # leads and stations
