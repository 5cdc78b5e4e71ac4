"""A back-test beside plain LightGBM: what the members, weights and calibration are worth.

Run with ``python tests/benchmarks/bench_plain_lightgbm.py CONFIG [--backtest NAME] [--data D]
[--workspace W]``. Plain is one `lightgbm.train` a pollutant with default parameters (100 trees of
31 leaves, learning rate 0.1) over stations and leads on the same predictors, fitted on the fourth
root of the daily value at the days the back-test was fitted, on what was known then; the
distribution around its value is that of its out-of-fold errors at that lead (4 blocks of time).
The AQI of stations is learned like a pollutant, from the predictors of all.

Prints CRPS (2 × mean pinball loss over 19 quantiles) by lead at the stations, plain and as issued,
over the pairs both have.
"""

from __future__ import annotations

from collections.abc import Sequence

import lightgbm
import numpy as np
import pandas as pd
import xarray as xr
from backtest_given import backtest_given

from ensembles import make_folds
from ensembles.scale import from_scale, to_scale
from ensembles.table import DIMS, design_matrix
from forecast.cases import build_cases, predictors_of, targets
from forecast.config import Config
from forecast.issued import latest_files, read_issued
from forecast.known import known_at
from forecast.pollutants import POLLUTANTS
from forecast.training import training_data

LEVELS = np.arange(1, 20) / 20
WHAT = (*POLLUTANTS, "aqi")


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    config, workspace, folder = backtest_given(__doc__, arguments)
    files = latest_files(folder / "issued")
    issues = pd.DatetimeIndex(sorted(files))
    known = known_at(workspace, config, issues[-1])
    product = config.forecast_products[0].product
    cycles = workspace.weather(config, product).issues()
    cases = build_cases(known, cycles[cycles <= issues[-1]].union(issues), leave_out=True)
    print(f"{folder.name}: CRPS at the stations, plain LightGBM / issued, by lead", flush=True)
    print(f"{'':6s}{''.join(f'{lead:>14d}' for lead in cases['lead'].values)}{'all':>14s}    pairs")
    parts = [_quantiles(read_issued(files[day])) for day in issues]
    issued = xr.concat(parts, "issue", coords="minimal", compat="override")
    observed = workspace.observed_daily()
    for what in WHAT:
        truth = targets(_named(observed, what), cases, "target").sel(issue=issues)
        plain = _plain(cases, known.daily, config, issues, what)
        losses = [_crps(made, truth.values) for made in (plain, _issued_of(issued, what))]
        both = np.isfinite(losses[0]) & np.isfinite(losses[1])
        rows = [np.where(both, loss, np.nan) for loss in losses]
        means = [[*np.nanmean(r, axis=(0, 2)), np.nanmean(r)] for r in rows]
        cells = "".join(f"{a:7.2f}/{b:6.2f}" for a, b in zip(*means, strict=True))
        print(f"{what:6s}{cells} {both.sum():8,d}", flush=True)


def _named(daily: xr.Dataset, what: str) -> xr.Dataset:
    return daily[[what]].rename({what: "target"})


def _quantiles(issued: xr.Dataset) -> xr.Dataset:
    stations = issued["kind"].values == "station"
    return issued[["concentration", "aqi"]].isel(place=np.flatnonzero(stations))


def _issued_of(issued: xr.Dataset, what: str) -> np.ndarray:
    values = issued["aqi"] if what == "aqi" else issued["concentration"].sel(pollutant=what)
    return np.asarray(values.transpose("issue", "lead", "place", "quantile").values)


def _plain(
    cases: xr.Dataset, daily: xr.Dataset, config: Config, issues: pd.DatetimeIndex, what: str
) -> np.ndarray:
    """Quantiles of the issues, (issue, lead, place, quantile), refitted as the back-test was."""
    of = POLLUTANTS if what == "aqi" else (what,)
    predictors = list(dict.fromkeys(name for p in of for name in predictors_of(cases, p)))
    blocks, days = [], config.training.refit_days
    for start in range(0, len(issues), days):
        block = cases.sel(issue=issues[start : start + days])
        until = issues[start] - pd.Timedelta(days=1)
        learned, past = training_data(cases, daily, config, until)
        y = to_scale(targets(_named(past, what), learned, "target").transpose(*DIMS).values)
        x = design_matrix(learned, predictors, allow_missing=True)
        errors = np.full(y.shape, np.nan)
        for fold in make_folds(learned, 4):
            rows = np.broadcast_to(fold.training[..., None], y.shape)
            trees = _train(x, np.where(rows, y, np.nan), config)
            errors[fold.held_out] = (y - trees.predict(x).reshape(y.shape))[fold.held_out]
        around = np.nanquantile(errors, LEVELS, axis=(0, 2))
        centre = _train(x, y, config).predict(design_matrix(block, predictors, allow_missing=True))
        centre = centre.reshape(*(block.sizes[d] for d in DIMS))
        blocks.append(from_scale(centre[..., None] + around.T[:, None, :]))
    return np.concatenate(blocks)


def _train(x: np.ndarray, y: np.ndarray, config: Config) -> lightgbm.Booster:
    known = np.isfinite(y).ravel()
    settings = {"objective": "regression", "verbosity": -1, "num_threads": config.workers}
    return lightgbm.train(settings, lightgbm.Dataset(x[known], y.ravel()[known]))


def _crps(quantiles: np.ndarray, truth: np.ndarray) -> np.ndarray:
    above = truth[..., None] - quantiles
    return np.asarray(2 * np.mean(np.maximum(LEVELS * above, (LEVELS - 1) * above), axis=-1))


if __name__ == "__main__":
    main()
