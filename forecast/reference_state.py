"""Reference state of gas concentrations: 273.15 K before 2018-09-01, 298.15 K since (China).

The amendment of GB 3095-2012 in force from 2018-09-01 refers gases to 298.15 K and 1013.25 hPa,
before it to 273.15 K. Particles have no fixed factor and are left as they are. The index and the
data model are at 298.15 K.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import xarray as xr

from forecast.pollutants import POLLUTANTS

GASES = tuple(p for p in POLLUTANTS if not p.startswith("pm"))
TO_298 = 273.15 / 298.15
"""What a gas concentration at 273.15 K is multiplied by (ideal gas at the same pressure): 0.916."""
SINCE = date(2018, 9, 1)


def gases_at_298(
    data: xr.Dataset, *, since: date | None = SINCE, utc_offset: float = 8, along: str = "time"
) -> xr.Dataset:
    """Convert gases given at 273.15 K to 298.15 K.

    Parameters
    ----------
    data : xarray.Dataset
        Values with a dimension `along`; variables of gases (also ``o3_8h``) are converted, others
        are left as they are. Dask stays lazy.
    since : date or None
        First local day already at 298.15 K; None where all values are at 273.15 K.
    utc_offset : float
        Local clock minus the clock of `along`, hours (0 for days).
    along : str
        ``"time"`` (UTC start of the hour) or ``"day"``.

    Returns
    -------
    xarray.Dataset
        The same variables, types and attributes; NaN stays NaN.

    Examples
    --------
    >>> days = pd.to_datetime(["2018-08-31", "2018-09-01"])
    >>> gas = xr.Dataset({"o3": ("day", [100.0, 100.0])}, coords={"day": days})
    >>> gases_at_298(gas, along="day", utc_offset=0)["o3"].round(2).values.tolist()
    [91.61, 100.0]
    """
    local = data[along].to_index() + pd.Timedelta(hours=utc_offset)
    old = np.ones(len(local), bool) if since is None else np.asarray(local < pd.Timestamp(since))
    factor = xr.DataArray(np.where(old, TO_298, 1.0), dims=along)
    changed = {}
    for name, values in data.data_vars.items():
        if str(name).split("_", maxsplit=1)[0] in GASES and along in values.dims:
            changed[name] = (values * factor).astype(values.dtype).transpose(*values.dims)
            changed[name].attrs = dict(values.attrs)
    return data.assign(changed)
