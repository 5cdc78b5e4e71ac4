"""The notebooks run from top to bottom, show what they promise, and are stored as they ran."""

from __future__ import annotations

import json

import nbformat
import pytest
from notebook_execution import FOLDER, NOTEBOOKS, kernel

import verification

FIRST = FOLDER / "01_from_files_to_a_scored_forecast.ipynb"
SECOND = FOLDER / "02_verification.ipynb"
THIRD = FOLDER / "03_ensemble.ipynb"
TENTH = FOLDER / "10_scale.ipynb"
PROBE = """
import json
print(json.dumps({
    "leads": crps.index.tolist(),
    "crps": crps.loc[1].to_dict(),
    "pairs": by_lead["pairs"].groupby(by_lead["score"]).max()["crps_quantiles"].item(),
    "title": issued.attrs["title"],
    "valid_day": issued["valid_day"].dt.strftime("%Y-%m-%d").values[[0, -1]].tolist(),
    "last_hour": str(known.hourly["time"].values[-1]),
    "level_sums": np.unique(issued["level_probability"].sum("level_number").round(4)).tolist(),
    "weight_sums": np.unique(weights.sum("member").round(4)).tolist(),
    "issues": len(latest_files(run / "issued")),
    "bulletin": bulletin(issued, "en"),
}))
"""
"""Run in the kernel after the last cell of the first notebook; the names are the notebook's."""

SCORED = """
import json
of_mae = contest[contest["score"] == "mae"]
print(json.dumps({
    "pairs": int(total["new"]["pairs"]),
    "verdicts": of_mae.groupby("model")["verdict"].agg(list).to_dict(),
    "outer_ranks": (ranks["count"] / ranks["weight"] * (members + 1)).values[[0, -1]].tolist(),
    "areas": {name: float(v.roc_area(each)) for name, each in exact.items()},
    "process_pod": {name: float(v.process_pod(each)) for name, each in found.items()},
}))
"""
"""The same for the second notebook."""

JOINED = """
import json
print(json.dumps({
    "members": combination.weights["member"].values.tolist(),
    "weight_sums": combination.weights.sum("member").values.round(4).tolist(),
    "last_known_day": str(daily["day"].values[-1])[:10],
    "first_issue": str(winter["issue"].values[0])[:10],
    "crps": crps.T.to_dict(),
    "pairs": [int(pit["pairs"]), int(ranks["pairs"])],
    "contributions": float(abs(
        total - boosting.contributions(case, predictor_groups(boosting.predictors))["location"]
        .sel(issue=issue, place=station) ** 4
    ).max()),
    "analogs": [str(d)[:10] for d in found["date"].dropna()],
    "observed_then": float(known.daily[pollutant].sel(
        place=found["source"].iloc[0], day=found["date"].iloc[0]
    )) - float(found["observed"].iloc[0]),
    "spreads": {n: float(np.ptp(np.quantile(h, [0.1, 0.9]))) for n, h in highest.items()},
    "issue": str(issue)[:10],
}))
"""
"""The same for the third notebook."""

SAMPLED = """
import json
print(json.dumps({"rows": rows, "kept": kept, "cities": int(cities_kept)}))
"""
"""The same for the tenth notebook."""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A function that executes a notebook once.

    All share one kernel, which has the package this test imports, and the small world that the
    first of them makes.
    """
    done = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(tmp_path_factory.mktemp("scratch")))
        with kernel() as running:

            def executed(path):
                if path not in done:
                    cwd = tmp_path_factory.mktemp("cwd")
                    probes = {FIRST: PROBE, SECOND: SCORED, THIRD: JOINED, TENTH: SAMPLED}
                    probe = probes.get(path, "")
                    done[path] = running.execute(path, cwd, probe), cwd
                return done[path]

            yield executed


def images(notebook):
    return [
        output
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    ]


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_runs_without_error_or_warning_and_leaves_the_folder_alone(run, path):
    notebook, cwd = run(path)
    outputs = [o for cell in notebook.cells for o in cell.get("outputs", [])]
    assert images(notebook), f"{path.name} shows no figure"
    assert [o["text"] for o in outputs if "Warning" in o.get("text", "")] == []
    assert list(cwd.iterdir()) == []


@pytest.mark.slow
def test_first_notebook_ends_with_a_scored_forecast(run):
    notebook, _ = run(FIRST)
    found = json.loads(notebook.cells[-1].outputs[0]["text"])
    assert found["leads"] == list(range(1, 6))
    assert 0 < found["crps"]["ensemble"] < found["crps"]["climatology"]
    assert found["crps"]["ensemble"] < found["crps"]["persistence"]
    # 18 issues share 18 - 4 = 14 valid days forecast by all five leads; two cities
    assert 22 <= found["pairs"] <= 14 * 2
    assert found["issues"] == 18
    # issued at hour 24 of 2016-02-10 (UTC+8), so the hour from 15 UTC is the last one known
    assert found["last_hour"].startswith("2016-02-10T15:00")
    assert found["valid_day"] == ["2016-02-11", "2016-02-15"]
    assert found["level_sums"] == [1.0]
    assert found["weight_sums"] == [1.0]
    assert "SIMULATED" in found["title"]
    assert found["bulletin"].startswith("[SIMULATED DATA] ")
    assert len(images(notebook)) == 6


@pytest.mark.slow
def test_second_notebook_tells_its_models_apart(run):
    notebook, _ = run(SECOND)
    found = json.loads(notebook.cells[-1].outputs[0]["text"])
    # 240 issues, 7 leads, 6 cities; one city has ten days without a monitor: 10 · 7 pairs have no
    # observed value, 10 · 7 no persistence, and of lead k both lack the same 10 - k
    assert found["pairs"] == 240 * 7 * 6 - (70 + 70 - sum(10 - k for k in range(1, 8)))
    assert found["verdicts"]["new"] == ["better"] * 7
    assert found["verdicts"]["persistence"][0] == "worse"
    assert min(found["outer_ranks"]) > 1.5  # the old model spreads too little
    assert 0.5 < found["areas"]["old"] < found["areas"]["new"] < 1
    assert found["process_pod"]["persistence"] < found["process_pod"]["new"]
    assert len(images(notebook)) == 12


@pytest.mark.slow
def test_third_notebook_joins_members_and_takes_an_issue_apart(run):
    notebook, _ = run(THIRD)
    found = json.loads(notebook.cells[-1].outputs[0]["text"])
    own = ["linear_mos", "emos", "analog", "boosting"]
    assert found["members"] == ["climatology", "persistence", *own]
    assert found["weight_sums"] == [1.0] * 5
    assert found["last_known_day"] == "2015-11-30" and found["first_issue"] == "2015-12-01"
    crps = found["crps"]
    for lead in crps["ensemble"]:
        references = min(crps["climatology"][lead], crps["persistence"][lead])
        assert 0 < crps["ensemble"][lead] < 0.8 * references
        assert crps["ensemble"][lead] < 1.02 * min(crps[m][lead] for m in own)
    assert found["pairs"][0] == found["pairs"][1]
    assert 1000 < found["pairs"][0] <= 78 * 5 * 3  # issues, leads and stations
    assert found["contributions"] < 1e-2  # µg/m³: the parts add up
    assert len(found["analogs"]) > 10 and max(found["analogs"]) <= found["last_known_day"]
    assert found["observed_then"] == pytest.approx(0, abs=1e-3)
    assert found["spreads"]["joint"] > 1.1 * found["spreads"]["independent"]
    assert found["issue"] > "2015-12-01"
    assert len(images(notebook)) == 6


@pytest.mark.slow
def test_tenth_notebook_learns_from_a_sample_with_all_cities(run):
    notebook, _ = run(TENTH)
    found = json.loads(notebook.cells[-1].outputs[0]["text"])
    whole, part = found["rows"]["all"], found["rows"]["a sample"]
    assert (whole["stations"], part["stations"]) == (3, 2)  # of two cities
    assert part["cases learned from"] == whole["cases learned from"] * 2 / 3
    assert part["CRPS"] == pytest.approx(whole["CRPS"], rel=0.2)
    assert found["kept"] == {"120": 120, "250": 250} and found["cities"] == 120


def test_third_notebook_says_the_data_are_simulated_and_asks_one_question_a_section():
    cells = nbformat.read(THIRD, as_version=4).cells
    assert "**All data below are SIMULATED.**" in cells[0].source
    assert "simulated: true" in cells[1].source
    shown = [c.source for c in cells if "plt.show()" in c.source or "print(" in c.source]
    assert len(shown) == 9
    assert all("simulated=True" in s or "SIMULATED" in s for s in shown)
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    headings = [line for line in text.splitlines() if line.startswith("#")]
    assert all(heading.endswith("?") for heading in headings)


def test_second_notebook_draws_every_picture_and_asks_one_question_a_section():
    cells = nbformat.read(SECOND, as_version=4).cells
    source = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    pictures = [name for name in verification.__all__ if name.startswith("draw_")]
    assert len(pictures) == 13
    assert [name for name in pictures if f"v.{name}(" not in source] == []
    assert "**All data below are SIMULATED.**" in cells[0].source
    shown = [cell.source for cell in cells if "plt.show()" in cell.source]
    assert all("simulated=True" in source for source in shown)
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    headings = [line for line in text.splitlines() if line.startswith("#")]
    assert all(heading.endswith("?") for heading in headings)


def test_there_are_all_of_them():
    numbers = [path.name[:2] for path in NOTEBOOKS]
    assert numbers == [f"{k:02d}" for k in range(1, len(NOTEBOOKS) + 1)]
    assert len(NOTEBOOKS) >= 9


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_asks_a_question_and_says_what_is_simulated(path):
    cells = nbformat.read(path, as_version=4).cells
    assert cells[0].source.splitlines()[0].endswith("?")
    assert "**Question:**" in cells[0].source
    assert "SIMULATED" in cells[0].source
    source = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    assert "SIMULATED" in source
    assert "own" in cells[-1].source.splitlines()[0]


def kinds(cell):
    """What a cell shows: the kinds of its outputs, in order, streams joined."""
    found = [o.get("data", {}).keys() and sorted(o["data"]) or o["output_type"] for o in cell.outputs]
    return [kind for k, kind in enumerate(found) if k == 0 or kind != found[k - 1]]


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_is_stored_with_what_it_shows(run, path):
    now, _ = run(path)
    kept = nbformat.read(path, as_version=4)
    for before, after in zip(kept.cells, now.cells, strict=False):
        if before.cell_type == "code":
            assert kinds(before) == kinds(after), before.source


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_is_stored_clean(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"
    assert path.stat().st_size < 700_000
    for cell in notebook.cells:
        assert cell.source.strip()
        assert cell.get("execution_count") is None
        assert "execution" not in cell.metadata
        assert all(o.output_type != "error" for o in cell.get("outputs", []))
        texts = [o.get("text", "") for o in cell.get("outputs", [])]
        assert not any("/tmp/" in text or "Traceback" in text for text in texts)


def test_first_notebook_has_twenty_cells_and_says_the_data_are_simulated():
    cells = nbformat.read(FIRST, as_version=4).cells
    assert len(cells) == 20
    assert "**All data below are SIMULATED.**" in cells[0].source
    plots = [cell.source for cell in cells if "plt.show()" in cell.source]
    assert len(plots) == 6
    assert all("SIMULATED" in source for source in plots)
