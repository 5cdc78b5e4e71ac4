"""`wubu run` on the small world: once, again, after a change, after a kill, and two at once."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest
import yaml

import forecast.operation.day
from forecast.cli.main import run
from forecast.errors import BusyError
from forecast.issued import ADJUSTED_BY, read_issued, revisions, write_issued
from forecast.lock import held, holder_of
from forecast.operation import Task, run_day
from forecast.operation.issuing import issue_once
from forecast.operation.log import plain_line
from forecast.operation.state import StepState, read_state, write_state
from forecast.operation.status import status_of
from forecast.operation.wording import EVENTS

from .conftest import DAY, project_in

DATE = "2014-02-20"
PRODUCTS = {"table.csv", "table.json", "bulletin.zh.txt", "bulletin.en.txt"}


def changes(folder):
    return {p: p.stat().st_mtime_ns for p in folder.rglob("*") if p.is_file()}


def test_the_first_run_does_everything(first_run):
    outcome, space = first_run.outcome, first_run.folder / "workspace"
    assert set(outcome.steps.values()) == {"done"}
    assert (space / f"issued/{DATE}.nc").is_file()
    assert {p.name for p in (space / f"products/{DATE}").iterdir()} > PRODUCTS
    assert (space / f"products/{DATE}/nation-nation.html").is_file()
    assert (space / "quality/prsa/alarms.csv").is_file()
    scores = pd.read_csv(space / "scores/scorecard.csv")
    assert {"ensemble", "persistence"} <= set(scores["model"])
    assert not (space / "lock.json").exists()
    assert not list(space.rglob(".making-*")) and not list(space.rglob("*.part"))
    listed = [p for s in outcome.state.steps.values() for p in s.outputs]
    assert all((space / p).is_file() for p in listed) and f"issued/{DATE}.nc" in listed


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_event_of_a_run_has_its_words(first_run, lang):
    said = {e.event: plain_line(e, pd.Timestamp("2026-11-24"), lang) for e in first_run.events}
    assert {"run-begun", "step-begun", "progress", "step-done", "run-ended"} <= set(said)
    assert set(said) <= set(EVENTS)
    assert ("6步完成" if lang == "zh" else "6 done, 0 unchanged, 0 failed") in said["run-ended"]


def test_the_second_run_does_nothing_and_logs_json(project, capsys):
    before = changes(project / "workspace")
    assert run(["run", str(project / "small.yaml"), "--date", DATE, "--log", "json"]) == 0
    said = capsys.readouterr()
    assert changes(project / "workspace") == before
    lines = [json.loads(line) for line in said.err.splitlines()]
    assert all(line["time"].endswith("Z") and line["level"] == "info" for line in lines)
    unchanged = [line["step"] for line in lines if line["event"] == "step-unchanged"]
    assert unchanged == ["ingest", "quality", "train", "issue", "verify", "consult"]
    assert [lines[0]["event"], lines[-1]["event"]] == ["run-begun", "run-ended"]
    assert lines[-1]["unchanged"] == 6 and lines[-1]["seconds"] > 0
    assert said.out.splitlines()[0] == "ingest: unchanged" and "Written" not in said.out


def test_a_changed_source_is_taken_in_and_issued_anew(project):
    """An hour that was known at the issue changes; all that follows from it is done again."""
    settings = yaml.safe_load((project / "small.yaml").read_text())
    shutil.copytree(settings["data"], project / "data", copy_function=shutil.copy2)
    (project / "small.yaml").write_text(yaml.safe_dump({**settings, "data": "data"}))
    path = sorted((project / "data/observations").glob("PRSA_*.csv"))[0]
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    hour = (table[["year", "month", "day"]] == ["2014", "2", "20"]).all(axis=1)
    assert hour.sum() == 24
    table.loc[hour, "PM2.5"] = "321"
    table.to_csv(path, index=False)
    config, workspace = project_in(project)
    outcome = run_day(Task(config, workspace, DAY))
    assert outcome.steps == {
        "ingest": "done", "quality": "done", "train": "unchanged",
        "issue": "done", "verify": "done", "consult": "done",
    }  # fmt: skip
    first, second = revisions(workspace.issued, DATE)
    assert second.name == f"{DATE}.r2.nc"
    at = {"lead": 1, "pollutant": "pm25", "place": path.stem.split("_")[2]}
    mean = [float(read_issued(p)["concentration_mean"].sel(at)) for p in (first, second)]
    assert mean[1] > mean[0]
    assert (workspace.products / f"{DATE}.r2/nation-nation.html").is_file()


def only(monkeypatch, *names):
    """Leave only some steps to the day: what the others do is tested elsewhere."""
    steps = {name: forecast.operation.day.DAY[name] for name in names}
    monkeypatch.setattr(forecast.operation.day, "DAY", steps)


def test_a_kill_in_mid_run_and_the_run_after(project, first_run, monkeypatch):
    config, workspace = project_in(project)
    state = read_state(workspace.runs, DAY.date())
    steps = {n: s for n, s in state.steps.items() if n in ("ingest", "quality", "train")}
    write_state(workspace.runs, state.model_copy(update={"steps": steps}))
    shutil.rmtree(workspace.issued)
    shutil.rmtree(workspace.products)
    command = [sys.executable, "-m", "forecast.cli", "run", str(project / "small.yaml"),
               "--date", DATE]  # fmt: skip
    log = project / "log"
    # In a folder of its own: a checkout in the working folder would be imported before the package.
    with (
        log.open("w") as told,
        subprocess.Popen(command, cwd=project, stdout=told, stderr=told) as running,
    ):
        while "issue: begun" not in log.read_text():
            assert running.poll() is None, log.read_text()
            time.sleep(0.02)
        with pytest.raises(BusyError, match=f"another run is at work: wubu run {DATE}, process"):
            run_day(Task(config, workspace, DAY))
        assert status_of(config, workspace).days[0].steps["issue"] == "running"
        running.send_signal(signal.SIGKILL)
    left = holder_of(workspace.lock)
    assert (left.pid, left.standing()) == (running.pid, "stale")
    found = status_of(config, workspace)
    assert (found.lock, found.days[0].steps["issue"], found.state) == ("stale", "broken", "failed")
    only(monkeypatch, "ingest", "quality", "train", "issue")
    events = []
    outcome = run_day(Task(config, workspace, DAY, log=events.append))
    assert list(outcome.steps.values()) == ["unchanged", "unchanged", "unchanged", "done"]
    assert {"lock-taken-over", "resumed"} <= {e.event for e in events}
    assert [p.name for p in revisions(workspace.issued, DATE)] == [f"{DATE}.nc"]
    undisturbed = first_run.folder / f"workspace/issued/{DATE}.nc"
    assert (workspace.issued / f"{DATE}.nc").read_bytes() == undisturbed.read_bytes()


def test_a_kill_between_the_forecast_and_the_state(project, monkeypatch):
    """The forecast is there, the state does not know: no second revision of the same."""
    config, workspace = project_in(project)
    state = read_state(workspace.runs, DAY.date())
    begun = StepState(state="running", started="2014-02-20T17:00:00Z")
    write_state(workspace.runs, state.after("issue", begun))
    shutil.rmtree(workspace.products)
    before = (workspace.issued / f"{DATE}.nc").stat().st_mtime_ns
    only(monkeypatch, "ingest", "train", "issue")
    assert run_day(Task(config, workspace, DAY)).steps["issue"] == "done"
    assert [p.name for p in workspace.issued.iterdir()] == [f"{DATE}.nc"]
    assert (workspace.issued / f"{DATE}.nc").stat().st_mtime_ns == before
    assert {p.name for p in (workspace.products / DATE).iterdir()} == PRODUCTS


def test_what_a_consultation_adjusted_stands(project):
    config, workspace = project_in(project)
    issued = read_issued(workspace.issued / f"{DATE}.nc")
    by = issued["level"].copy(data=issued["level"].values * 0)
    adjusted = write_issued(issued.assign({ADJUSTED_BY: by}), workspace.issued)
    events = []
    written = issue_once(Task(config, workspace, DAY, log=events.append))
    assert written[0] == adjusted and adjusted.name == f"{DATE}.r2.nc"
    assert len(revisions(workspace.issued, DATE)) == 2
    assert f"{DATE}.r2.nc was adjusted by a consultation" in events[0].fields["en"]


@pytest.mark.parametrize("command", ["run", "ingest", "train", "issue", "consult"])
def test_another_at_work_ends_with_75(project, capsys, command):
    arguments = [] if command == "ingest" else ["--date", DATE]
    before = changes(project / "workspace")
    with held(project / "workspace/lock.json", "wubu run 2014-02-19"):
        assert run([command, str(project / "small.yaml"), *arguments]) == 75
    said = capsys.readouterr()
    assert "lock.json: another run is at work: wubu run 2014-02-19, process" in said.err
    assert len(said.err.splitlines()) == 1 and said.out == ""
    assert changes(project / "workspace") == before


def test_another_at_work_is_told_as_json(project, capsys):
    with held(project / "workspace/lock.json", "wubu ingest"):
        assert run(["run", str(project / "small.yaml"), "--date", DATE, "--log", "json"]) == 75
    (line,) = capsys.readouterr().err.splitlines()
    told = json.loads(line)
    assert (told["level"], told["event"]) == ("error", "failed")
    assert "another run is at work: wubu ingest" in told["error"]


def test_a_failed_step_ends_with_1(project, monkeypatch, capsys):
    shutil.rmtree(project / "workspace/models")
    only(monkeypatch, "ingest", "train", "issue")
    arguments = ["run", str(project / "small.yaml"), "--date", DATE, "--lang", "zh"]
    assert run(arguments) == 1
    said = capsys.readouterr()
    assert said.out.splitlines() == ["入库：未变", "训练：失败", "发布：未做"]
    assert "错误 训练：失败" in said.err and "wubu run --train" in said.err
    assert "发布：未做：需先完成训练" in said.err and "Traceback" not in said.err


@pytest.mark.parametrize("form", ["plain", "json"])
def test_wrong_configuration_ends_with_2(project, capsys, form):
    arguments = ["run", str(project / "none.yaml"), "--date", DATE, "--log", form]
    assert run(arguments) == 2
    assert "none.yaml: no such configuration file" in capsys.readouterr().err
    assert run(["run", str(project / "small.yaml"), "--date", "20.2.2014", "--log", form]) == 2


def test_a_workspace_that_cannot_be_written_is_one_line(project, monkeypatch, capsys):
    def refuse(prefix, suffix, dir):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), f"{dir}/{prefix}x{suffix}")

    monkeypatch.setattr("forecast.atomic.tempfile.mkstemp", refuse)
    arguments = ["run", str(project / "small.yaml"), "--date", DATE]
    assert run(arguments) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("wubu: ") and line.endswith(".part: Permission denied")
    monkeypatch.undo()
    (project / "file").write_text("")
    assert run([*arguments, "--workspace", str(project / "file")]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"wubu: {project}/file")
