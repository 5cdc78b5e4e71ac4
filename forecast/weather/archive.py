"""The weather archive of a workspace: fields at the stations, one file a cycle.

``weather/<product>/<YYYY-MM-DD>.nc`` holds one forecast cycle, ``weather/<product>/analysis.nc``
the analyses. Fields are sampled once, at ingest: at the stations for every member, and on a ring of
points around them for the ensemble mean (``ring_*``), from which upstream predictors are made.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import netCDF4
import numpy as np
import pandas as pd
import xarray as xr

from forecast.atomic import whole_file
from forecast.errors import InputError
from forecast.weather.fields import STANDARD_NAMES, UNITS
from forecast.weather.netcdf import WeatherFile
from forecast.weather.sampling import bilinear_weights, ring, sample

BEARINGS = np.array([0.0, 90.0, 180.0, 270.0])
DISTANCES_KM = np.array([150.0, 300.0])
BLOCK_BYTES = 64e6
"""Memory of one block of source fields."""


class WeatherArchive:
    """Sampled weather of one product.

    Parameters
    ----------
    folder : Path
        ``weather/<product>`` of a workspace.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def ingest(self, file: WeatherFile, stations: pd.DataFrame, leads: int) -> Iterator[int]:
        """Sample a source file at the stations and store it, cycle by cycle.

        Parameters
        ----------
        file : WeatherFile
            Opened source.
        stations : pandas.DataFrame
            Station table, indexed by station.
        leads : int
            Leads to keep, 1 … `leads`; a cycle with fewer keeps those it has.

        Yields
        ------
        int
            Days stored so far, after each block.
        """
        lat, lon = stations["lat"].to_numpy(), stations["lon"].to_numpy()
        names = stations.index.to_numpy()
        if file.kind == "forecast" and not np.isin(file.leads, np.arange(1, leads + 1)).any():
            raise InputError(f"{file.path}: no step of 1 to {leads} days; found {file.leads[:3]}")
        try:
            at = bilinear_weights(file.latitude, file.longitude, lat, lon, names=names)
        except InputError as error:
            raise InputError(f"{file.path}: {error}") from None
        ring_lat, ring_lon = ring(lat, lon, BEARINGS, DISTANCES_KM)
        around = bilinear_weights(file.latitude, file.longitude, ring_lat.ravel(), ring_lon.ravel())
        per_day = len(file.latitude) * len(file.longitude) * 8 * len(file.fields)
        if file.kind == "forecast":
            per_day *= len(file.leads) * len(file.members)
        block = max(1, int(BLOCK_BYTES // per_day))
        parts = []
        for start in range(0, len(file.days), block):
            rows = slice(start, start + block)
            values = {}
            for name in file.fields:
                field = file.read(name, rows)
                values[name] = sample(at, field)
                if file.kind == "forecast":
                    mean = field.mean(axis=2)
                    values[f"ring_{name}"] = sample(around, mean).reshape(
                        *mean.shape[:2], len(ring_lat), len(names)
                    )
            if file.kind == "forecast":
                for i, day in enumerate(file.days[rows]):
                    self._save_cycle({k: v[i] for k, v in values.items()}, day, file, names, leads)
            else:
                parts.append(values)
            yield min(start + block, len(file.days))
        if parts:
            whole = {k: np.concatenate([p[k] for p in parts]) for k in parts[0]}
            self._save_analysis(whole, file.days, names)

    def cycles(self) -> pd.DatetimeIndex:
        """Issue days of the stored forecast cycles, increasing."""
        days = [f.stem for f in self.folder.glob("[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9].nc")]
        return pd.DatetimeIndex(sorted(days)).as_unit("ns")

    def read(self, issues: pd.DatetimeIndex, stations: np.ndarray, leads: int) -> xr.Dataset:
        """Read forecast cycles.

        Returns
        -------
        xarray.Dataset
            Fields on (issue, lead, member, place) and ``ring_*`` on (issue, lead, ring, place),
            float32; missing members, leads and stations are NaN.

        Raises
        ------
        InputError
            A cycle is not stored or cannot be read.
        """
        missing = issues.difference(self.cycles())
        if len(missing):
            raise InputError(
                f"no weather of {missing[0]:%Y-%m-%d} in {self.folder}"
                + (f" ({len(missing)} issue days without weather)" if len(missing) > 1 else "")
            )
        out: dict[str, np.ndarray] = {}
        for i, day in enumerate(issues):
            at, cycle = _read_cycle(self.folder / f"{day:%Y-%m-%d}.nc", stations, leads)
            for name, values in cycle.items():
                depth = values.shape[1]
                if name not in out:
                    shape = (len(issues), leads, depth, len(stations))
                    out[name] = np.full(shape, np.nan, np.float32)
                more = depth - out[name].shape[2]
                if more > 0:  # cycles may differ in their number of members
                    wider = ((0, 0), (0, 0), (0, more), (0, 0))
                    out[name] = np.pad(out[name], wider, constant_values=np.nan)
                out[name][i, at, :depth] = values
        members = max(v.shape[2] for n, v in out.items() if not n.startswith("ring_"))
        for name, array in out.items():
            if not name.startswith("ring_") and array.shape[2] < members:
                wider = ((0, 0), (0, 0), (0, members - array.shape[2]), (0, 0))
                out[name] = np.pad(array, wider, constant_values=np.nan)
        dims = {
            n: ("issue", "lead", "ring" if n.startswith("ring_") else "member", "place")
            for n in out
        }
        return xr.Dataset(
            {n: (dims[n], v) for n, v in out.items()},
            coords={"issue": issues, "lead": np.arange(1, leads + 1), "place": stations},
        )

    def read_analysis(self, stations: np.ndarray) -> xr.Dataset:
        """Analyses at the stations, (day, place).

        Raises
        ------
        InputError
            None are stored.
        """
        path = self.folder / "analysis.nc"
        if not path.exists():
            raise InputError(f"{path}: no analyses stored; run `wubu ingest` first")
        return _load(path).reindex(place=stations)

    def _save_cycle(
        self,
        values: dict[str, np.ndarray],
        day: pd.Timestamp,
        file: WeatherFile,
        names: np.ndarray,
        leads: int,
    ) -> None:
        kept = (file.leads >= 1) & (file.leads <= leads)
        path = self.folder / f"{day:%Y-%m-%d}.nc"
        with whole_file(path) as part, netCDF4.Dataset(part, "w") as out:
            out.Conventions = "CF-1.10"
            out.issue = f"{day:%Y-%m-%d}"
            out.createDimension("lead", int(kept.sum()))
            out.createDimension("member", len(file.members))
            out.createDimension("ring", len(BEARINGS) * len(DISTANCES_KM))
            out.createDimension("place", len(names))
            out.createVariable("lead", "i4", ("lead",))[:] = file.leads[kept]
            out["lead"].units = "days"
            out.createVariable("place", str, ("place",))[:] = names.astype(object)
            for name, array in values.items():
                dim = "ring" if name.startswith("ring_") else "member"
                field = out.createVariable(name, "f4", ("lead", dim, "place"))
                short = name.removeprefix("ring_")
                field.units, field.standard_name = UNITS[short], STANDARD_NAMES[short]
                field.cell_methods = "time: mean (local day)"
                field[:] = array[kept]

    def _save_analysis(
        self, values: dict[str, np.ndarray], days: pd.DatetimeIndex, names: np.ndarray
    ) -> None:
        data = xr.Dataset(
            {
                n: (("day", "place"), v, {"units": UNITS[n], "standard_name": STANDARD_NAMES[n]})
                for n, v in values.items()
            },
            coords={"day": days, "place": names.astype(str)},
            attrs={"Conventions": "CF-1.10"},
        )
        path = self.folder / "analysis.nc"
        if path.exists():
            data = data.combine_first(_load(path))
        with whole_file(path) as part:
            data.to_netcdf(part, engine="netcdf4")


def _read_cycle(
    path: Path, stations: np.ndarray, leads: int
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Positions of a cycle's leads, and its fields on (lead, member or ring, place)."""
    fields = {}
    try:
        with netCDF4.Dataset(path) as file:
            file.set_auto_mask(False)
            rows = pd.Index(file["place"][:]).get_indexer(stations)
            kept = np.flatnonzero((file["lead"][:] >= 1) & (file["lead"][:] <= leads))
            at = np.asarray(file["lead"][kept], dtype=int) - 1
            for name in [n for n in file.variables if n.removeprefix("ring_") in UNITS]:
                values = np.asarray(file[name][kept][..., rows], dtype=np.float32)
                values[..., rows < 0] = np.nan
                fields[name] = values
    except (OSError, RuntimeError, IndexError) as error:
        raise InputError(f"{path}: not a readable weather cycle: {error}") from None
    return at, fields


def _load(path: Path) -> xr.Dataset:
    try:
        with xr.open_dataset(path, engine="netcdf4") as file:
            return file.load()
    except (OSError, ValueError, RuntimeError) as error:
        raise InputError(f"{path}: not a readable file of analyses: {error}") from None
