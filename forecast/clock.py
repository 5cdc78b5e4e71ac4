"""The clock: the one place where the time of day is asked for."""

from __future__ import annotations

import pandas as pd


def utc_now() -> pd.Timestamp:
    """Time now, UTC, without a zone, as all times of the package are."""
    return pd.Timestamp.now("UTC").tz_localize(None)


def utc_text(time: pd.Timestamp) -> str:
    """Time as text with its zone, to the second.

    Examples
    --------
    >>> import pandas as pd
    >>> from forecast.clock import utc_text
    >>> utc_text(pd.Timestamp("2026-11-24 09:30"))
    '2026-11-24T09:30:00Z'
    """
    return f"{time:%Y-%m-%dT%H:%M:%SZ}"
