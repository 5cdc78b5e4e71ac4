"""An issued forecast that has all a consultation takes."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import xarray as xr

from forecast.errors import InputError
from forecast.issued import DECISION, read_issued

VARIABLES = (
    *("level_probability", "primary_probability", "member_aqi", "member_weight", "pollutant"),
    *("quantile", "name", "city", "province", "province_zh", "region", "lat", "lon"),
)
"""Variables that a consultation takes beside those of every issued forecast."""
OF_PLACES = ("place", "kind", "name", "city", "province", "province_zh", "region", "lat", "lon")
ATTRIBUTES = (
    *("title", "title_zh", "title_en", "simulated", "standard", "utc_offset", "data_cut_off"),
    *("trained_until", "latest_observation", "revision"),
)


def read_consulted(path: Path) -> xr.Dataset:
    """Read an issued forecast that has all a consultation takes.

    Raises
    ------
    InputError
        The file is no such forecast: a variable, an attribute or any city is missing.
    """
    issued = read_issued(path)
    lacking = [n for n in VARIABLES if n not in issued.variables]
    lacking += [f"attribute {n}" for n in ATTRIBUTES if n not in issued.attrs]
    if lacking:
        raise InputError(f"{path}: not a forecast to consult on: {lacking[0]} is missing")
    axes = dict.fromkeys(OF_PLACES, ("place",)) | dict.fromkeys(DECISION, ("lead", "place"))
    wrong = [n for n, dims in axes.items() if issued[n].dims != dims]
    if wrong:
        found = ", ".join(map(str, issued[wrong[0]].dims))
        expected = ", ".join(axes[wrong[0]])
        raise InputError(f"{path}: {wrong[0]} is on ({found}); expected ({expected})")
    if not (issued["kind"].values == "city").any():
        raise InputError(f"{path}: no city is forecast")
    if len(set(issued["place"].values.tolist())) < issued.sizes["place"]:
        raise InputError(f"{path}: a place is there twice")
    try:
        int(issued.attrs["revision"]), float(issued.attrs["utc_offset"])
        pd.Timestamp(str(issued.attrs["data_cut_off"]).removesuffix("Z"))
    except (ValueError, TypeError, OverflowError) as error:
        raise InputError(f"{path}: an attribute is damaged: {error}") from None
    return issued
