"""The clock: the one place where the time of day is asked for."""

from __future__ import annotations

import pandas as pd


def utc_now() -> pd.Timestamp:
    """Time now, UTC, without a zone, as all times of the package are."""
    return pd.Timestamp.now("UTC").tz_localize(None)
