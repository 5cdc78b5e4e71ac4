"""Two back-tests of the same stations side by side, as with guidance and without.

Run with ``python tests/benchmarks/compare_backtests.py CONFIG FIRST SECOND``, two folders of issued
files; CONFIG gives the observations by its workspace (``--data``, ``--workspace``). Prints CRPS at
the stations (2 × mean pinball loss over 19 quantiles) of the first by pollutant and lead, over the
issues and pairs that both have, and how much the second differs, with the 90 % interval of a
circular block bootstrap over issues (blocks of 15 days).
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import xarray as xr

from forecast.config import load_config
from forecast.evaluation.truth import observed_pairs, valid_days
from forecast.issued import latest_files, read_issued
from forecast.pollutants import POLLUTANTS
from forecast.workspace import Workspace

LEVELS = np.arange(1, 20) / 20
BLOCK, REPLICATES, INTERVAL = 15, 500, (0.05, 0.95)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the comparison."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("config", type=Path)
    parser.add_argument("folders", type=Path, nargs=2)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--workspace", type=Path)
    given = parser.parse_args(arguments)
    config = load_config(given.config, data=given.data, workspace=given.workspace)
    observed = Workspace(config.workspace_folder).observed_daily()
    files = [latest_files(folder) for folder in given.folders]
    days = sorted(set(files[0]) & set(files[1]))
    if not days:
        raise SystemExit("the two folders share no issue")
    print(f"{len(days)} issues, {days[0]:%Y-%m-%d} … {days[-1]:%Y-%m-%d}", flush=True)
    first, second = (xr.concat([_read(f[day]) for day in days], "issue") for f in files)
    first, second = xr.align(first, second, join="inner")
    truth = observed_pairs(observed, first, valid_days(first["issue"].values, first["lead"].values))
    for p in POLLUTANTS:
        y = truth[p].transpose("issue", "lead", "place").values
        losses = [_losses(part.sel(pollutant=p), y) for part in (first, second)]
        both = np.isfinite(losses[0]) & np.isfinite(losses[1])
        low, middle, high = difference(*(np.where(both, loss, np.nan) for loss in losses))
        of_first = np.nanmean(np.where(both, losses[0], np.nan), axis=(0, 2))
        for name, values in (("", of_first), ("diff", middle), ("low", low), ("high", high)):
            print(f"{p if not name else '':5s} {name:4s}", *(f"{v:8.2f}" for v in values))


def difference(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Low end, value and high end of the mean of second − first by lead.

    Parameters
    ----------
    first, second : ndarray, (issue, lead, place)
        Losses of the same pairs; NaN where there is none.
    """
    gap = second - first
    known = np.isfinite(gap)
    total, count = np.where(known, gap, 0).sum(axis=2), known.sum(axis=2)
    rng, n = np.random.default_rng(1), len(gap)
    starts = rng.integers(0, n, (REPLICATES, -(-n // BLOCK)))
    rows = ((starts[..., None] + np.arange(BLOCK)) % n).reshape(REPLICATES, -1)[:, :n]
    drawn = total[rows].sum(axis=1) / np.maximum(count[rows].sum(axis=1), 1)
    low, high = np.quantile(drawn, INTERVAL, axis=0)
    return low, total.sum(axis=0) / np.maximum(count.sum(axis=0), 1), high


def _read(path: Path) -> xr.DataArray:
    issued = read_issued(path, only=("concentration", "kind", "issue"))
    stations = np.flatnonzero(issued["kind"].values == "station")
    keep = ("lead", "place", "pollutant", "quantile", "issue")
    values = issued["concentration"].isel(place=stations)
    return values.drop_vars([c for c in values.coords if c not in keep])


def _losses(forecast: xr.DataArray, y: np.ndarray) -> np.ndarray:
    q = forecast.transpose("issue", "lead", "place", "quantile").values
    above = y[..., None] - q
    return np.asarray(2 * np.maximum(LEVELS * above, (LEVELS - 1) * above).mean(axis=-1))


if __name__ == "__main__":
    main()
