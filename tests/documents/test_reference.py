"""The API reference: every public name is described, and the examples of its modules run."""

from __future__ import annotations

import ast
import doctest
import importlib
import inspect
import itertools
from pathlib import Path

import pytest

import ensembles
import forecast
import verification

PACKAGES = (ensembles, forecast, verification)
NAMES = [(package, name) for package in PACKAGES for name in package.__all__]
CONSTANTS = {"LEVELS": "distribution", "ISSUED_LEVELS": "distribution", "SCORES": "registry"}
"""Public values, with the module that describes each in the text below it."""
ELSEWHERE = ("consultation", "derived")
"""Parts of names of modules whose examples another test runs."""


def described(package, name: str) -> bool:
    """Whether a public name has a docstring, or a constant the text that follows it."""
    if name not in CONSTANTS:
        return bool(inspect.getdoc(getattr(package, name)))
    module = importlib.import_module(f"{package.__name__}.{CONSTANTS[name]}")
    body = ast.parse(inspect.getsource(module)).body
    for statement, after in itertools.pairwise(body):
        targets = getattr(statement, "targets", [getattr(statement, "target", None)])
        if any(isinstance(t, ast.Name) and t.id == name for t in targets):
            return isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
    return False


@pytest.mark.parametrize("package, name", NAMES, ids=lambda each: getattr(each, "__name__", each))
def test_every_public_name_is_described(package, name):
    assert described(package, name)


def modules_with_examples() -> list[str]:
    """Modules of `ensembles` and `forecast` that hold an example (those of `verification` all do
    and are run by a test of its own)."""
    found = []
    for package in (ensembles, forecast):
        folder = Path(package.__file__).parent
        for path in sorted(folder.rglob("*.py")):
            parts = path.relative_to(folder.parent).with_suffix("").parts
            other = any(word in parts for word in ELSEWHERE)
            if not other and ">>>" in path.read_text(encoding="utf-8"):
                found.append(".".join(part for part in parts if part != "__init__"))
    return found


@pytest.mark.parametrize("module", modules_with_examples())
def test_examples_run(module):
    result = doctest.testmod(importlib.import_module(module))
    assert result.failed == 0
