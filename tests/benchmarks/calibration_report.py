"""How far a back-test's probabilities and joint scenarios mean what they say.

Run with ``python tests/benchmarks/calibration_report.py CONFIG [--backtest NAME] [--data D]
[--workspace W]``. Prints, for the issued forecasts of a back-test,

- the share of daily values within the central 50 % and 90 % intervals, over all, by lead and by
  season, of every pollutant at the stations and of the AQI at the cities;
- the reliability of P(AQI > 200) at the cities, with the band that chance gives a reliable
  forecast (90 %; days that hang together widen it, so the number of independent pairs is put at
  one issue in five);
- TS of AQI > 200 at the cities by lead, as issued and with the threshold of P(AQI > 200) that would
  have been best on these very days: no decision from these probabilities does better;
- what the joint scenarios are worth: the variogram score over leads, and the rank histograms of
  3-day maxima of the AQI and of the mean over a city's stations, beside the same scenarios in
  shuffled order.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import xarray as xr
from backtest_given import backtest_given
from scipy.stats import binom

from ensembles.table import season_of
from forecast.evaluation.batches import read_batch
from forecast.evaluation.truth import observed_pairs, valid_days
from forecast.issued import latest_files
from forecast.pollutants import POLLUTANTS
from verification import multivariate_sums, variogram_score

SEASONS = ("DJF", "MAM", "JJA", "SON")
HEAVY, WINDOW, APART = 200, 3, 5
"""AQI of a heavy day, days of a maximum, and issues from one independent pair to the next."""
HEAVY_LEVEL, THRESHOLDS = 5, np.arange(0.02, 0.8, 0.02)
"""Level of a heavy day, and thresholds of its probability that are tried."""
BLOCK, REPLICATES = 15, 2000
"""Issues in a block of the bootstrap, and its replicates."""
RANKS = 10
"""Bins of a rank histogram."""
BINS = np.array([0, 0.02, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0001])
POPULATED = 10
"""Independent pairs that make a bin a populated one."""
WANTED = ("concentration", "aqi", "heavy_probability", "level", "scenario_aqi", "kind", "city")


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the report."""
    _, workspace, folder = backtest_given(__doc__, arguments)
    paths = list(latest_files(folder / "issued").values())
    issued = read_batch(paths)
    valid = valid_days(issued["issue"].values, issued["lead"].values)
    observed = observed_pairs(workspace.observed_daily(), issued, valid)
    print(f"{folder.name}: {len(paths)} issues")
    coverage_table(issued, observed, valid)
    reliability_table(issued, observed)
    heavy_table(issued, observed)
    scenario_table(issued, observed)


def coverage_table(issued: xr.Dataset, observed: xr.Dataset, valid: np.ndarray) -> None:
    """Share of the observed values within the central intervals."""
    season = season_of(valid)
    station = issued["kind"].values == "station"
    print("\nshare within the central interval, %: all | leads 1 … | DJF MAM JJA SON")
    for name in (*POLLUTANTS, "aqi"):
        at = ~station if name == "aqi" else station
        q = issued["aqi"] if name == "aqi" else issued["concentration"].sel(pollutant=name)
        q = q.transpose("issue", "lead", "place", "quantile").values[:, :, at]
        y = observed[name].values[:, :, at]
        level = issued["quantile"].values
        for share in (0.5, 0.9):
            low, high = (int(np.abs(level - (1 + sign * share) / 2).argmin()) for sign in (-1, 1))
            inside = np.where(np.isfinite(y), (y >= q[..., low]) & (y <= q[..., high]), np.nan)
            by_lead = " ".join(f"{100 * v:.0f}" for v in np.nanmean(inside, axis=(0, 2)))
            by_season = " ".join(
                f"{100 * np.nanmean(inside[season == s]):.0f}" if (season == s).any() else "–"
                for s in range(len(SEASONS))
            )
            print(
                f"{name:5s} {share:.0%}: {100 * np.nanmean(inside):5.1f} | {by_lead} | {by_season}"
            )


def reliability_table(issued: xr.Dataset, observed: xr.Dataset) -> None:
    """Observed frequency of heavy days by their probability, with the band of chance."""
    city = issued["kind"].values == "city"
    p = issued["heavy_probability"].transpose("issue", "lead", "place").values[:, :, city]
    y = observed["aqi"].values[:, :, city]
    known = np.isfinite(p) & np.isfinite(y)
    p, heavy = p[known], y[known] > HEAVY
    print("\nP(AQI > 200) at cities: mean probability, observed frequency, band of chance, pairs")
    for low, high in pairwise(BINS):
        inside = (p >= low) & (p < high)
        independent = int(inside.sum() / APART)
        if not inside.any():
            continue
        mean, found = p[inside].mean(), heavy[inside].mean()
        ends = binom.ppf([0.05, 0.95], max(independent, 1), mean) / max(independent, 1)
        within = ends[0] - 1e-9 <= found <= ends[1] + 1e-9
        verdict = ("within" if within else "OUTSIDE") if independent >= POPULATED else "few pairs"
        print(
            f"  {100 * mean:5.1f} % {100 * found:5.1f} %  [{100 * ends[0]:.0f}, "
            f"{100 * ends[1]:.0f}] {inside.sum():6d}  {verdict}"
        )


def heavy_table(issued: xr.Dataset, observed: xr.Dataset) -> None:
    """TS of heavy days as issued, and the best that any threshold of the probability gives."""
    city = issued["kind"].values == "city"
    p, said = (
        issued[n].transpose("lead", "issue", "place").values[..., city]
        for n in ("heavy_probability", "level")
    )
    aqi = observed["aqi"].transpose("lead", "issue", "place").values[..., city]
    print("\nTS of AQI > 200 at cities by lead: issued | best threshold on these days")
    for k, lead in enumerate(issued["lead"].values):
        known = np.isfinite(aqi[k]) & np.isfinite(p[k])
        came = aqi[k][known] > HEAVY
        best, at = max((threat(p[k][known] >= t, came), t) for t in THRESHOLDS)
        of_issued = threat(said[k][known] >= HEAVY_LEVEL, came)
        print(f"  {lead:2d}  {of_issued:.3f} | {best:.3f} at {at:.2f}  {came.sum()} of {came.size}")


def threat(said: np.ndarray, came: np.ndarray) -> float:
    """Threat score: hits among what was said or came."""
    return float((said & came).sum() / max((said | came).sum(), 1))


def scenario_table(issued: xr.Dataset, observed: xr.Dataset) -> None:
    """Scores and rank histograms of what joins days or places, beside shuffled scenarios."""
    scenarios = issued["scenario_aqi"].transpose("scenario", "issue", "lead", "place").values
    aqi = observed["aqi"].values
    rng = np.random.default_rng(0)
    shuffled = rng.permuted(scenarios, axis=0)
    # one order a (issue, lead, place) breaks the dependence and leaves each margin as it is
    city = issued["kind"].values == "city"
    print("\njoint scenarios of the AQI: as issued | shuffled")
    for name, made in (("as issued", scenarios), ("shuffled", shuffled)):
        dims = ("scenario", "issue", "lead", "place")
        fcst = xr.DataArray(made[..., city], dims=dims)
        obs = xr.DataArray(aqi[:, :, city], dims=dims[1:])
        sums = multivariate_sums(fcst, obs, dims="lead", member_dim="scenario")
        score = float(variogram_score(sums))
        print(f"  {name:10s} variogram score over leads {score:.1f}")
        longest = maxima(made[..., city], axis=2), maxima(aqi[:, :, city], axis=1)
        print(f"  {name:10s} {WINDOW}-day maxima at cities: {histogram(*longest)}")
        for one in np.unique(issued["city"].values[~city]):
            at = ~city & (issued["city"].values == one)
            if at.sum() > 1:
                means = made[..., at].mean(axis=-1)[..., None], aqi[..., at].mean(-1)[..., None]
                print(f"  {name:10s} mean over the stations of {one}: {histogram(*means)}")


def maxima(values: np.ndarray, axis: int) -> np.ndarray:
    """Highest value of each run of days that does not overlap another."""
    runs = values.shape[axis] // WINDOW
    cut = np.take(values, np.arange(runs * WINDOW), axis=axis)
    shape = (*cut.shape[:axis], runs, WINDOW, *cut.shape[axis + 1 :])
    return cut.reshape(shape).max(axis=axis + 1)


def histogram(made: np.ndarray, seen: np.ndarray) -> str:
    """Counts of ranks of (scenario, issue, …) in ten bins, with the test of flatness.

    Days and leads hang together, so the chi-square is set beside what blocks of `BLOCK` issues in
    a row, drawn with replacement, make of the deviations from the counts found.
    """
    rng = np.random.default_rng(1)
    known = np.isfinite(seen) & np.isfinite(made).all(axis=0)
    below, ties = (made < seen).sum(axis=0), (made == seen).sum(axis=0)
    rank = below + np.floor(rng.random(below.shape) * (ties + 1)).astype(int)
    bins = np.arange(len(made) + 1) * RANKS // (len(made) + 1)
    of_issue = np.stack(
        [((bins[rank] == k) & known).reshape(len(seen), -1).sum(axis=1) for k in range(RANKS)], 1
    )
    count = of_issue.sum(axis=0)
    share = np.bincount(bins, minlength=RANKS) / len(bins)

    def square(deviation: np.ndarray, pairs: np.ndarray | int) -> np.ndarray:
        return (deviation**2 / (np.multiply.outer(pairs, share))).sum(axis=-1)

    found = square(count - count.sum() * share, count.sum())
    start = rng.integers(0, len(seen), (REPLICATES, -(-len(seen) // BLOCK)))
    drawn = (start[..., None] + np.arange(BLOCK)).reshape(REPLICATES, -1)[:, : len(seen)]
    again = of_issue[drawn % len(seen)].sum(axis=1)
    pairs = again.sum(axis=1)
    by_chance = square(again - pairs[:, None] * count / count.sum(), pairs)
    shares = " ".join(f"{100 * c / count.sum():.0f}" for c in count)
    return f"{shares} %  χ² {found:.0f}, p {np.mean(by_chance >= found):.2f}"


if __name__ == "__main__":
    main()
