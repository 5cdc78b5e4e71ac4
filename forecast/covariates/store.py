"""Covariates in the workspace: ``covariates/<name>.nc``, rows as they were read, written whole."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from forecast.atomic import whole_file
from forecast.covariates.table import KEYS
from forecast.errors import InputError
from forecast.stored import read_stored


class CovariateStore:
    """Rows of one covariate.

    Parameters
    ----------
    path : Path
        ``covariates/<name>.nc`` of a workspace.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> pd.DataFrame | None:
        """Rows as `read_covariate` gives them, None where nothing is stored.

        Raises
        ------
        InputError
            The file cannot be read, or is none of this store.
        """
        data = read_stored(self.path, "a covariate")
        if data is None:
            return None
        if any(data[key].dims != ("row",) if key in data else True for key in KEYS):
            raise InputError(f"{self.path}: not a file of a covariate of this store")
        rows = pd.DataFrame({str(name): data[name].values for name in data.data_vars})
        return rows.astype({"place": str})

    def write(self, rows: pd.DataFrame) -> bool:
        """Replace the file by `rows`; False where it held them already.

        The files of the user are the whole truth: a row that is no longer in them goes.
        """
        try:
            old = self.read()
        except InputError:  # damaged: replaced
            old = None
        if old is not None and old.equals(rows[old.columns] if set(old) == set(rows) else None):
            return False
        data = xr.Dataset({name: ("row", rows[name].to_numpy()) for name in rows})
        data["place"] = ("row", rows["place"].to_numpy(object))
        for key in ("day", "announced"):
            data[key].encoding = {"units": "days since 1900-01-01", "dtype": np.int64}
        with whole_file(self.path) as part:
            data.to_netcdf(part, engine="netcdf4")
        return True
