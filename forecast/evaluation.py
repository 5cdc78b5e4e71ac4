"""Evaluation: issued forecasts against what came, beside their references, by lead.

Files are read in batches and reduced to sums that keep (issue, lead), so memory follows the batch,
and every score and its bootstrap interval come from the sums alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from forecast.aqi import level
from forecast.atomic import whole_file
from forecast.config import Evaluation
from forecast.errors import InputError
from forecast.ingest import Progress, no_progress
from forecast.issued import read_issued
from forecast.pollutants import POLLUTANTS
from forecast.standard import Standard, as_date, standard_for
from forecast.training import ENSEMBLE
from verification import (
    common_category_sums,
    contingency_sums,
    continuous_sums,
    exceeds,
    group_sums,
    level_hit_sums,
    level_range_hit_sums,
    quantile_sums,
    range_hit_sums,
    scorecard,
)

KEEP = ("issue", "lead")
BATCH = 30
"""Issued files in memory at once."""
SCORE_NAMES = (
    "bias",
    "rmse",
    "correlation",
    "crps_quantiles",
    "coverage_90",
    "width_90",
    "level_accuracy",
    "level_range_accuracy",
    "mean_level_span",
    "range_accuracy",
    "mean_width",
    "over_rate",
    "under_rate",
    "category_accuracy",
    "pod",
    "far",
    "ts",
    "frequency_bias",
)
AQI = "aqi"
HEAVY_LEVEL = 5
ALL_DAYS, COMMON_DAYS = "all", "common"
"""Groups: every pair, or only valid days that all leads forecast, for comparing leads."""

Labels = tuple[str, str, str, str, str]
"""Model, place kind, standard, variable, family."""


def evaluate(
    files: Mapping[pd.Timestamp, Path],
    observed: xr.Dataset,
    settings: Evaluation,
    progress: Progress = no_progress,
) -> pd.DataFrame:
    """Score issued forecasts.

    Parameters
    ----------
    files : mapping of Timestamp to Path
        Issued file of each issue day.
    observed : xarray.Dataset
        Observed daily values, index, level and primary pollutants, (place, day).
    settings : Evaluation
        Parameters of the bootstrap.
    progress : callable, optional
        Told about the files read.

    Returns
    -------
    pandas.DataFrame
        Long table: ``model, place_kind, group, pollutant, lead, score, value, low, high, pairs``.
        ``group`` is ``all`` (every pair) or ``common`` (valid days that all leads forecast; leads
        are compared on these only), followed by the standard where days of both versions are
        scored; ``lead`` is a number of days or ``all``.

    Raises
    ------
    InputError
        No file is given, or no forecast has been observed yet.
    """
    if not files:
        raise InputError("no issued forecast to verify; run `wubu issue` or `wubu backtest` first")
    parts: dict[Labels, list[xr.Dataset]] = {}
    for batch in _batches(files, progress):
        for labels, part in _batch_sums(batch, observed).items():
            parts.setdefault(labels, []).append(part)
    if not sum(float(part["pairs"].sum()) for found in parts.values() for part in found):
        raise InputError("none of the issued forecasts has been observed yet")
    progress("scoring", 0, 1)
    table = scorecard(
        _rows(parts),
        SCORE_NAMES,
        block=settings.block_days,
        replicates=settings.replicates,
        level=settings.confidence,
    )
    progress("scoring", 1, 1)
    return table


def write_scorecard(table: pd.DataFrame, path: Path) -> Path:
    """Write a scorecard as CSV, whole."""
    with whole_file(path) as part:
        table.to_csv(part, index=False, float_format="%.6g")
    return path


def _batches(files: Mapping[pd.Timestamp, Path], progress: Progress) -> Iterator[xr.Dataset]:
    days = sorted(files)
    for start in range(0, len(days), BATCH):
        part = [read_issued(files[day]) for day in days[start : start + BATCH]]
        part = _alike(part, [files[day] for day in days[start : start + BATCH]])
        progress("verifying", min(start + BATCH, len(days)), len(days))
        yield xr.concat(
            [p.drop_vars("valid_day") for p in part],
            dim="issue",
            data_vars="all",
            coords="minimal",
            compat="override",
            combine_attrs="override",
        )


def _alike(forecasts: list[xr.Dataset], paths: list[Path]) -> list[xr.Dataset]:
    """Forecasts on the places and members all of them have; stations come and go."""
    out = forecasts
    for axis in ("place", "member"):
        shared = [
            label
            for label in forecasts[0][axis].values
            if all(label in f[axis].values for f in forecasts[1:])
        ]
        if not shared:
            raise InputError(f"{paths[0]}: shares no {axis} with the forecasts after it")
        out = [f.sel({axis: shared}) for f in out]
    for forecast, path in zip(out, paths, strict=True):
        if not np.array_equal(forecast["lead"].values, out[0]["lead"].values):
            raise InputError(f"{path}: other leads than {paths[0].name}; verify them apart")
    return out


def _batch_sums(issued: xr.Dataset, observed: xr.Dataset) -> dict[Labels, xr.Dataset]:
    """Sums of one batch for every model, kind of place, standard and variable."""
    valid = issued["issue"].values[:, None] + issued["lead"].values.astype("timedelta64[D]").astype(
        "timedelta64[ns]"
    )
    out: dict[Labels, xr.Dataset] = {}
    truth = _observed_pairs(observed, issued, valid)
    for standard in dict.fromkeys(standard_for(as_date(day)) for day in np.unique(valid)):
        holds = np.array([[standard.holds_on(as_date(d)) for d in row] for row in valid])
        inside = xr.DataArray(holds, dims=KEEP)
        for kind in ("station", "city"):
            at = np.flatnonzero(issued["kind"].values == kind)
            obs = truth.isel(place=at).where(inside)
            for model, forecast in _models(issued.isel(place=at)):
                found = _model_sums(forecast, obs, standard)
                for (variable, family), s in found.items():
                    out[model, kind, standard.name, variable, family] = s
    return out


def _observed_pairs(observed: xr.Dataset, issued: xr.Dataset, valid: np.ndarray) -> xr.Dataset:
    """Observed values of each (issue, lead, place) as float, NaN where not observed."""
    rows = observed["day"].to_index().get_indexer(valid.ravel())
    places = observed["place"].to_index().get_indexer(issued["place"].values)
    known = ((rows >= 0)[:, None] & (places >= 0)[None, :]).reshape(*valid.shape, -1)
    out = {}
    for name in (*POLLUTANTS, AQI, "level", "primary"):
        values = observed[name].transpose("day", "place").values[rows][:, places]
        values = values.reshape(known.shape).astype(np.float32)
        missing = {"level": values == 0, "primary": values < 0}.get(name, False)
        out[name] = ((*KEEP, "place"), np.where(known & ~np.asarray(missing), values, np.nan))
    return xr.Dataset(out, coords={d: issued[d] for d in (*KEEP, "place")})


def _models(issued: xr.Dataset) -> Iterator[tuple[str, xr.Dataset]]:
    """Forecasts of the ensemble and of each member under the same variable names."""
    names = [str(n).removeprefix("member_") for n in issued if str(n).startswith("member_")]
    names.remove("weight")
    yield ENSEMBLE, issued[names]
    for member in issued["member"].values:
        part = issued.sel(member=member, drop=True)
        yield (
            str(member),
            part[[f"member_{n}" for n in names]].rename({f"member_{n}": n for n in names}),
        )


def _model_sums(
    forecast: xr.Dataset, obs: xr.Dataset, standard: Standard
) -> dict[tuple[str, str], xr.Dataset]:
    forecast = forecast.drop_vars(
        [c for c in forecast.coords if c not in (*KEEP, "place", "pollutant", "quantile")]
    )
    found = {}
    for p in POLLUTANTS:
        at = forecast.sel(pollutant=p, drop=True)
        found[p, "continuous"] = continuous_sums(at["concentration_mean"], obs[p], keep=KEEP)
        found[p, "quantiles"] = quantile_sums(at["concentration"], obs[p], keep=KEEP)
    aqi, low, high = forecast[AQI], forecast["aqi_low"], forecast["aqi_high"]
    found[AQI, "continuous"] = continuous_sums(aqi.mean("quantile"), obs[AQI], keep=KEEP)
    found[AQI, "quantiles"] = quantile_sums(aqi, obs[AQI], keep=KEEP)
    found[AQI, "range"] = range_hit_sums(low, high, obs[AQI], keep=KEEP)
    levels = forecast["level"].where(forecast["level"] > 0).astype(np.float32)
    found[AQI, "level"] = level_hit_sums(levels, obs["level"], keep=KEEP)
    ends = [end.copy(data=level(end.values, standard)) for end in (low, high)]
    ends = [end.where(end > 0) for end in ends]
    found[AQI, "level_range"] = level_range_hit_sums(*ends, obs["level"], keep=KEEP)
    primary = forecast["primary"].where(forecast["primary"] >= 0)
    found[AQI, "category"] = common_category_sums(primary, obs["primary"], keep=KEEP)
    found[AQI, "contingency"] = contingency_sums(
        exceeds(levels, HEAVY_LEVEL - 0.5), exceeds(obs["level"], HEAVY_LEVEL - 0.5), keep=KEEP
    )
    return found


def _rows(
    parts: Mapping[Labels, list[xr.Dataset]],
) -> Iterator[tuple[dict[str, object], xr.Dataset]]:
    """Sums of all batches, the labels of one family stacked so that each score is read once."""
    several = len({labels[2] for labels in parts}) > 1
    for standard, family in dict.fromkeys((labels[2], labels[4]) for labels in parts):
        series = {
            labels: found
            for labels, found in parts.items()
            if (labels[2], labels[4]) == (standard, family)
        }
        sums = _stack(series)
        suffix = f" {standard}" if several else ""
        common = sums.where(_common(sums), 0.0).assign_attrs(sums.attrs)
        total = group_sums(sums, by=("issue", "model", "place_kind", "pollutant"))
        yield {"group": ALL_DAYS + suffix}, sums
        yield {"group": ALL_DAYS + suffix, "lead": "all"}, total
        yield {"group": COMMON_DAYS + suffix}, common


def _stack(series: Mapping[Labels, list[xr.Dataset]]) -> xr.Dataset:
    """One dataset on (model, place_kind, pollutant, issue, lead, …) from the parts of each."""
    whole = {
        (model, kind, variable): xr.concat(found, "issue", data_vars="minimal")
        for (model, kind, _, variable, _), found in series.items()
    }
    axes = [list(dict.fromkeys(at)) for at in zip(*whole, strict=True)]
    parts = [whole[at] for at in product(*axes)]
    first = parts[0]
    coords = dict(zip(("model", "place_kind", "pollutant"), axes, strict=True))
    shape = tuple(len(axis) for axis in axes)
    stacked = {
        name: (
            (*coords, *variable.dims),
            np.stack([part[name].values for part in parts]).reshape(*shape, *variable.shape),
        )
        for name, variable in first.data_vars.items()
    }
    return xr.Dataset(stacked, {**coords, **first.coords}, first.attrs)


def _common(sums: xr.Dataset) -> xr.DataArray:
    """Whether the valid day of an (issue, lead) is forecast by every lead."""
    issue = sums["issue"].values.astype("datetime64[D]")
    lead = sums["lead"].values.astype("timedelta64[D]")
    valid = issue[:, None] + lead[None, :]
    issued = np.stack([np.isin(valid - k, issue) for k in lead])
    return xr.DataArray(issued.all(axis=0), dims=KEEP, coords={d: sums[d] for d in KEEP})
