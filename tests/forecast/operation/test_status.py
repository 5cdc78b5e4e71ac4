"""`wubu status`: what is newest, in both languages and as JSON, and its exit codes."""

from __future__ import annotations

import json
import shutil

import pytest
import yaml

from forecast.cli.main import run
from forecast.lock import held
from forecast.operation.state import DayState, StepState, read_state, write_state
from forecast.operation.status import status_of
from forecast.operation.wording import STEPS

from .conftest import DAY, project_in

DATE = "2014-02-20"


@pytest.fixture
def project(small_world, small_workspace, tmp_path):
    """A workspace in which a day was run, as far as a look at it tells."""
    settings = {**small_world.settings, "data": str(small_world.folder / "data")}
    (tmp_path / "small.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    shutil.copytree(small_workspace.workspace.folder, tmp_path / "workspace")
    config, workspace = project_in(tmp_path)
    manifest = workspace.models / "2014-02-10/manifest.json"
    manifest.parent.mkdir(parents=True)
    manifest.write_text(json.dumps({"config": config.digest}))
    for folder in (workspace.issued, workspace.products):
        folder.mkdir()
    (workspace.issued / f"{DATE}.nc").write_text("")
    times = {"started": "2014-02-20T17:00:00Z", "ended": "2014-02-20T17:09:00Z"}
    done = dict.fromkeys(STEPS, StepState(state="done", **times))
    write_state(workspace.runs, DayState(date=DAY.date(), steps=done))
    return tmp_path


def status(project, capsys, *more):
    code = run(["status", str(project / "small.yaml"), *more])
    return code, capsys.readouterr().out


def test_as_json(project, capsys):
    (project / "workspace/products/.making-x").mkdir()
    (project / "workspace/products/.making-x/y.part").write_text("")
    (project / "workspace/issued/.a.nc.part").write_text("")
    code, out = status(project, capsys, "--json")
    found = json.loads(out)
    assert code == 0 and found["state"] == "done"
    # 430 days from 2013-03-01 on: the last ends 2014-05-05 0:00 in Beijing
    assert found["observations"] == {"prsa": "2014-05-04T16:00:00Z"}
    assert found["weather"] == {
        "ensemble": {"newest": "2014-05-04", "first_issue": "2014-05-04"},
        "analysis": {"newest": "2014-05-04", "first_issue": None},
    }
    assert found["ensemble"] == {"day": "2014-02-10", "fits": True}
    assert found["issues"] == [{"date": DATE, "revisions": 1, "file": f"{DATE}.nc"}]
    assert [d["date"] for d in found["days"]] == [DATE]
    assert set(found["days"][0]["steps"].values()) == {"done"} and found["days"][0]["errors"] == {}
    assert found["days"][0]["ended"] == "2014-02-20T17:09:00Z"
    assert found["lock"] == {"state": "free", "holder": None}
    assert found["left_over"] == ["issued/.a.nc.part", "products/.making-x"]
    assert 0 < found["free_bytes"] <= found["total_bytes"]


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("en", ["observations prsa", "2014-05-05 00:00+08:00", "of this configuration",
                f"1 revision: {DATE}.nc", "quality", "Lock: free", "Disk free:"]),
        ("zh", ["观测 prsa", "2014-05-05 00:00+08:00", "与配置相符", f"1版：{DATE}.nc", "质控",
                "完成", "锁：空闲", "磁盘剩余："]),
    ],
)  # fmt: skip
def test_in_both_languages(project, capsys, lang, words):
    code, out = status(project, capsys, "--lang", lang)
    assert code == 0
    assert [w for w in words if w not in out] == []


def test_a_failed_day_and_a_day_not_run(project, capsys):
    runs = project_in(project)[1].runs
    failed = StepState(state="failed", started="2014-02-20T17:00:00Z", error="a.nc: is empty")
    write_state(runs, read_state(runs, DAY.date()).after("verify", failed))
    code, out = status(project, capsys)
    assert code == 1 and f"{DATE} verify: a.nc: is empty" in out
    code, out = status(project, capsys, "--lang", "zh")
    assert f"{DATE} 检验：a.nc: is empty" in out and "失败" in out
    code, out = status(project, capsys, "--date", "2014-02-21", "--json")
    days = json.loads(out)["days"]
    assert code == 1 and [d["date"] for d in days] == ["2014-02-21", DATE]
    assert set(days[0]["steps"].values()) == {"none"} and days[0]["state"] == "failed"


def test_a_day_at_work_is_no_failure_yet(project, capsys):
    config, workspace = project_in(project)
    begun = StepState(state="running", started="2014-02-20T17:00:00Z")
    state = read_state(workspace.runs, DAY.date()).after("consult", begun)
    write_state(workspace.runs, state)
    with held(workspace.lock, f"wubu run {DATE}"):
        code, out = status(project, capsys)
        assert code == 75 and "running" in out and f"Lock: held: wubu run {DATE}, process" in out
    with held(workspace.lock, "wubu ingest"):  # at work, but not on the day
        assert status_of(config, workspace).days[0].steps["consult"] == "broken"
    code, out = status(project, capsys)
    assert code == 1 and "broken off" in out


def test_damage_is_shown_and_named(project, capsys):
    space = project / "workspace"
    (space / "runs" / f"{DATE}.json").write_text("{")
    (space / "lock.json").write_text("{")
    (space / "models/2014-02-10/manifest.json").write_text("{}")
    for path in (space / "observations/prsa").glob("2014-05.nc"):
        path.write_bytes(b"x")
    code, out = status(project, capsys)
    assert code == 1
    assert "damaged (`wubu run --break-lock` takes it over)" in out
    joined = out.replace("\n", "")
    assert f"runs/{DATE}.json: not the state of a run" in joined
    assert "of another one" in out
    assert "2014-05-01" in out  # the hours before the damaged month


def test_no_workspace_and_nothing_run(project, capsys):
    arguments = ["status", str(project / "small.yaml")]
    assert run([*arguments, "--workspace", str(project / "none")]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"wubu: {project}/none: no workspace here yet") and said.count("\n") == 1
    assert not (project / "none").exists()
    (project / f"workspace/runs/{DATE}.json").unlink()
    code, out = status(project, capsys, "--json")
    assert code == 1 and json.loads(out)["days"] == []
