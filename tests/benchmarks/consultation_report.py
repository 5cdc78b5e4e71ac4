"""Products and bulletins of a back-test: made, checked against the issued files, timed.

Run with ``python tests/benchmarks/consultation_report.py CONFIG [--backtest NAME] [--data D]
[--workspace W] [--from D] [--to D]``. Every product of every area and level of each issue of the
span is written below ``products/`` of the back-test, as `wubu consult` does. The Chinese bulletin
of each area is compared with the issued file by `bulletin_checker`. Printed: contradictions, and
seconds by level for the pages alone and for all formats; what the areas of a level share is
included, imports are not.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

import pandas as pd
from bulletin_checker import contradictions

from forecast.chain import backtest_folder
from forecast.config import load_config
from forecast.consultation.areas import LEVELS, areas_of, parts_of
from forecast.consultation.consult import consult_day
from forecast.consultation.products.writers import FORMATS
from forecast.issued import latest_files, read_issued
from forecast.workspace import Workspace

TIMED = {"pages": "html", "all formats": ",".join(FORMATS)}


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("config", type=Path)
    for name in ("--data", "--workspace"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--backtest", default="latest")
    parser.add_argument("--from", dest="first", type=pd.Timestamp, default=pd.Timestamp.min)
    parser.add_argument("--to", dest="last", type=pd.Timestamp, default=pd.Timestamp.max)
    given = parser.parse_args(arguments)
    config = load_config(given.config, data=given.data, workspace=given.workspace)
    workspace = Workspace(config.workspace_folder)
    files = latest_files(backtest_folder(workspace, given.backtest) / "issued")
    days = [day for day in files if given.first <= day <= given.last]
    checked = wrong = 0
    for day in days:
        issued = read_issued(files[day])
        areas = areas_of(issued, config.consultation.areas)
        for level in LEVELS:
            own = [a for a in areas if a.level == level]
            if not own:
                continue
            seconds = []
            for name, formats in TIMED.items():
                start = perf_counter()
                made = consult_day(
                    config, workspace, day, level, formats=formats, backtest=given.backtest
                )
                seconds.append(f"{name} {perf_counter() - start:.1f} s")
            for area, text in zip(own, made.texts, strict=True):
                found = contradictions(text, issued, area.cities, parts_of(area, areas))
                checked, wrong = checked + 1, wrong + bool(found)
                for one in found:
                    print(f"  {day:%Y-%m-%d} {level} {area.name}: {one}")
            there = sum(path.is_file() for path in made.written)
            told = f"{len(own)} areas, {there} files; {', '.join(seconds)}"
            print(f"{day:%Y-%m-%d} {level}: {told}", flush=True)
    print(f"{checked} bulletins of {len(days)} issues, {wrong} with a contradiction")


if __name__ == "__main__":
    main()
