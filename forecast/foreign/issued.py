"""Our own issued forecasts as content: the ensemble's quantiles, mean, range, level, primary."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr

from forecast.foreign.content import QUANTILES, Content
from forecast.issued import REQUIRED, read_issued
from forecast.pollutants import POLLUTANTS
from forecast.training import ENSEMBLE


def is_issued(data: xr.Dataset) -> bool:
    """Whether an open NetCDF file is an issued forecast."""
    return all(name in data.variables for name in REQUIRED)


def issued_content(path: Path) -> Content:
    """Read an issued forecast; its members are left aside.

    Parameters
    ----------
    path : Path
        From `forecast.issued.write_issued`.

    Returns
    -------
    Content
        One issue, called ``ensemble``; AQI is the mean over its quantiles.

    Raises
    ------
    InputError
        As `forecast.issued.read_issued`.
    """
    data = read_issued(path)
    out: dict[str, xr.DataArray] = {}
    for p in (p for p in POLLUTANTS if p in data["pollutant"].values):
        out[p] = data["concentration_mean"].sel(pollutant=p, drop=True)
        out[p + QUANTILES] = data["concentration"].sel(pollutant=p, drop=True)
    out["aqi"], out["aqi" + QUANTILES] = data["aqi"].mean("quantile"), data["aqi"]
    out["aqi_low"], out["aqi_high"] = data["aqi_low"], data["aqi_high"]
    out["level"] = data["level"].where(data["level"] > 0).astype(np.float32)
    out["primary"] = data["primary"].where(data["primary"] >= 0).astype(np.float32)
    names = [c for c in data.coords if c not in ("lead", "place", "quantile", "issue", "kind")]
    found = xr.Dataset({n: v.drop_vars(names, errors="ignore") for n, v in out.items()})
    return Content(ENSEMBLE, found.expand_dims("issue"))
