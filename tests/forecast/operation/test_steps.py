"""The loop over the steps with steps of the tests' own, and the steps' single decisions."""

from __future__ import annotations

import json
import os

import pandas as pd
import pytest

import forecast.operation.day
import forecast.operation.steps
from forecast.config import load_config
from forecast.errors import InputError
from forecast.lock import held
from forecast.operation import Task, due_day, run_day
from forecast.operation.state import StepState, read_state, state_file, write_state
from forecast.operation.steps import Step, have_ensemble, score
from forecast.operation.wording import STEPS
from forecast.workspace import Workspace

DAY = pd.Timestamp("2014-02-20")


@pytest.fixture
def task(small_world, tmp_path):
    """A day in an empty workspace, and the events it tells as ``events``."""
    config = load_config(small_world.config_file, workspace=tmp_path / "w")
    events = []
    made = Task(config, Workspace(tmp_path / "w"), DAY, log=events.append)
    made.events = events
    return made


@pytest.fixture
def plan(task, monkeypatch):
    """Steps that write a file each: their inputs, how they fail, and which were at work."""
    inputs, fails, did = dict.fromkeys(STEPS, "a"), {}, []

    def step(name, needs):
        def work(task):
            did.append(name)
            if name in fails:
                raise fails[name]
            path = task.workspace.folder / f"{name}.txt"
            path.write_text("made")
            return [path]

        return Step(lambda task: inputs[name], work, needs)

    steps = {name: step(name, real.needs) for name, real in forecast.operation.steps.DAY.items()}
    monkeypatch.setattr(forecast.operation.day, "DAY", steps)
    return inputs, fails, did


def told(task, event):
    return [e for e in task.events if e.event == event]


def test_all_steps_in_their_order_and_then_none(task, plan):
    outcome = run_day(task)
    assert plan[2] == list(STEPS) == ["ingest", "quality", "train", "issue", "verify", "consult"]
    assert outcome.complete and set(outcome.steps.values()) == {"done"}
    assert [p.name for p in outcome.written] == [f"{n}.txt" for n in STEPS]
    kept = json.loads((task.workspace.runs / "2014-02-20.json").read_text())
    assert kept["date"] == "2014-02-20" and list(kept["steps"]) == list(STEPS)
    ingest = kept["steps"]["ingest"]
    assert ingest["state"] == "done" and ingest["inputs"] == "a" and ingest["error"] is None
    assert ingest["outputs"] == ["ingest.txt"] and ingest["started"] <= ingest["ended"]
    again = run_day(task)
    assert set(again.steps.values()) == {"unchanged"} and len(plan[2]) == 6
    assert again.written == [] and again.complete
    assert not task.workspace.lock.exists()


def test_what_has_changed_or_gone_is_done_again(task, plan):
    inputs, _, did = plan
    run_day(task)
    did.clear()
    inputs["verify"] = "b"
    (task.workspace.folder / "ingest.txt").unlink()
    assert run_day(task).steps["verify"] == "done"
    assert did == ["ingest", "verify"]


def test_inputs_nobody_can_tell_are_always_new(task, plan):
    inputs, _, did = plan
    inputs["ingest"] = ""
    run_day(task)
    did.clear()
    run_day(task)
    assert did == ["ingest"]


def test_a_failure_keeps_back_what_needs_it_and_nothing_else(task, plan):
    _, fails, did = plan
    fails["train"] = InputError("no ensemble")
    outcome = run_day(task)
    assert not outcome.complete and did == ["ingest", "quality", "train", "verify"]
    endings = ["done", "done", "failed", "skipped", "done", "skipped"]
    assert list(outcome.steps.values()) == endings
    kept = read_state(task.workspace.runs, DAY.date()).steps
    assert kept["train"].error == "no ensemble" and "issue" not in kept
    assert [e.fields["needs"] for e in told(task, "step-skipped")] == ["train", "issue"]
    assert told(task, "step-failed")[0].level == "error"
    fails.clear()
    did.clear()
    assert run_day(task).complete and did == ["train", "issue", "consult"]


def test_a_fault_of_the_package_is_one_sentence_and_the_day_goes_on(task, plan):
    plan[1]["quality"] = ZeroDivisionError("by\nnought")
    assert run_day(task).steps["consult"] == "done"
    error = read_state(task.workspace.runs, DAY.date()).steps["quality"].error
    assert error.startswith("internal error at test_steps.py:")
    assert error.endswith("please report it: ZeroDivisionError: by nought")


def test_a_step_that_was_broken_off_is_done_again(task, plan):
    run_day(task)
    state = read_state(task.workspace.runs, DAY.date())
    begun = StepState(state="running", started="2014-02-20T17:00:00Z", inputs="a")
    write_state(task.workspace.runs, state.after("issue", begun))
    plan[2].clear()
    assert run_day(task).complete and plan[2] == ["issue"]
    assert told(task, "resumed")[0].fields == {"started": "2014-02-20T17:00:00Z"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not the state of a run: Invalid JSON"),
        ('{"date": "2014-02-20", "steps": {"x": 1}}', "'steps.x'"),
        ('{"date": "2014-02-20", "steps": {"x": {"state": "done", "started": '
         '"2014-02-20T00:00:00Z"}}}', "unknown step 'x'"),
        ('{"date": "2014-02-19", "steps": {}}', "holds the day 2014-02-19"),
        ('{"date": "2014-02-20", "steps": {"issue": {"state": "done", "started": "noon"}}}',
         "'steps.issue.started'"),
    ],
)  # fmt: skip
def test_a_damaged_state_counts_as_not_done_and_is_named(task, plan, text, said):
    path = state_file(task.workspace.runs, DAY)
    path.parent.mkdir(parents=True)
    path.write_text(text)
    with pytest.raises(InputError, match=r"2014-02-20\.json") as found:
        read_state(task.workspace.runs, DAY.date())
    assert said in str(found.value) and "\n" not in str(found.value)
    assert run_day(task).complete and len(plan[2]) == 6
    assert told(task, "state-damaged")[0].fields["error"] == str(found.value)
    assert read_state(task.workspace.runs, DAY.date()).steps["issue"].state == "done"


def test_a_stale_lock_is_taken_over_with_a_word(task, plan):
    lock = task.workspace.lock
    with held(lock, "wubu run 2014-02-19"):
        content = json.loads(lock.read_text())
    lock.write_text(json.dumps({**content, "start": 1}))
    assert run_day(task).complete
    said = told(task, "lock-taken-over")[0].fields
    assert said["en"].startswith(f"wubu run 2014-02-19, process {os.getpid()} on ")
    assert said["zh"].startswith("wubu run 2014-02-19，") and f"进程{os.getpid()}" in said["zh"]


def ensemble(task, day, config):
    folder = task.workspace.models / day
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(json.dumps({"config": config}))
    return folder


@pytest.fixture
def trained(monkeypatch):
    """Days that were trained, by a training of the tests' own."""
    days = []

    def train_until(config, workspace, day, tell):
        days.append(day)
        return workspace.models / f"{day:%Y-%m-%d}"

    monkeypatch.setattr(forecast.operation.steps, "train_until", train_until)
    return days


def test_without_an_ensemble_the_day_says_so_or_trains(task, trained):
    with pytest.raises(InputError, match=r"no ensemble of this configuration.*2014-02-20.*--train"):
        have_ensemble(task)
    ensemble(task, "2014-02-21", task.config.digest)  # of a later day
    ensemble(task, "2014-02-10", "of another configuration")
    with pytest.raises(InputError, match="no ensemble of this configuration"):
        have_ensemble(task)
    assert trained == []
    task.train = True
    assert [p.parent.name for p in have_ensemble(task)] == ["2014-02-20"]
    assert trained == [DAY]


def test_an_old_ensemble_is_told_of_and_trained_anew_on_request(task, trained):
    ensemble(task, "2013-11-22", task.config.digest)  # 90 days, training.refit_days of the test
    assert have_ensemble(task) == []
    assert "2013-11-22 is 90 days old" in told(task, "remark")[0].fields["en"]
    assert "2013-11-22" in told(task, "remark")[0].fields["zh"]
    task.train = True
    assert forecast.operation.steps.ensemble_inputs(task) == ""
    have_ensemble(task)
    assert trained == [DAY]
    ensemble(task, "2013-11-23", task.config.digest)  # 89 days: young enough
    assert forecast.operation.steps.ensemble_inputs(task).startswith("2013-11-23 ")
    assert have_ensemble(task) == [] and trained == [DAY] and len(told(task, "remark")) == 1


def test_nothing_to_verify_is_no_failure(task, monkeypatch):
    monkeypatch.setattr(Workspace, "observed_daily", lambda self: None)
    assert score(task) == []
    assert "no day of an issued forecast" in told(task, "remark")[0].fields["en"]


@pytest.mark.parametrize(
    ("hour", "now", "day"),
    [
        (24, "2014-02-20 15:59", "2014-02-19"),  # 23:59 in Beijing: the day is not over
        (24, "2014-02-20 16:00", "2014-02-20"),
        (8, "2014-02-20 09:30", "2014-02-20"),  # 17:30 in Beijing
        (8, "2014-02-19 23:59", "2014-02-19"),  # 07:59 in Beijing
    ],
)
def test_the_day_that_is_due(task, monkeypatch, hour, now, day):
    monkeypatch.setattr("forecast.operation.task.utc_now", lambda: pd.Timestamp(now))
    assert due_day(task.config.model_copy(update={"issue_hour": hour})) == pd.Timestamp(day)


def test_rows_of_a_database_change_without_a_trace(task):
    from forecast.observations.sql import Sql

    assert len(task.sources()) == 16
    sql = Sql.model_construct(format="sql", files="*.sql")
    config = task.config.model_copy(update={"observations": [*task.config.observations, sql]})
    assert Task(config, task.workspace, DAY).sources() == ""
