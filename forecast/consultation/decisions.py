"""Decisions of many issued files: as issued, as guidance said, and those of the references.

Nothing else of the files is read: a year of 39 cities is a few megabytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from forecast.errors import InputError
from forecast.issued import DECISION, GUIDANCE, read_issued
from forecast.served import weather_served
from forecast.training import REFERENCES

ISSUED, BEFORE = "issued", "guidance"
"""Names of the decisions as issued and as they were before an adjustment."""
MODELS = (ISSUED, BEFORE, *REFERENCES)
PLACE = ("kind", "name", "province", "province_zh", "region")
"""What is known of a place, and areas are made of."""
_MEMBER = "member_"
_SIMULATED = ("no", "weather", "data")
"""From real to invented."""


def read_decisions(files: Mapping[pd.Timestamp, Path]) -> xr.Dataset:
    """Decisions of all cities on (model, issue, lead, place).

    Parameters
    ----------
    files : mapping of Timestamp to Path
        Issued file of each issue day; at least one.

    Returns
    -------
    xarray.Dataset
        ``aqi_low``, ``aqi_high``, ``level`` and ``primary`` as float32, NaN where a file has no
        such model, lead or city. Model ``guidance`` is what guidance said; of a file that was not
        adjusted, what was issued. The cities are those of any file, with the names the newest one
        gives them; the attributes are those of the newest file among the least real ones, so what
        is simulated in part is called simulated.

    Raises
    ------
    InputError
        A file is no issued forecast, or none has a city.
    """
    days = sorted(files)
    read = [_decisions(files[day]) for day in days]
    newest_first = read[::-1]
    places = list(dict.fromkeys(p for f in newest_first for p in f["place"].values.tolist()))
    leads = sorted({int(k) for f in read for k in f["lead"].values})
    if not places:
        raise InputError(f"{files[days[-1]]}: no city is forecast; only cities are reported on")
    shape = (len(MODELS), len(days), len(leads), len(places))
    values = {name: np.full(shape, np.nan, np.float32) for name in DECISION}
    for i, one in enumerate(read):
        columns = np.array([places.index(p) for p in one["place"].values.tolist()], int)
        rows = np.searchsorted(leads, one["lead"].values)
        for m, model in enumerate(MODELS):
            if model not in one["model"].values:
                continue
            for name, laid in values.items():
                laid[m, i][np.ix_(rows, columns)] = one[name].sel(model=model).values
    known = {
        name: {
            str(p): str(v)
            for f in read
            for p, v in zip(f["place"].values, f[name].values, strict=True)
        }
        for name in PLACE
    }
    labels = {name: ("place", [known[name][p] for p in places]) for name in PLACE}
    said = [_SIMULATED.index(f.attrs["simulated"]) for f in newest_first]
    return xr.Dataset(
        {name: (("model", "issue", "lead", "place"), laid) for name, laid in values.items()},
        {"model": list(MODELS), "issue": pd.DatetimeIndex(days), "lead": leads, "place": places}
        | labels,
        newest_first[said.index(max(said))].attrs,
    )


def _decisions(path: Path) -> xr.Dataset:
    """Decisions of the cities of one file, on (model, lead, place)."""
    of_members = [_MEMBER + name for name in DECISION]
    before = [GUIDANCE + name for name in DECISION]
    wanted = (*DECISION, *PLACE, "issue", *of_members, *before)
    file = read_issued(path, wanted, optional=(*of_members, *before))
    cities = file.isel(place=np.flatnonzero(file["kind"].values == "city"))
    issued = cities[list(DECISION)]
    found = {ISSUED: issued}
    found[BEFORE] = issued.assign(
        {name: cities[GUIDANCE + name] for name in DECISION if GUIDANCE + name in cities}
    )
    held = cities["member"].values.tolist() if "member" in cities.coords else []
    for model in REFERENCES:
        if model in held:
            own = cities[of_members].sel(member=model, drop=True)
            found[model] = own.rename({_MEMBER + name: name for name in DECISION})
    laid = {
        name: (
            ("model", "lead", "place"),
            np.stack([f[name].transpose("lead", "place").values for f in found.values()]),
        )
        for name in DECISION
    }
    places = {name: ("place", cities[name].values.astype(str)) for name in PLACE}
    coords = {"model": list(found), "lead": cities["lead"].values} | places
    coords["place"] = cities["place"].values.astype(str)
    return xr.Dataset(laid, coords, cities.attrs | {"simulated": _simulated(file)})


def _simulated(file: xr.Dataset) -> str:
    """What is simulated; weather dressed from analyses is, whatever the configuration says."""
    said = str(file.attrs["simulated"])
    return "weather" if said == "no" and any(s.dressed for s in weather_served(file)) else said
