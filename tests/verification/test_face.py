"""The public face: lazy, whole, documented by examples that run."""

import ast
import doctest
import importlib
import pathlib
import subprocess
import sys

import pytest

import verification

FOLDER = pathlib.Path(verification.__file__).parent
FILES = [p.relative_to(FOLDER) for p in FOLDER.rglob("*.py") if p.stem != "__init__"]
MODULES = sorted(".".join(p.with_suffix("").parts) for p in FILES)
NAMES = {part for module in MODULES for part in module.split(".")}


@pytest.mark.parametrize("module", MODULES)
def test_examples_run(module):
    found = doctest.testmod(importlib.import_module(f"verification.{module}"))
    assert found.attempted > 0
    assert found.failed == 0


def test_public_names_resolve_and_none_is_named_as_a_file():
    # A function named as its file would be hidden by the module once that is imported.
    assert not set(verification.__all__) & NAMES
    for name in verification.__all__:
        assert callable(getattr(verification, name)) or name == "SCORES"
    for name in ("crps_ensemble", "continuous_sums", "SCORES", "scorecard", "merge"):
        assert name in verification.__all__


def test_import_is_lazy():
    code = "import sys, verification; print('xarray' in sys.modules, 'numpy' in sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=FOLDER.parent, check=True
    )
    assert run.stdout.split() == ["False", "False"]


@pytest.mark.parametrize("module", MODULES)
def test_imports_nothing_from_the_floors_above(module):
    source = FOLDER.joinpath(*module.split(".")).with_suffix(".py")
    tree = ast.parse(source.read_text(encoding="utf-8"))
    roots = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            roots |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            roots.add(node.module.split(".")[0])
    assert not roots & {"ensembles", "forecast"}
