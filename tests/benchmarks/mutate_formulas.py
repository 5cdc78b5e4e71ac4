"""Do the tests notice when a formula is wrong? Each is made wrong in turn, in a copy of the tree.

Run with ``python tests/benchmarks/mutate_formulas.py [--only TEXT]``. Every mutation of
`formula_mutations` whose file or description holds TEXT is applied to a temporary copy, never to
the tree itself, and only the tests named for it run there; they have to fail. Before, all of these
tests run on the copy as it is, and have to pass. Prints a row a mutation; exits 1 when one
survives, or when its text is not in the file any more.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from formula_mutations import MUTATIONS, Mutation

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("forecast", "ensembles", "verification", "tests", "configs", "pyproject.toml")
"""What the tests of a formula need of the repository."""
LONGEST = 900.0
"""Seconds after which tests count as failed: a wrong bound may loop."""
PASSED, FAILED = 0, 1
"""What pytest returns when all tests passed, and when one failed."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; 1 if a mutation survives or does not apply any more."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="mutations whose file or description holds it")
    only = parser.parse_args(arguments).only
    chosen = [m for m in MUTATIONS if only in m.file or only in m.formula]
    if not chosen:
        parser.error(f"no mutation holds {only!r}")
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copy_tree(ROOT, tree := Path(folder) / "tree")
        if run_tests(tree, tuple(dict.fromkeys(t for m in chosen for t in m.tests))) != PASSED:
            print("the tests fail without any mutation", file=sys.stderr)
            return 1
        print("| file | line | mutation | tests | outcome | s |")
        print("|--|--:|--|--|--|--:|")
        outcomes = [judge(tree, mutation) for mutation in chosen]
    killed = outcomes.count("killed")
    print(f"\n{killed} of {len(chosen)} killed")
    return int(killed < len(chosen))


def copy_tree(root: Path, tree: Path) -> None:
    """Copy what the tests need, without compiled files: these could outlive a change."""
    tree.mkdir()
    for name in PARTS:
        if (root / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(root / name, tree / name, ignore=ignored)
        else:
            shutil.copy(root / name, tree / name)


def judge(tree: Path, mutation: Mutation) -> str:
    """Apply one mutation to the copy, run its tests, undo it, and print its row."""
    path, started = tree / mutation.file, time.perf_counter()
    whole = path.read_text(encoding="utf-8")
    try:
        text, line = mutation.applied(whole)
    except ValueError as error:
        outcome, line = f"DOES NOT APPLY: {error}", 0
    else:
        path.write_text(text, encoding="utf-8")
        code = run_tests(tree, mutation.tests)
        path.write_text(whole, encoding="utf-8")
        named = {FAILED: "killed", PASSED: "SURVIVED"}
        outcome = named.get(code, f"TESTS DID NOT RUN: pytest returned {code}")
    cells = (
        mutation.file, line, f"{mutation.formula}: `{mutation.right}` → `{mutation.wrong}`",
        " ".join(t.removeprefix("tests/") for t in mutation.tests), outcome,
        f"{time.perf_counter() - started:.0f}",
    )  # fmt: skip
    print("| " + " | ".join(map(str, cells)) + " |", flush=True)
    return outcome


def run_tests(tree: Path, tests: Sequence[str]) -> int:
    """Run some tests of the copy until one fails; what pytest returns."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-n0", "-p", "no:cacheprovider", *tests]
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    environment["CI"] = "true"  # the same examples at every run
    try:
        done = subprocess.run(
            command, cwd=tree, env=environment, capture_output=True, text=True, timeout=LONGEST
        )
    except subprocess.TimeoutExpired:
        return FAILED
    if done.returncode not in (PASSED, FAILED):
        print(done.stdout[-2000:], done.stderr[-2000:], file=sys.stderr)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
