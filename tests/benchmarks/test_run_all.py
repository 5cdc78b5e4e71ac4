"""The table of benchmarks: every script gives rows, and what is missing is said."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import run_all
from benchmark_row import Row

ROWS = [Row("a", "9 rows", 1.234, 0.5, "b", 2.0), Row("c", "", limit="c is not installed")]


def test_table_by_hand():
    assert run_all.markdown(ROWS).splitlines()[2:] == [
        "| a | 9 rows | 1.23 | 0.50 | 2.00 | b |",
        "| c |  | – | – | – | c is not installed |",
    ]


def test_every_script_is_in_the_table():
    scripts = {p.stem for p in Path(run_all.__file__).parent.glob("bench_*.py")}
    assert scripts == {*run_all.SCRIPTS, *run_all.ELSEWHERE}


def test_written_as_markdown_and_csv(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(run_all, "in_process", lambda *_: (ROWS, False))
    path = tmp_path / "table.md"
    assert run_all.main(["--only", "bench_index", "--output", str(path)]) == 0
    assert path.read_text("utf-8") == capsys.readouterr().out
    assert path.read_text("utf-8").startswith("Commit ")
    with path.with_suffix(".csv").open(encoding="utf-8") as file:
        first, second, elsewhere = csv.DictReader(file)
    assert (first["seconds"], first["ratio"], second["seconds"]) == ("1.234", "2.0", "")
    assert elsewhere["name"] == "plain_lightgbm" and "needs a back-test" in elsewhere["limit"]


def test_a_script_that_fails_is_told(monkeypatch, capsys):
    failed = [Row("bench_index", "", limit="FAILED with code 1")]
    monkeypatch.setattr(run_all, "in_process", lambda *_: (failed, True))
    assert run_all.main(["--only", "bench_index"]) == 1
    assert "FAILED with code 1" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize("script", ["bench_training_overhead", "bench_cases"])
def test_quick_runs(script):
    rows, failed = run_all.in_process(script, True, None)
    assert not failed
    assert rows[0].seconds > 0 and rows[0].peak > 0 and rows[0].ratio > 1


def test_what_needs_data_says_so():
    rows, failed = run_all.in_process("bench_perfect_prognosis", True, None)
    assert not failed and [r.limit for r in rows] == ["needs --data"]
