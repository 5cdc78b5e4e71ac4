"""What the kernels and the heavy threshold of the decision are worth on a back-test.

Run with ``python tests/benchmarks/decision_report.py CONFIG [--backtest NAME] [--data D]
[--workspace W]`` on a back-test of a span that nothing is reported of. Decides the issued scenarios
of the cities again, with each width of the kernels and each probability from which on a heavy
level is issued, and prints level and range accuracy (%, mean over the leads), mean width and the
threat score of AQI > 200 by lead, beside the forecasts as issued and the index of the mean.

``equal width`` is the range accuracy of the index of the mean with ranges as wide on average as
those issued: between the accuracies of the two whole half-widths around that width.
"""

from __future__ import annotations

from collections.abc import Sequence
from unittest.mock import patch

import numpy as np
from backtest_given import backtest_given

import forecast.decision as decision
from forecast.aqi import level
from forecast.evaluation.batches import read_batch
from forecast.evaluation.mean_index import index_of_the_mean
from forecast.evaluation.truth import observed_pairs, valid_days
from forecast.issued import latest_files
from forecast.scenarios import Scenarios
from forecast.standard import as_date, standard_for

SPREADS = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3)
HEAVY_FROM = (0.22, 0.28, 0.35, 0.5)
WANTED = ("scenario_aqi", "concentration_mean", "aqi_low", "aqi_high", "level", "kind")
WIDER = range(-8, 17)
"""AQI units added to every half-width of the index of the mean."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    config, workspace, folder = backtest_given(__doc__, arguments)
    issued = read_batch(list(latest_files(folder / "issued").values()))[list(WANTED)]
    issued = issued.isel(place=np.flatnonzero(issued["kind"].values == "city"))
    valid = valid_days(issued["issue"].values, issued["lead"].values)
    truth = observed_pairs(workspace.observed_daily(), issued, valid)
    order = ("issue", "lead", "place")
    seen = [truth[n].transpose(*order).values for n in ("aqi", "level")]
    aqi = issued["scenario_aqi"].transpose("scenario", *order).values
    aqi = aqi.reshape(len(aqi), -1, aqi.shape[-1])  # as many leads, for one decision of all
    standard = standard_for(as_date(valid[0, 0]))
    number = np.where(np.isfinite(aqi), level(np.nan_to_num(aqi), standard), 0).astype(np.int8)
    joint = Scenarios(np.empty((*aqi.shape, 0)), aqi, number, np.zeros_like(number, np.int16))
    print(f"{folder.name}: level %, range %, width, TS by lead", flush=True)
    own = [issued[n].transpose(*order).values for n in ("aqi_low", "aqi_high", "level")]
    print(_line("as issued", *own, *seen), flush=True)
    naive, width = [], _held(*own[:2], seen[0])[1]
    for more in WIDER:
        half_width = {k: v + more for k, v in config.evaluation.half_width.items()}
        made = index_of_the_mean(issued, standard, half_width)
        found = [made[n].transpose(*order).values for n in ("aqi_low", "aqi_high", "level")]
        naive.append(_held(*found[:2], seen[0]))
        if not more:
            print(_line("mean", *found, *seen), flush=True)
    held = np.interp(width, [w for _, w in naive], [100 * h for h, _ in naive])
    print(f"mean, equal width: range {held:.1f} %, width {width:.1f}", flush=True)
    for spread in SPREADS:
        for heavy_from in HEAVY_FROM:
            decision._kernels.cache_clear()
            with patch.object(decision, "SPREAD", spread):
                made = decision.decide(joint, standard, config.evaluation.half_width, heavy_from)
            found = (x.reshape(seen[0].shape) for x in (made.low, made.high, made.level))
            print(_line(f"{spread:g}, {heavy_from:g}", *found, *seen), flush=True)
    decision._kernels.cache_clear()


def _line(
    name: str,
    low: np.ndarray,
    high: np.ndarray,
    issued_level: np.ndarray,
    aqi: np.ndarray,
    observed_level: np.ndarray,
) -> str:
    """Scores of one way to decide; arrays (issue, lead, place)."""
    pair = np.isfinite(low) & np.isfinite(aqi)
    count = pair.sum(axis=(0, 2))
    hit = (pair & (issued_level == observed_level)).sum(axis=(0, 2)) / count
    held, width = _held(low, high, aqi)
    said, came = pair & (issued_level >= 5), pair & (aqi > decision.HEAVY)
    either = np.maximum((said | came).sum(axis=(0, 2)), 1)
    ts = (said & came).sum(axis=(0, 2)) / either
    by_lead = " ".join(f"{x:.2f}" for x in ts)
    return f"{name:12s} {100 * hit.mean():5.1f} {100 * held:5.1f} {width:5.1f}  {by_lead}"


def _held(low: np.ndarray, high: np.ndarray, aqi: np.ndarray) -> tuple[float, float]:
    """Share of values in their range, mean over the leads, and mean width of the ranges."""
    pair = np.isfinite(low) & np.isfinite(aqi)
    held = (pair & (low <= aqi) & (aqi <= high)).sum(axis=(0, 2)) / pair.sum(axis=(0, 2))
    return float(held.mean()), float(np.where(pair, high - low, 0).sum() / pair.sum())


if __name__ == "__main__":
    main()
