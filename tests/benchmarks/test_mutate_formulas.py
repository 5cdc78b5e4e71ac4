"""The mutations of formulas: each applies to the tree as it is, and a survivor is told."""

from __future__ import annotations

from pathlib import Path

import mutate_formulas
import pytest
from formula_mutations import MUTATIONS, Mutation

ROOT = Path(__file__).resolve().parents[2]
FORMULA = "def double(x):\n    return x + x\n"
TESTED = "from formula import double\n\n\ndef test_double():\n    assert double({}) == {}\n"


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda m: m.formula)
def test_every_mutation_applies_and_its_tests_are_there(mutation):
    text = (ROOT / mutation.file).read_text(encoding="utf-8")
    changed, line = mutation.applied(text)
    assert changed != text
    assert mutation.right.splitlines()[0] in text.splitlines()[line - 1]
    for test in mutation.tests:
        file, _, name = test.partition("::")
        assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8") or not name


@pytest.mark.parametrize(
    ("value", "code", "outcome"),
    [(3, 0, "killed"), (2, 1, "SURVIVED")],  # 2 + 2 = 2 · 2, but 3 + 3 ≠ 3 · 3
)
def test_a_survivor_is_told(tmp_path, monkeypatch, capsys, value, code, outcome):
    (tmp_path / "formula.py").write_text(FORMULA)
    (tmp_path / "test_formula.py").write_text(TESTED.format(value, 2 * value))
    (tmp_path / "pyproject.toml").write_text("")
    wrong = Mutation("a sum", "formula.py", "x + x", "x * x", ("test_formula.py",))
    monkeypatch.setattr(mutate_formulas, "ROOT", tmp_path)
    monkeypatch.setattr(mutate_formulas, "PARTS", tuple(p.name for p in tmp_path.iterdir()))
    monkeypatch.setattr(mutate_formulas, "MUTATIONS", (wrong,))
    assert mutate_formulas.main([]) == code
    shown = capsys.readouterr().out
    assert f"| formula.py | 2 | a sum: `x + x` → `x * x` | test_formula.py | {outcome} |" in shown
    assert (tmp_path / "formula.py").read_text() == FORMULA


def test_a_mutation_that_no_longer_applies_is_told(tmp_path, capsys):
    (tmp_path / "formula.py").write_text(FORMULA)
    gone = Mutation("a sum", "formula.py", "x - x", "x", ("test_formula.py",))
    assert mutate_formulas.judge(tmp_path, gone).startswith("DOES NOT APPLY: formula.py: 'x - x'")
    assert "stands there 0 times" in capsys.readouterr().out
