"""Members of all pollutants in one pool: same results in any order and number of threads."""

from __future__ import annotations

import shutil
import threading
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from threadpoolctl import threadpool_limits

import forecast.fitting
import forecast.training
from ensembles import Climatology, make_folds
from forecast.cases import build_cases, targets
from forecast.chain import issue_day, train_until
from forecast.config import load_config
from forecast.engines.learning_store import Learning
from forecast.errors import InputError
from forecast.fingerprint import fingerprint
from forecast.fitting import BY_FOLD, fit_members
from forecast.issued import read_issued
from forecast.known import known_at
from forecast.members import members_for
from forecast.modelstore import load_ensemble, save_ensemble
from forecast.pollutants import POLLUTANTS
from forecast.training import train, training_data
from forecast.workspace import Workspace

UNTIL = pd.Timestamp("2013-05-25")
ALL = ["linear_mos", "emos", "analog", "boosting"]


def with_members(config, members, **update):
    boosting = config.training.boosting.model_copy(update={"trees": 10})
    training = config.training.model_copy(update={"members": members, "boosting": boosting})
    return config.model_copy(update={"training": training, **update})


@pytest.fixture(scope="module")
def world(small_workspace):
    """Configuration with all members, cases and daily values of three months."""
    config = with_members(small_workspace.config, ALL)
    known = known_at(small_workspace.workspace, config, UNTIL)
    archive = small_workspace.workspace.weather(config, "ensemble")
    issues = archive.issues()
    return config, build_cases(known, issues[issues <= UNTIL], leave_out=True), known.daily


@pytest.fixture
def workspace(small_world, small_workspace, tmp_path):
    shutil.copytree(small_workspace.workspace.folder, tmp_path / "w")
    return load_config(small_world.config_file, workspace=tmp_path / "w"), Workspace(tmp_path / "w")


def saved(fitted, folder):
    fitted.save(folder)
    return {str(f.relative_to(folder)): f.read_bytes() for f in folder.rglob("*") if f.is_file()}


def test_parts_together_are_the_cross_fit(world, tmp_path):
    """Every member, cut into a fit and its folds, is what its own `cross_fit` gives."""
    config, cases, daily = world
    folds = make_folds(cases, 2)
    target = targets(daily, cases, "pm25")
    members = members_for("pm25", cases, config)
    assert sum(isinstance(m, BY_FOLD) for m in members) == 5
    fits = fit_members(
        {"pm25": members},
        Learning(cases, {"pm25": target}, folds),
        lambda _, fits, __: fits,
        workers=2,
    )["pm25"]
    assert list(fits.fitted) == list(fits.unseen) == [m.name for m in members]
    assert fits.failed == {}
    for member in members:
        with threadpool_limits(1, user_api="blas"):  # as in the pool: the last digits follow
            fitted, unseen = member.cross_fit(cases, target, folds)
        xr.testing.assert_identical(unseen.quantiles, fits.unseen[member.name].quantiles)
        assert np.isfinite(unseen.quantiles.values).any()
        one = saved(fitted, tmp_path / "one" / member.name)
        assert one == saved(fits.fitted[member.name], tmp_path / "two" / member.name)


@pytest.mark.slow
def test_neither_threads_nor_order_matter(world, tmp_path, monkeypatch):
    """One thread, two, and two with the tasks in the opposite order: the same models."""
    config, cases, daily = world
    tasks, found = forecast.fitting._tasks, []
    for workers, step in ((1, 1), (2, 1), (2, -1)):
        monkeypatch.setattr(
            forecast.fitting, "_tasks", lambda *given, step=step: tasks(*given)[::step]
        )
        settings = with_members(config, ["emos", "boosting"], workers=workers)
        folder = save_ensemble(train(cases, daily, settings, UNTIL), tmp_path)
        found.append({f.relative_to(folder): f.read_bytes() for f in folder.rglob("*.*")})
    assert found[0] == found[1] == found[2]
    assert len(found[0]) > 6 * 5


def test_what_is_learned_from_holds_nothing_later(world):
    """Garbage after the training day leaves its data as they are, garbage before does not."""
    config, cases, daily = world
    until = UNTIL - pd.Timedelta(days=5)
    learned = training_data(cases, daily, config, until)
    wanted = fingerprint(config, *learned)
    assert fingerprint(config, *training_data(*learned, config, until)) == wanted
    for day, same in ((until, True), (until - pd.Timedelta(days=4), False)):
        spoiled, later = cases.copy(deep=True), daily.copy(deep=True)
        spoiled["t2m_target"].loc[{"issue": slice(day, None)}] = -1e6
        assert (
            fingerprint(config, *training_data(spoiled, daily, config, until)) == wanted
        ) == same
        later["pm25"].loc[{"day": slice(day + pd.Timedelta(days=1), None)}] = 777
        assert (fingerprint(config, *training_data(cases, later, config, until)) == wanted) == same


def test_the_slowest_start_first(world):
    config, cases, _ = world
    members = {p: members_for(p, cases, config) for p in POLLUTANTS}
    tasks = forecast.fitting._tasks(members, 3)
    assert [(t.pollutant, t.member.name) for t in tasks[:7]] == [
        *((p, "boosting") for p in POLLUTANTS), ("pm25", "analog")
    ]  # fmt: skip
    # boosting in one piece, each of the other five members in four
    assert len(tasks) == 6 * (1 + 5 * 4)
    assert [t.pollutant for t in tasks[6:]] == [p for p in POLLUTANTS for _ in range(20)]


@dataclass(frozen=True)
class Thin:
    """A member that lacks data for any fit."""

    name: str = "thin"

    def fit(self, cases, target):
        raise ValueError("found 3 days, expected 30")

    def cross_fit(self, cases, target, folds):
        return self.fit(cases, target)


@dataclass(frozen=True)
class Meeting:
    """A member that waits in `cross_fit` until another one waits too."""

    barrier: threading.Barrier
    name: str

    def cross_fit(self, cases, target, folds):
        self.barrier.wait(timeout=20)
        return Climatology().cross_fit(cases, target, folds)


def test_members_of_one_pollutant_run_side_by_side(world):
    _, cases, daily = world
    target = targets(daily, cases, "pm25")
    barrier = threading.Barrier(2)
    told = []
    out = fit_members(
        {"pm25": [Meeting(barrier, "a"), Meeting(barrier, "b")]},
        Learning(cases, {"pm25": target}, make_folds(cases, 2)),
        lambda pollutant, fits, _: (pollutant, sorted(fits.fitted)),
        workers=2,
        progress=lambda done, total: told.append((done, total)),
    )
    assert out == {"pm25": ("pm25", ["a", "b"])}
    assert told == [(1, 2), (2, 2)]


def test_other_errors_than_value_errors_are_raised(world):
    _, cases, daily = world
    target = targets(daily, cases, "pm25")

    class Broken(Thin):
        def fit(self, cases, target):
            raise KeyError("latest_pm25")

    with pytest.raises(KeyError, match="latest_pm25"):
        fit_members(
            {"pm25": [Broken()]},
            Learning(cases, {"pm25": target}, make_folds(cases, 2)),
            lambda *_: None,
        )


def thin_for(monkeypatch, *pollutants):
    """Linear MOS cannot be fitted for these pollutants."""

    def members(pollutant, cases, config):
        made = members_for(pollutant, cases, config)
        if pollutant in pollutants:
            return [Thin("linear_mos") if m.name == "linear_mos" else m for m in made]
        return made

    monkeypatch.setattr(forecast.training, "members_for", members)


@pytest.mark.slow
def test_a_member_without_data_is_left_out_of_its_pollutant(workspace, monkeypatch):
    config, space = workspace
    config = with_members(config, ["linear_mos", "boosting"])
    thin_for(monkeypatch, "pm25", "co")
    lines = []
    folder = train_until(config, space, UNTIL, lambda *told: lines.append(told))
    why = "without linear_mos (found 3 days, expected 30)"
    assert [told for told in lines if "without" in told[0]] == [
        (f"training at 2013-05-25: co {why}", 1, 1),
        (f"training at 2013-05-25: pm25 {why}", 1, 1),
    ]
    trained = load_ensemble(folder)
    rest = ["climatology", "persistence", "boosting"]
    assert list(trained.pollutants["pm25"].members) == rest
    assert list(trained.pollutants["o3"].members) == [*rest[:2], "linear_mos", "boosting"]
    assert (trained.pollutants["pm25"].combination.weights.sel(member="linear_mos") == 0).all()
    issued = read_issued(issue_day(config, space, UNTIL))
    weight = issued["member_weight"]
    assert (weight.sel(member="linear_mos", pollutant=["pm25", "co"]) == 0).all()
    np.testing.assert_allclose(weight.sum("member"), 1, atol=1e-5)
    assert issued.attrs["members_missing"] == "pm25: linear_mos, co: linear_mos"
    assert np.isfinite(issued["concentration"]).all()
    member = issued["member_concentration"].sel(member="linear_mos")
    assert np.isnan(member.sel(pollutant="pm25")).all()
    assert np.isfinite(member.sel(pollutant="o3")).all()


def test_a_member_left_out_of_all_is_not_there(world, monkeypatch):
    config, cases, daily = world
    thin_for(monkeypatch, *POLLUTANTS)
    trained = train(cases, daily, with_members(config, ["linear_mos", "boosting"]), UNTIL)
    for of_pollutant in trained.pollutants.values():
        names = of_pollutant.combination.weights["member"].values.tolist()
        assert names == ["climatology", "persistence", "boosting"]


def test_references_alone_are_no_ensemble(world):
    """Five days of ozone: boosting has none of them in one of the folds."""
    config, cases, daily = world
    daily = daily.copy(deep=True)
    late = daily["day"].values < np.datetime64("2013-05-20")
    daily["o3"].loc[{"day": daily["day"].values[late]}] = np.nan
    message = r"training at 2013-05-25: o3 without boosting \(fold 2 of 2 has no case"
    with pytest.raises(InputError, match=message):
        train(cases, daily, with_members(config, ["boosting"]), UNTIL)
