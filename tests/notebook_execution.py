"""Executing the notebooks, all in one kernel, each in a namespace and a folder of its own.

    python tests/notebook_execution.py [NAME …]

executes them, or those whose names begin so, and stores their outputs in the files.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).resolve().parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
TIMEOUT = 1800
"""Seconds for one cell; a busy machine is no fault of a notebook."""
FRESH = """
%reset -f
import os
import matplotlib
import matplotlib.pyplot
matplotlib.pyplot.close("all")
matplotlib.rcdefaults()
%matplotlib inline
matplotlib.rcParams["figure.dpi"] = 72
os.chdir({cwd!r})
%reset -f
"""
"""Run before each notebook: the kernel keeps imported modules and nothing else."""


class Kernel:
    """A kernel that executes one notebook after the other."""

    def __init__(self) -> None:
        self._client = NotebookClient(
            nbformat.v4.new_notebook(), timeout=TIMEOUT, kernel_name="python3"
        )

    def execute(self, path: Path, cwd: Path, probe: str = "") -> nbformat.NotebookNode:
        """Execute a notebook, and a last cell of ours, in a folder; the first error is raised.

        The notebook comes back with its outputs, without the cell that clears the kernel.
        """
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.outputs = []
        first = nbformat.v4.new_code_cell(FRESH.format(cwd=str(cwd)))
        last = [nbformat.v4.new_code_cell(probe)] if probe else []
        notebook.cells = [first, *notebook.cells, *last]
        self._client.nb = notebook
        self._client.execute(cleanup_kc=False)  # raises CellExecutionError at a cell that fails
        notebook.cells = notebook.cells[1:]
        return notebook

    def close(self) -> None:
        """End the kernel."""
        self._client.nb = nbformat.v4.new_notebook()
        self._client.execute()


@contextmanager
def kernel() -> Iterator[Kernel]:
    """A kernel with the packages of this repository and the notebooks' own module."""
    before = os.environ.get("PYTHONPATH")
    found = [str(FOLDER.parent), str(FOLDER), before or ""]
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, found))
    made = Kernel()
    try:
        yield made
        made.close()
    finally:
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before


def stored(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """A notebook as it is stored: outputs without counts, times and widget state."""
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.execution_count = None
            for output in cell.outputs:
                output.pop("execution_count", None)
                if output.output_type == "execute_result":
                    output.execution_count = None
    return notebook


if __name__ == "__main__":
    names = tuple(sys.argv[1:]) or ("",)
    with kernel() as running, tempfile.TemporaryDirectory() as folder:
        for path in NOTEBOOKS:
            if path.name.startswith(names):
                nbformat.write(stored(running.execute(path, Path(folder))), path)
                print(f"stored {path.name}", flush=True)
