"""Write the weather files: NetCDF-4 in the layout of the daily analysis and ensemble files."""

from __future__ import annotations

from pathlib import Path

import netCDF4
import numpy as np
import xarray as xr

from .climate import VARIABLES
from .forecasts import Ensemble
from .weather import field_attributes

__all__ = ["write_analysis", "write_forecasts"]

EPOCH = np.datetime64("2013-01-01", "D")


def write_analysis(analysis: xr.Dataset, path: Path) -> Path:
    """Write the daily analyses on (time, latitude, longitude), float32, lightly compressed."""
    with netCDF4.Dataset(path, "w") as file:
        file.setncatts(analysis.attrs)
        days = analysis["time"].values.astype("datetime64[D]")
        _write_time(file, days, {})
        _write_axes(file, analysis["latitude"].values, analysis["longitude"].values)
        for name in VARIABLES:
            variable = _create(file, name, ("time", "latitude", "longitude"), None)
            variable[:] = analysis[name].values
    return path


def write_forecasts(ensemble: Ensemble, path: Path) -> Path:
    """Write the ensemble forecasts block by block, so that any size fits in memory.

    Dimensions (time, step, number, latitude, longitude), `time` the issue day, `step` in days.
    """
    shape = ensemble.shape
    with netCDF4.Dataset(path, "w") as file:
        file.setncatts(ensemble.attributes())
        reference = {
            "standard_name": "forecast_reference_time",
            "long_name": "issue day (local date; data through this day are known)",
        }
        _write_time(file, ensemble.days, reference)
        file.createDimension("step", shape[1])
        step = file.createVariable("step", "i4", ("step",))
        step.standard_name = "forecast_period"
        step.long_name = "lead time; the field is the daily mean of local date time+step"
        step.units = "days"
        step.setncattr("dtype", "timedelta64[ns]")
        step[:] = np.arange(1, shape[1] + 1)
        file.createDimension("number", shape[2])
        number = file.createVariable("number", "i8", ("number",))
        number.standard_name = "realization"
        number[:] = np.arange(shape[2])
        _write_axes(file, ensemble.grid.latitude, ensemble.grid.longitude)
        dims = ("time", "step", "number", "latitude", "longitude")
        chunks = (min(32, shape[0]), *shape[1:])
        variables = {name: _create(file, name, dims, chunks) for name in VARIABLES}
        for issues, fields in ensemble.blocks():
            for name, value in fields.items():
                variables[name][issues] = value
    return path


def _write_time(file: netCDF4.Dataset, days: np.ndarray, attributes: dict[str, str]) -> None:
    file.createDimension("time", days.size)
    time = file.createVariable("time", "i4", ("time",))
    time.setncatts(attributes)
    time.units = f"days since {EPOCH}"
    time.calendar = "proleptic_gregorian"
    time[:] = (days.astype("datetime64[D]") - EPOCH).astype(int)


def _write_axes(file: netCDF4.Dataset, latitude: np.ndarray, longitude: np.ndarray) -> None:
    for name, values, way in (("latitude", latitude, "north"), ("longitude", longitude, "east")):
        file.createDimension(name, values.size)
        axis = file.createVariable(name, "f8", (name,))
        axis.standard_name = name
        axis.units = f"degrees_{way}"
        axis[:] = values


def _create(
    file: netCDF4.Dataset, name: str, dims: tuple[str, ...], chunks: tuple[int, ...] | None
) -> netCDF4.Variable:
    variable = file.createVariable(
        name,
        "f4",
        dims,
        compression="zlib",
        complevel=1,
        shuffle=True,
        chunksizes=chunks,
        fill_value=np.float32(np.nan),
    )
    variable.setncatts(field_attributes(name))
    return variable
