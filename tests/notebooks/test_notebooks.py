"""The notebooks run from top to bottom, show what they promise, and are stored without outputs."""

from __future__ import annotations

import json
import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

import forecast

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
FIRST = FOLDER / "01_from_files_to_a_scored_forecast.ipynb"
TIMEOUT = 300
"""Seconds for one cell."""

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


def execute(path, cwd, probe=""):
    """Run a notebook, and a last cell of ours, in an empty folder."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(probe))
    client = NotebookClient(notebook, timeout=TIMEOUT, kernel_name="python3")
    client.execute(cwd=str(cwd))  # raises CellExecutionError at the first cell that fails
    return notebook


@pytest.fixture(scope="module", params=NOTEBOOKS, ids=lambda path: path.stem)
def run(request, tmp_path_factory):
    """One notebook executed once, in a kernel that imports the package this test imports."""
    cwd, scratch = tmp_path_factory.mktemp("cwd"), tmp_path_factory.mktemp("scratch")
    source = Path(forecast.__file__).resolve().parents[1]
    found = os.pathsep.join(filter(None, [str(source), os.environ.get("PYTHONPATH")]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", found)
        patch.setenv("TMPDIR", str(scratch))
        probe = PROBE if request.param == FIRST else ""
        notebook = execute(request.param, cwd, probe)
    return request.param, notebook, cwd


def images(notebook):
    return [
        output
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    ]


@pytest.mark.slow
def test_runs_without_error_or_warning_and_leaves_the_folder_alone(run):
    path, notebook, cwd = run
    outputs = [o for cell in notebook.cells for o in cell.get("outputs", [])]
    assert images(notebook), f"{path.name} shows no figure"
    assert [o["text"] for o in outputs if "Warning" in o.get("text", "")] == []
    assert list(cwd.iterdir()) == []


@pytest.mark.slow
def test_first_notebook_ends_with_a_scored_forecast(run):
    path, notebook, _ = run
    if path != FIRST:
        pytest.skip("another notebook")
    found = json.loads(notebook.cells[-1].outputs[0]["text"])
    assert found["leads"] == list(range(1, 11))
    assert 0 < found["crps"]["ensemble"] < found["crps"]["climatology"]
    assert found["crps"]["ensemble"] < found["crps"]["persistence"]
    # 36 issues share 36 - 9 = 27 valid days forecast by all ten leads; two cities
    assert 50 <= found["pairs"] <= 27 * 2
    assert found["issues"] == 36
    # issued at hour 24 of 2015-12-15 (UTC+8), so the hour from 15 UTC is the last one known
    assert found["last_hour"].startswith("2015-12-15T15:00")
    assert found["valid_day"] == ["2015-12-16", "2015-12-25"]
    assert found["level_sums"] == [1.0]
    assert found["weight_sums"] == [1.0]
    assert "SIMULATED" in found["title"]
    assert found["bulletin"].startswith("[SIMULATED DATA] ")
    assert len(images(notebook)) == 6


def test_there_is_a_first_notebook():
    assert FIRST in NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_is_stored_clean(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"
    for cell in notebook.cells:
        assert cell.source.strip()
        assert cell.cell_type == "markdown" or not cell.outputs
        assert cell.get("execution_count") is None
        assert "execution" not in cell.metadata


def test_first_notebook_has_twenty_cells_and_says_the_data_are_simulated():
    cells = nbformat.read(FIRST, as_version=4).cells
    assert len(cells) == 20
    assert "**All data below are SIMULATED.**" in cells[0].source
    plots = [cell.source for cell in cells if "plt.show()" in cell.source]
    assert len(plots) == 6
    assert all("SIMULATED" in source for source in plots)
