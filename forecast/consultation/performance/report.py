"""From issued files in a workspace to the performance reports of the periods of a span."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import xarray as xr

from forecast.atomic import write_text
from forecast.bulletin import Language
from forecast.chain import backtest_folder
from forecast.config import Config
from forecast.consultation.areas import Area, areas_of
from forecast.consultation.performance.decisions import read_decisions
from forecast.consultation.performance.figures import Performance, performance
from forecast.consultation.performance.layout import Report
from forecast.consultation.performance.page import performance_page
from forecast.consultation.performance.periods import Kind, Period, periods_of
from forecast.consultation.performance.tables import report_of
from forecast.consultation.performance.workbook import write_performance
from forecast.consultation.products.workbook import openpyxl_library
from forecast.errors import ConfigError, InputError
from forecast.issued import latest_files
from forecast.workspace import Workspace

FORMATS = ("xlsx", "html")
"""Formats of a report, by the names of the command."""
FOLDER = "performance"
"""Folder of the reports below the products."""


def report_span(
    config: Config,
    workspace: Workspace,
    first: pd.Timestamp,
    last: pd.Timestamp,
    kind: Kind = "month",
    *,
    formats: str = ",".join(FORMATS),
    backtest: str | None = None,
    lang: Language = "zh",
) -> tuple[list[Path], list[Period]]:
    """Write the performance reports of the periods of a span.

    Parameters
    ----------
    config : Config
    workspace : Workspace
    first, last : pandas.Timestamp
        First and last *valid* day.
    kind : {"month", "quarter", "year"}
        Length of a period.
    formats : str
        Formats of `FORMATS`, with commas between.
    backtest : str, optional
        Report on this back-test (``latest``: the newest) rather than on ``issued``.
    lang : {"zh", "en"}
        Of the reports.

    Returns
    -------
    written : list of Path
        ``products/performance/<period>.xlsx`` and ``.html``, of the workspace or the back-test.
    without : list of Period
        Periods that have no pair, and no report.

    Raises
    ------
    ConfigError
        A format is unknown, or the span ends before it begins.
    InputError
        Nothing was issued for the days of the span, or none of them was observed.
    MissingExtraError
        A workbook is wanted and its library is not installed.
    """
    wanted = tuple(dict.fromkeys(f.strip() for f in formats.split(",")))
    unknown = [f for f in wanted if f not in FORMATS]
    if unknown:
        raise ConfigError(f"--format: {unknown[0]!r} is unknown; known are {', '.join(FORMATS)}")
    if "xlsx" in wanted:
        openpyxl_library()
    periods = periods_of(first, last, kind)
    root, products = workspace.folder, workspace.products
    if backtest is not None:
        root = backtest_folder(workspace, backtest)
        products = root / "products"
    files = _files_for(root / "issued", first, last, config.leads)
    decisions = read_decisions(files).assign_attrs(title=config.name)
    areas = areas_of(decisions, config.consultation.areas)
    found = performance(decisions, workspace.observed_daily(), areas, periods, config.evaluation)
    if not found:
        raise InputError(
            f"none of the forecasts for {first:%Y-%m-%d} to {last:%Y-%m-%d} in {root / 'issued'} "
            "has been observed yet"
        )
    written: list[Path] = []
    for one in found:
        report = _report(one, areas, decisions, config, lang)
        stem = products / FOLDER / one.period.name
        for name in wanted:
            path = stem.with_name(f"{stem.name}.{name}")
            if name == "xlsx":
                written.append(write_performance(report, path, lang))
            else:
                written.append(write_text(path, performance_page(report, lang)))
    seen = {one.period.name for one in found}
    return written, [p for p in periods if p.name not in seen]


def _report(
    found: Performance, areas: list[Area], decisions: xr.Dataset, config: Config, lang: Language
) -> Report:
    return report_of(
        found,
        areas,
        decisions,
        confidence=config.evaluation.confidence,
        fewest_pairs=config.consultation.fewest_pairs,
        lang=lang,
    )


def _files_for(
    folder: Path, first: pd.Timestamp, last: pd.Timestamp, leads: int
) -> dict[pd.Timestamp, Path]:
    """Newest revision of each issue day that has a forecast for a day of the span."""
    files = latest_files(folder)
    begin, end = first - pd.Timedelta(days=leads), last - pd.Timedelta(days=1)
    inside = {day: path for day, path in files.items() if begin <= day <= end}
    if not inside:
        there = "run `wubu issue` or `wubu backtest` first"
        if files:
            there = f"there are issues of {min(files):%Y-%m-%d} to {max(files):%Y-%m-%d}"
        raise InputError(
            f"{folder}: nothing issued for {first:%Y-%m-%d} to {last:%Y-%m-%d}; {there}"
        )
    return inside
