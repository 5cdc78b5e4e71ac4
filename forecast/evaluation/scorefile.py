"""The scorecard as a file, and the names of the groups of days in it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from forecast.atomic import whole_file
from forecast.spreadsheet import harmless_table

ALL_DAYS, COMMON_DAYS = "all", "common"
"""Groups: every pair, or only valid days that all leads forecast, for comparing leads."""


def write_scorecard(table: pd.DataFrame, path: Path) -> Path:
    """Write a scorecard as CSV, whole."""
    with whole_file(path) as part:
        harmless_table(table).to_csv(part, index=False, float_format="%.6g")
    return path
