"""What an issued value is made of: contributions of predictor groups, for the consultation.

The boosting member says how much each group of predictors adds to its forecast, from the mean of
its training on (`ensembles.contributions`). Two parts lead from there to the issued mean: what the
spread of the skewed distribution adds to its centre, and what the other members and the calibration
change. All parts of a value add up to it. They describe the model, not causes: groups that say the
same share what they say.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from ensembles import FittedBoosting
from ensembles.contributions import on_original_scale
from ensembles.scale import from_scale
from forecast.atomic import write_text
from forecast.cases import build_cases
from forecast.config import Config
from forecast.errors import InputError
from forecast.issued import read_issued, revisions
from forecast.known import known_at
from forecast.modelstore import load_ensemble
from forecast.pollutants import LABELS, POLLUTANTS, UNITS
from forecast.predictor_groups import predictor_groups
from forecast.recent import MEMORY_DAYS
from forecast.scenarios import membership_of
from forecast.spreadsheet import harmless_table
from forecast.training import TrainedEnsemble
from forecast.workspace import Workspace

PARTS = {
    "base": ("mean of the training", "训练期平均"),
    "carry_over": ("recent concentrations", "前期浓度"),
    "weather": ("weather", "气象条件"),
    "upstream": ("upstream and pressure gradient", "上游与气压梯度"),
    "season": ("season and calendar", "季节与节假日"),
    "place": ("place", "地点"),
    "lead": ("lead time", "预报时效"),
    "guidance": ("model guidance", "数值模式"),
    "covariate": ("own covariates", "自备因子"),
    "spread": ("mean above the centre", "分布均值与中心之差"),
    "ensemble": ("other members and calibration", "其他成员与校准"),
}
"""Parts of an issued value in the order of the table, in English and Chinese."""
BOOSTING = "boosting"
DECIMALS = {"ug m-3": 1, "mg m-3": 3}
"""Decimals of the table by units."""


def explain_issue(config: Config, workspace: Workspace, issue: pd.Timestamp | str) -> xr.Dataset:
    """Take the newest issued forecast of a day apart into contributions.

    The cases are made anew from what was known at the issue, and the ensemble is the one that
    issued.

    Parameters
    ----------
    config : Config
    workspace : Workspace
    issue : pandas.Timestamp or str
        Local issue date.

    Returns
    -------
    xarray.Dataset
        See `explain`.

    Raises
    ------
    InputError
        The day was not issued; the ensemble is gone or has no boosting member; data or ensemble
        have changed since, so that the boosting member forecasts other values now.
    """
    day = pd.Timestamp(issue).normalize().as_unit("ns")
    files = revisions(workspace.issued, f"{day:%Y-%m-%d}")
    if not files:
        raise InputError(f"{workspace.issued}: nothing issued on {day:%Y-%m-%d} to explain")
    issued = read_issued(files[-1])
    trained = load_ensemble(workspace.models / str(issued.attrs["trained_until"]))
    cases = build_cases(known_at(workspace, config, day, days=MEMORY_DAYS), pd.DatetimeIndex([day]))
    products = [p.product for p in config.forecast_products[1:]]
    try:
        return explain(issued, trained, cases, products, workers=config.workers)
    except InputError as error:
        raise InputError(f"{files[-1]}: {error}") from None


def explain(
    issued: xr.Dataset,
    trained: TrainedEnsemble,
    cases: xr.Dataset,
    products: Sequence[str] = (),
    pollutants: Sequence[str] = POLLUTANTS,
    workers: int = 1,
) -> xr.Dataset:
    """Contributions to the issued means.

    Parameters
    ----------
    issued : xarray.Dataset
        An issued forecast.
    trained : TrainedEnsemble
        The ensemble that issued it.
    cases : xarray.Dataset
        The cases it was issued from, one issue.
    products : sequence of str
        See `forecast.predictor_groups.group_of`.
    pollutants : sequence of str
        Those to explain.
    workers : int
        Models explained at a time.

    Returns
    -------
    xarray.Dataset
        - ``contribution`` (lead, place, pollutant, group): float64, in units of the pollutant.
          ``group`` are the `PARTS`, without groups that no predictor is in; their sum is the issued
          mean. Contributions to a city are means over its stations. NaN where nothing is issued
          or the boosting member has no forecast.
        - ``issued_mean`` (lead, place, pollutant)
        - ``sum_error`` (pollutant): largest difference between the sum of base and groups and what
          the location models of boosting predict at a station; rounding only.

    Raises
    ------
    InputError
        See `explain_issue`.
    """
    members = {p: _boosting(trained, p) for p in pollutants}
    used = dict.fromkeys(name for m in members.values() for name in m.predictors)
    groups = predictor_groups(used, products)
    stations = issued.isel(place=np.flatnonzero(issued["kind"].values == "station"))
    if stations["place"].values.tolist() != cases["place"].values.tolist():
        raise InputError("stations differ from those of today; issue the day again")
    parts, errors = [], []
    for pollutant, member in members.items():
        found, mean, error = _of_boosting(member, cases, groups, workers)
        _require_same(stations, pollutant, mean)
        parts.append(found)
        errors.append(error)
    means = issued["concentration_mean"].sel(pollutant=list(pollutants))
    means = means.transpose("lead", "place", "pollutant")
    values = _with_cities(np.stack(parts, axis=2), stations, means)
    rest = means.values.astype(float) - values.sum(axis=-1)
    values = np.concatenate([values, rest[..., None]], axis=-1)
    values[np.isnan(rest)] = np.nan
    unit = {"comment": "units of each pollutant: coordinate pollutant_units"}
    long_name = "contribution to the mean of the daily value"
    contribution = ((*means.dims, "group"), values, {**unit, "long_name": long_name})
    return xr.Dataset(
        {
            "contribution": contribution,
            "issued_mean": means.drop_vars("quantile", errors="ignore"),
            "sum_error": ("pollutant", errors, {**unit, "long_name": "error of the sum"}),
        },
        coords={
            **{n: issued[n] for n in ("issue", "valid_day", "name", "kind", "city")},
            "pollutant_units": ("pollutant", [UNITS[p] for p in pollutants]),
            "group": ["base", *groups, "spread", "ensemble"],
        },
        attrs={n: issued.attrs[n] for n in ("title", "trained_until", "revision")},
    )


def contribution_table(contributions: xr.Dataset) -> pd.DataFrame:
    """Long table of contributions, one row a place, valid day, pollutant and group.

    Parameters
    ----------
    contributions : xarray.Dataset
        From `explain`.

    Returns
    -------
    pandas.DataFrame
        Values are rounded so that the rounded parts still add up to the rounded issued mean: each
        is the step of the rounded running sum. Rows without value are left out.
    """
    order = ("place", "lead", "pollutant", "group")
    parts = contributions["contribution"].transpose(*order)
    shape, index = parts.shape, np.indices(parts.shape).reshape(4, -1)
    place, lead, pollutant, group = index
    decimals = np.array([DECIMALS[str(u)] for u in contributions["pollutant_units"].values])
    sums = _round(np.cumsum(parts.values, axis=-1), decimals[:, None])
    steps = _round(np.diff(sums, axis=-1, prepend=0.0), decimals[:, None])
    total = np.broadcast_to(sums[..., -1:], shape)
    labels = {g: PARTS[str(g)] for g in contributions["group"].values}
    columns = {
        "issue": f"{pd.Timestamp(contributions['issue'].values):%Y-%m-%d}",
        "place": parts["place"].values[place],
        "name": contributions["name"].values[place],
        "kind": contributions["kind"].values[place],
        "valid_day": contributions["valid_day"].dt.strftime("%Y-%m-%d").values[lead],
        "lead": parts["lead"].values[lead],
        "pollutant": np.array([LABELS[str(p)] for p in parts["pollutant"].values])[pollutant],
        "units": contributions["pollutant_units"].values[pollutant],
        "group": np.array([en for en, _ in labels.values()])[group],
        "group_zh": np.array([zh for _, zh in labels.values()])[group],
        "contribution": steps.ravel(),
        "issued_mean": total.ravel(),
    }
    return pd.DataFrame(columns).dropna(subset="contribution", ignore_index=True)


def write_contributions(contributions: xr.Dataset, folder: Path) -> Path:
    """Write the table of `contribution_table` to ``contributions.csv`` in `folder`."""
    # the mark tells a spreadsheet that the Chinese names are UTF-8
    table = harmless_table(contribution_table(contributions))
    text = "\ufeff" + table.to_csv(index=False)
    return write_text(folder / "contributions.csv", text)


def _boosting(trained: TrainedEnsemble, pollutant: str) -> FittedBoosting:
    member = trained.pollutants[pollutant].members.get(BOOSTING)
    if not isinstance(member, FittedBoosting):
        raise InputError(
            f"the ensemble of {trained.known_until:%Y-%m-%d} has no member {BOOSTING!r} for "
            f"{pollutant}, which explains a forecast; add it to `training.members`"
        )
    return member


def _of_boosting(
    member: FittedBoosting, cases: xr.Dataset, groups: dict[str, list[str]], workers: int
) -> tuple[np.ndarray, np.ndarray, float]:
    """Base, groups and spread on (lead, place, part); mean of the member; error of the sum."""
    root = member.contributions(cases, groups, workers).isel(issue=0)
    parts = on_original_scale(root)
    values = np.concatenate([parts["base"].values[..., None], parts["contribution"].values], -1)
    centre = values.sum(axis=-1)
    error = np.abs(centre - from_scale(root["location"].values)).max()
    mean = member.predict(cases).mean().isel(issue=0).values
    return np.concatenate([values, (mean - centre)[..., None]], -1), mean, float(error)


def _require_same(stations: xr.Dataset, pollutant: str, mean: np.ndarray) -> None:
    """Raise InputError unless the boosting member forecasts what it did when it was issued."""
    then = stations["member_concentration_mean"].sel(member=BOOSTING, pollutant=pollutant)
    before = then.transpose("lead", "place").values
    if not np.allclose(before, mean, rtol=1e-4, atol=1e-4, equal_nan=True):
        raise InputError(
            f"the member {BOOSTING!r} forecasts other values of {pollutant} now than when this was "
            "issued: data or ensemble have changed; issue the day again"
        )


def _with_cities(parts: np.ndarray, stations: xr.Dataset, means: xr.DataArray) -> np.ndarray:
    """Parts (lead, station, pollutant, part), and after them the means of the cities' stations.

    As in the issued forecast, stations without issued mean do not count.
    """
    names, membership = membership_of(stations["city"].values.astype(str))
    if means["place"].values.tolist() != [*stations["place"].values, *names]:
        raise InputError("expected the places to be the stations, then their cities")
    known = np.isfinite(means.values[:, : parts.shape[1]])
    total = np.einsum("cs,lspg->lcpg", membership, np.where(known[..., None], parts, 0))
    count = np.einsum("cs,lsp->lcp", membership, known.astype(float))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.concatenate([parts, total / count[..., None]], axis=1)


def _round(values: np.ndarray, decimals: np.ndarray) -> np.ndarray:
    """Round along broadcast decimals; no negative zero."""
    unit = 10.0**decimals
    return np.round(values * unit) / unit + 0.0
