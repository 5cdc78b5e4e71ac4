"""What learning from a sample of the cases costs in skill.

Run with ``python tests/benchmarks/sample_loss.py CONFIG --until 2015-09-30 --to 2016-01-31
[--rows 200000 100000 50000] [--pollutant pm25] [--data D] [--workspace W]`` on a workspace that is
ingested. Trains the ensemble of one pollutant, without analogs, at one day, from all cases known
and from samples of at most so many, forecasts every day after it, and prints CRPS by lead, the
paired difference to learning from all with its block-bootstrap interval of 90 %, and the CPU time
of training.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from compare_backtests import difference

from ensembles import ISSUED_LEVELS, make_folds
from forecast.cases import build_cases, targets
from forecast.config import Config, load_config
from forecast.engines.learning_store import Learning
from forecast.fitting import fit_members
from forecast.known import Known, known_at
from forecast.learning import learning_cases
from forecast.members import members_for
from forecast.training import ENSEMBLE, Finish, observed_past, training_data
from forecast.workspace import Workspace


def sampled(config: Config, rows: int | None) -> Config:
    """The configuration with a sample and without analogs."""
    members = [m for m in config.training.members if m != "analog"]
    training = config.training.model_copy(update={"sample_rows": rows, "members": members})
    return config.model_copy(update={"training": training, "guidance": []})


def forecasts(
    known: Known, config: Config, until: pd.Timestamp, later: xr.Dataset, pollutant: str
) -> tuple[xr.DataArray, int, float]:
    """Quantiles of the cases `later`, rows learned from, and CPU seconds of training."""
    archive = known.workspace.weather(config, config.forecast_products[0].product)
    issues = archive.issues()
    at = Known(until, known.stations, known.hourly, known.daily, known.workspace, config)
    cases = learning_cases(at, issues[issues <= until])
    cases, daily = training_data(cases, known.daily, config, until)
    began = time.process_time()
    outcome, _ = fit_members(
        {pollutant: members_for(pollutant, cases, config)},
        Learning(
            cases,
            {pollutant: targets(daily, cases, pollutant)},
            make_folds(cases, config.training.folds),
            observed_past(daily, known.stations.index.to_numpy()),
        ),
        Finish("", frozenset()),
        workers=config.workers,
    )[pollutant]
    seconds = time.process_time() - began
    made = outcome.predict(later)[ENSEMBLE].quantiles
    return made, int(np.prod([cases.sizes[d] for d in ("issue", "lead", "place")])), seconds


def losses(quantiles: np.ndarray, came: np.ndarray) -> np.ndarray:
    """CRPS of each case, 2 × mean pinball loss over the 19 issued levels; NaN without pair."""
    error = came[..., None] - quantiles[..., 4:95:5]
    return 2 * np.where(error >= 0, ISSUED_LEVELS * error, (ISSUED_LEVELS - 1) * error).mean(-1)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("config", type=Path)
    parser.add_argument("--until", type=pd.Timestamp, required=True)
    parser.add_argument("--to", type=pd.Timestamp, required=True)
    parser.add_argument("--rows", type=int, nargs="+", default=[160_000, 80_000, 40_000])
    parser.add_argument("--pollutant", default="pm25")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--workspace", type=Path)
    given = parser.parse_args()
    config = load_config(given.config, data=given.data, workspace=given.workspace)
    workspace = Workspace(config.workspace_folder)
    known = known_at(workspace, config, given.to)
    issues = pd.date_range(given.until + pd.Timedelta(days=1), given.to)
    later = build_cases(known, issues, leave_out=True)
    came = targets(known.daily, later, given.pollutant)
    print(f"{config.name}: {given.pollutant}, issues {issues[0]:%Y-%m-%d} … {issues[-1]:%Y-%m-%d}")
    whole = None
    for most in (None, *given.rows):
        quantiles, rows, seconds = forecasts(
            known, sampled(config, most), given.until, later, given.pollutant
        )
        score = losses(quantiles.values, came.values)
        by_lead = " ".join(f"{v:.1f}" for v in np.nanmean(score, axis=(0, 2)))
        line = f"{rows:8,d} rows  {seconds:5.0f} CPU s  CRPS {np.nanmean(score):.2f}  {by_lead}"
        if whole is not None:
            both = [s.reshape(len(s), 1, -1) for s in (whole, score)]  # all leads as one
            low, middle, high = (float(v[0]) for v in difference(*both))
            line += f"  loss {middle:+.2f} [{low:+.2f}, {high:+.2f}]"
        print(line, flush=True)
        whole = score if whole is None else whole


if __name__ == "__main__":
    main()
