"""Groups of pairs that are scored apart: by place, by valid day, by what was observed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr
from scipy.sparse import csr_matrix

from forecast.errors import ConfigError
from forecast.evaluation.settings import Evaluation

KINDS = ("station", "city")
BY_PLACE = ("place", "city", "province", "region")
BY_DAY = ("month", "season", "heating")
BY_PAIR = ("level", "dust")
GROUPINGS = (*BY_PLACE, *BY_DAY, *BY_PAIR)
"""What `wubu verify --by` knows."""

SEASONS = {12: "DJF", 1: "DJF", 2: "DJF", 3: "MAM", 4: "MAM", 5: "MAM"} | {
    6: "JJA", 7: "JJA", 8: "JJA", 9: "SON", 10: "SON", 11: "SON"
}  # fmt: skip


class Group(NamedTuple):
    """Places of one kind, and what is told apart among their pairs."""

    kind: str
    name: str


def check_groupings(by: Sequence[str]) -> None:
    """Raise `ConfigError` unless every grouping is known."""
    for name in by:
        if name not in GROUPINGS:
            raise ConfigError(f"--by {name!r}: expected one of {', '.join(GROUPINGS)}")


def place_groups(places: xr.Dataset, by: Sequence[str]) -> tuple[list[Group], csr_matrix]:
    """Groups of places that are scored together, of either kind.

    Parameters
    ----------
    places : xarray.Dataset
        With the coordinates kind, place, city, province, region on place.
    by : sequence of str
        Groupings; those not by place are passed over.

    Returns
    -------
    groups : list of Group
        Kind of place and name; the name is empty for all places, else as ``province: Hebei``.
    members : scipy.sparse.csr_matrix, (group, place)
        1 where a place is in the group.
    """
    groups: list[Group] = []
    rows: list[np.ndarray] = []
    for kind in KINDS:
        of_kind = np.flatnonzero(places["kind"].values == kind)
        if not len(of_kind):
            continue
        groups.append(Group(kind, ""))
        rows.append(of_kind)
        for name in by:
            if name not in BY_PLACE:
                continue
            labels = places[name].values[of_kind].astype(str)
            for label in dict.fromkeys(labels.tolist()):
                if label:
                    groups.append(Group(kind, f"{name}: {label}"))
                    rows.append(of_kind[labels == label])
    ends = np.cumsum([0, *(len(row) for row in rows)])
    columns = np.concatenate(rows)
    shape = (len(groups), places.sizes["place"])
    return groups, csr_matrix((np.ones(len(columns)), columns, ends), shape)


def sums_of_groups(sums: xr.Dataset, members: csr_matrix) -> xr.Dataset:
    """Add sums that keep the place to those of groups of places, on (group, …).

    Parameters
    ----------
    sums : xarray.Dataset
        With the dimension place.
    members : scipy.sparse.csr_matrix, (group, place)
        From `place_groups`.
    """
    out = {}
    for name, variable in sums.data_vars.items():
        laid = variable.variable.transpose("place", ...)
        rest = laid.shape[1:]
        total = members @ laid.values.reshape(laid.shape[0], -1)
        out[name] = (("group", *laid.dims[1:]), total.reshape(members.shape[0], *rest))
    return xr.Dataset(out, sums.drop_vars("place").coords, sums.attrs)


def pair_groups(
    truth: xr.Dataset, by: Sequence[str], settings: Evaluation
) -> Iterator[tuple[str, xr.DataArray]]:
    """Pairs that are scored together because of what was observed.

    Parameters
    ----------
    truth : xarray.Dataset
        From `forecast.evaluation.truth.observed_pairs`.
    by : sequence of str
        Groupings; those not by pair are passed over.
    settings : Evaluation
        When a day counts as dusty.

    Yields
    ------
    tuple of str and xarray.DataArray
        Name of the group, as ``level: 5``, and a mask on (issue, lead, place).
    """
    if "level" in by:
        for level in range(1, 7):
            yield f"level: {level}", truth["level"] == level
    if "dust" in by:
        dusty = dusty_days(truth, settings)
        known = ~np.isnan(truth["pm10"] + truth["pm25"])
        yield "dust: with", dusty & known
        yield "dust: without", ~dusty & known


def dusty_days(truth: xr.Dataset, settings: Evaluation) -> xr.DataArray:
    """Whether a day counts as dusty by its means: PM10 high and PM2.5 a small part of it.

    The domain's definition speaks of hours; this is its form for daily values, which is all that
    a network of daily reports has.
    """
    rule = settings.dust
    return (truth["pm10"] > rule.above) & (truth["pm25"] <= rule.ratio * truth["pm10"])


def day_groups(
    sums: xr.Dataset, by: Sequence[str], settings: Evaluation
) -> Iterator[tuple[str, xr.DataArray]]:
    """Valid days that are scored together.

    Parameters
    ----------
    sums : xarray.Dataset
        Sums with the coordinates issue and lead (days).
    by : sequence of str
        Groupings; those not by day are passed over.
    settings : Evaluation
        First and last day of the heating season.

    Yields
    ------
    tuple of str and xarray.DataArray
        Name of the group, as ``month: 2015-12``, and a mask on (issue, lead).
    """
    issue, lead = (sums[d].values for d in ("issue", "lead"))
    valid = pd.DatetimeIndex(
        (issue[:, None].astype("datetime64[D]") + lead.astype("timedelta64[D]")).ravel()
    )
    for name in by:
        if name not in BY_DAY:
            continue
        labels = _LABELS[name](valid, settings)
        for label in sorted(set(labels)):
            inside = (labels == label).reshape(len(issue), len(lead))
            yield (
                f"{name}: {label}",
                xr.DataArray(
                    inside, dims=("issue", "lead"), coords={d: sums[d] for d in ("issue", "lead")}
                ),
            )


def _months(valid: pd.DatetimeIndex, settings: Evaluation) -> np.ndarray:
    return valid.strftime("%Y-%m").to_numpy(str)


def _seasons(valid: pd.DatetimeIndex, settings: Evaluation) -> np.ndarray:
    """Season with its year; December belongs to the winter that it begins."""
    names = [SEASONS[m] for m in valid.month]
    years = valid.year + (valid.month == 12)
    return np.array([f"{year} {name}" for year, name in zip(years, names, strict=True)], str)


def _heating(valid: pd.DatetimeIndex, settings: Evaluation) -> np.ndarray:
    first, last = settings.heating
    day = valid.strftime("%m-%d").to_numpy(str)
    inside = (day >= first) & (day <= last)
    if first > last:  # the season holds the turn of the year
        inside = (day >= first) | (day <= last)
    return np.where(inside, "heating season", "rest of the year")


_LABELS: dict[str, Callable[[pd.DatetimeIndex, Evaluation], np.ndarray]] = {
    "month": _months,
    "season": _seasons,
    "heating": _heating,
}
