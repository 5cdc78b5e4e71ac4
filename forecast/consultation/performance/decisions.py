"""Decisions of many issued files: as issued, as guidance said, and those of the references.

Nothing else of the files is read: a year of 39 cities is a few megabytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from forecast.errors import InputError
from forecast.issued import ADJUSTED_BY, DECISION, GUIDANCE, read_issued
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
        such model, lead or city; ``adjusted_by`` (issue, lead, place), the level of the centre that
        adjusted a decision, see `forecast.issued.ADJUSTED_BY`, 0 for none. Model ``guidance`` is
        what guidance said; of a file that was not adjusted, what was issued. The cities are those
        of any file, with the names the newest one gives them; the attributes are those of the
        newest file among the least real ones, so what is simulated in part is called simulated.

    Raises
    ------
    InputError
        A file is no issued forecast, or none has a city.
    """
    days = sorted(files)
    read = [_cities(files[day]) for day in days]
    newest_first = read[::-1]
    places = list(dict.fromkeys(p for f in newest_first for p in f.places))
    leads = sorted({k for f in read for k in f.leads})
    if not places:
        raise InputError(f"{files[days[-1]]}: no city is forecast; only cities are reported on")
    row_of, column_of = ({label: i for i, label in enumerate(axis)} for axis in (leads, places))
    shape = (len(MODELS), len(days), len(leads), len(places))
    values = {name: np.full(shape, np.nan, np.float32) for name in DECISION}
    roles = np.zeros(shape[1:], np.int8)
    known: dict[str, tuple[str, ...]] = {}
    for i, file in enumerate(read):
        rows = np.array([row_of[k] for k in file.leads], int)
        columns = np.array([column_of[p] for p in file.places], int)
        for (model, name), laid in file.values.items():
            values[name][MODELS.index(model), i][np.ix_(rows, columns)] = laid
        roles[i][np.ix_(rows, columns)] = file.roles
        known |= dict(zip(file.places, file.labels, strict=True))
    labels = zip(*(known[p] for p in places), strict=True)
    said = [_SIMULATED.index(f.attrs["simulated"]) for f in newest_first]
    return xr.Dataset(
        {name: (("model", "issue", "lead", "place"), laid) for name, laid in values.items()}
        | {ADJUSTED_BY: (("issue", "lead", "place"), roles)},
        {"model": list(MODELS), "issue": pd.DatetimeIndex(days), "lead": leads, "place": places}
        | {name: ("place", list(found)) for name, found in zip(PLACE, labels, strict=True)},
        newest_first[said.index(max(said))].attrs,
    )


@dataclass(frozen=True)
class _Cities:
    """The cities of one file: what is known of each, and values on (lead, place)."""

    places: list[str]
    leads: list[int]
    labels: list[tuple[str, ...]]
    values: dict[tuple[str, str], np.ndarray]
    roles: np.ndarray
    attrs: dict[str, Any]


def _cities(path: Path) -> _Cities:
    of_members = [_MEMBER + name for name in DECISION]
    before = [GUIDANCE + name for name in DECISION]
    file = read_issued(
        path,
        (*DECISION, *PLACE, "issue", *of_members, *before, ADJUSTED_BY),
        optional=(*of_members, *before, ADJUSTED_BY),
    )
    city = np.flatnonzero(file["kind"].values == "city")
    held = file["member"].values.tolist() if "member" in file.variables else []
    values = {}
    for name in DECISION:
        issued = file[name].variable.transpose("lead", "place").values[:, city]
        guided = file.variables.get(GUIDANCE + name)
        values[ISSUED, name] = values[BEFORE, name] = issued
        if guided is not None:
            values[BEFORE, name] = guided.transpose("lead", "place").values[:, city]
        for model in set(REFERENCES).intersection(held):
            members = file[_MEMBER + name].variable.transpose("member", "lead", "place").values
            values[model, name] = members[held.index(model)][:, city]
    roles = np.zeros((file.sizes["lead"], len(city)), np.int8)
    if ADJUSTED_BY in file.variables:
        roles = file[ADJUSTED_BY].variable.transpose("lead", "place").values[:, city]
    labels = zip(*(file[name].values[city].astype(str).tolist() for name in PLACE), strict=True)
    return _Cities(
        file["place"].values[city].astype(str).tolist(),
        file["lead"].values.astype(int).tolist(),
        list(labels),
        values,
        roles,
        file.attrs | {"simulated": _simulated(file, path)},
    )


def _simulated(file: xr.Dataset, path: Path) -> str:
    """What is simulated; weather dressed from analyses is, whatever the configuration says."""
    said = str(file.attrs.get("simulated"))
    if said not in _SIMULATED:
        raise InputError(
            f"{path}: attribute simulated is {said!r}; expected one of {', '.join(_SIMULATED)}"
        )
    return "weather" if said == "no" and any(s.dressed for s in weather_served(file)) else said
