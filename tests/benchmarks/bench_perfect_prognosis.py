"""Perfect prognosis: one global boosting member beside general forecasting libraries.

Run with ``python tests/benchmarks/bench_perfect_prognosis.py [--peers mlforecast darts] [--leads
10] [--quick]``, data in ``$WUBU_TEST_DATA`` or ``../shared/data``. The question is which library
makes most of the same numbers when the weather is no source of error: PM2.5 of 12 Beijing stations,
station weather of the target days known, a forecast a day, refits every 60 origins.

Everybody gets the same daily table (`perfect_prognosis.table`), the same origins and refits, and
PM2.5 up to the end of the day of origin. The weather is known to the day after the last lead. Ours
is ``Boosting`` of the package and nothing else, fitted on lead 1 and taken from day to day
(`perfect_prognosis.ours`); of its distribution the mean counts for RMSE and the median for MAE. The
libraries run LightGBM twice, with the objectives l2 and l1, so that each has a forecast for each
score. All are scored by all, and the best at each lead is starred. TS is the threat score of PM2.5
> 150 µg/m³. Settings of ours were chosen on the origins of 2014-03 … 2015-02 (``--first 2014-03-01
--last 2015-02-27``, which also cuts the table after that day). Scores are on the pairs all
forecasts have; seconds are of the processor, one thread. Ours takes a minute, skforecast as much,
mlforecast five, darts some twenty-five: `--peers` leaves them out.
"""

from __future__ import annotations

import argparse
import logging
import os
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from benchmark_row import Row
from perfect_prognosis.ours import MEDIAN, Days, rolling
from perfect_prognosis.peers import PEERS, rolling_peer
from perfect_prognosis.table import TARGET, read_table

import verification as v
from ensembles import Boosting, Climatology
from forecast.cases import targets

FIRST, LAST = "2015-03-01", "2016-02-28"
REFIT = 60
HEAVY = 150.0
"""µg/m³"""
LIMIT_SECONDS = 120.0
OURS = {"folds": 6, "min_leaf": 20}
"""Of ``Boosting``, beside its defaults."""
LIGHTGBM = {
    "n_estimators": 250,
    "learning_rate": 0.05,
    "num_leaves": 24,
    "min_child_samples": 20,
    "colsample_bytree": 0.5,
    "subsample": 0.5,
    "subsample_freq": 1,
    "reg_lambda": 5.0,
    "n_jobs": 1,
    "random_state": 1,
    "verbose": -1,
}
"""Of the libraries: trees, rate, leaves, sampling and penalty are those of ours."""
QUICK = 20


Forecasts = dict[str, xr.DataArray]
Timed = dict[str, tuple[Forecasts, float]]
"""Forecasts by kind (mean, median, l2, l1) and processor seconds, by name."""


@dataclass(frozen=True)
class Run:
    """What is forecast, and what of the settings differs from those above."""

    origins: pd.DatetimeIndex
    leads: int
    refit: int = REFIT
    ours: dict[str, Any] = field(default_factory=dict)
    lightgbm: dict[str, Any] = field(default_factory=dict)


def data_folder() -> Path:
    """Folder of the station files."""
    default = Path(__file__).resolve().parents[3] / "shared" / "data"
    return Path(os.environ.get("WUBU_TEST_DATA", default)) / "beijing"


def timed(job: Callable[[], Forecasts]) -> tuple[Forecasts, float]:
    """What a job gives, and its processor seconds, threads included."""
    started = time.process_time()
    found = job()
    return found, time.process_time() - started


def scores_by_lead(forecasts: Forecasts, observed: xr.DataArray) -> dict[str, pd.DataFrame]:
    """MAE, RMSE and threat score, each as a table of lead by forecast, on the pairs all have."""
    known = np.isfinite(observed)
    for values in forecasts.values():
        known = known & np.isfinite(values)
    truth = observed.where(known)
    out: dict[str, dict[str, pd.Series]] = {"MAE": {}, "RMSE": {}, f"TS > {HEAVY:g}": {}}
    for name, values in forecasts.items():
        sums = v.continuous_sums(values.where(known), truth, keep="lead")
        events = [v.exceeds(x.where(known), HEAVY) for x in (values, truth)]
        found = (v.mae(sums), v.rmse(sums), v.ts(v.contingency_sums(*events, keep="lead")))
        for table, score in zip(out.values(), found, strict=True):
            table[name] = score.to_series()
    return {name: pd.DataFrame(columns) for name, columns in out.items()}


def print_scores(tables: dict[str, pd.DataFrame]) -> None:
    """Print a table a score, the best of each lead starred, and the mean over the leads last."""
    for name, table in tables.items():
        shown = pd.concat([table, table.mean().to_frame("mean").T])
        high = name.startswith("TS")
        best = shown.max(axis=1) if high else shown.min(axis=1)
        text = shown.map(lambda x, digits=3 if high else 2: f"{x:.{digits}f}")
        text += np.where(shown.eq(best, axis=0), "*", " ")
        heads = [[*str(c).split(" "), ""] for c in shown]
        text.columns = pd.MultiIndex.from_tuples([(h[0], h[1]) for h in heads])
        print(f"\n{name}\n{text.to_string()}")


def of_package(table: xr.Dataset, run: Run) -> Timed:
    """Our member, persistence and climatology, fitted along the origins."""
    coords = {"issue": run.origins, "lead": np.arange(1, run.leads + 1)}
    asked = xr.Dataset(coords={**coords, "place": table["place"].values})

    def boosting() -> Forecasts:
        member = Boosting(Days(table).predictors, **{**OURS, **run.ours})
        return rolling(member, table, run.origins, run.leads, run.refit)

    def persistence() -> Forecasts:
        latest = Days(table).observed(run.origins)[f"latest_{TARGET}"]
        return {"": latest.expand_dims(lead=asked["lead"], axis=1)}

    def climatology() -> Forecasts:
        parts = []
        for start in range(0, len(run.origins), run.refit):
            block = run.origins[start : start + run.refit]
            known = Days(table).known_targets(block[0])
            fitted = Climatology().fit(known.to_dataset(name=TARGET), known)
            parts.append(fitted.predict(asked.sel(issue=block)))
        return {
            "mean": xr.concat([p.mean() for p in parts], "issue"),
            "median": xr.concat([p.quantile(MEDIAN)[..., 0] for p in parts], "issue"),
        }

    return {
        "ours": timed(boosting),
        "persistence": timed(persistence),
        "climatology": timed(climatology),
    }


def of_library(name: str, table: xr.Dataset, run: Run) -> Timed:
    """A library with each objective, timed together; nothing where it is not installed."""
    try:
        import_module(name)
    except ImportError:
        print(f"{name} not installed", flush=True)
        return {}
    print(f"{name} {metadata.version(name)}", flush=True)
    out = {}
    for objective in ("l2", "l1"):

        def forecast(objective: str = objective) -> Forecasts:
            settings = {**LIGHTGBM, **run.lightgbm, "objective": objective}
            peer = PEERS[name](table, run.leads, settings)
            return {objective: rolling_peer(peer, run.origins, run.refit)}

        out[f"{name} {objective}"] = timed(forecast)
    return out


def quick_run(origins: pd.DatetimeIndex, leads: int) -> Run:
    """A few origins and trees: does it run."""
    return Run(origins[:QUICK], leads, 10, {"trees": 10}, {"n_estimators": 10})


def rows(quick: bool, data: Path | None) -> Iterator[Row]:
    """Our member beside each library for the table of benchmarks; reads the Beijing files."""
    if data is None:
        yield Row("perfect prognosis", "", limit="needs --data")
        return
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    origins = pd.date_range(FIRST, LAST)
    run = quick_run(origins, 2) if quick else Run(origins, 10)
    table = read_table(data / "beijing")
    ours = of_package(table, run)["ours"][1]
    size = f"{len(run.origins)} origins, {run.leads} leads, 12 stations; processor seconds"
    for name in PEERS:
        try:
            import_module(name)
        except ImportError:
            yield Row("perfect prognosis", size, ours, limit=f"{name} is not installed")
            continue
        both = sum(seconds for _, seconds in of_library(name, table, run).values())
        yield Row("perfect prognosis", size, ours, limit=name, ratio=ours / both)


def main() -> None:
    """Print the scores by lead and the seconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", nargs="*", choices=list(PEERS), default=list(PEERS))
    parser.add_argument("--leads", type=int, default=10)
    parser.add_argument("--first", default=FIRST, help="first day of origin")
    parser.add_argument("--last", default=LAST, help="last day of origin")
    parser.add_argument("--quick", action="store_true", help="a few origins and trees: does it run")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    origins = pd.date_range(options.first, options.last)
    run = Run(origins, options.leads)
    if options.quick:
        run = quick_run(origins, options.leads)
    table = read_table(data_folder())
    if options.last != LAST:  # nothing of later days is even there
        table = table.sel(day=slice(None, pd.Timestamp(options.last)))
    found = of_package(table, run)
    for name in options.peers:
        found |= of_library(name, table, run)
    forecasts = {
        name if kind in ("", name.split()[-1]) else f"{name} {kind}": values
        for name, (kinds, _) in found.items()
        for kind, values in kinds.items()
    }
    any_forecast = found["persistence"][0][""]
    observed = targets(table, any_forecast.to_dataset(name=TARGET), TARGET)
    print(f"{len(run.origins)} origins from {run.origins[0]:%Y-%m-%d}, a fit every {run.refit}")
    print_scores(scores_by_lead(forecasts, observed))
    print("\nprocessor seconds")
    for name, (_, seconds) in found.items():
        limit = f" (limit {LIMIT_SECONDS:g})" if name == "ours" else ""
        print(f"  {name:16s} {seconds:7.1f}{limit}")


if __name__ == "__main__":
    main()
