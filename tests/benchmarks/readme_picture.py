"""Draw the picture of the README from the workspace of `wubu demo` (SIMULATED).

    wubu demo
    python tests/benchmarks/readme_picture.py demo notebooks/forecast.png

Ten days ahead for the city with the highest risk: the middle 90 and 50 % of the AQI forecast, the
issued range, and below it the probability of each level in its official colour. What came is
added where it was observed later.
"""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd

matplotlib.use("Agg")

import matplotlib.dates as mdates
import matplotlib.pyplot as plt

from forecast import Workspace, read_issued
from forecast.issued import latest_files
from forecast.standard import as_date, standard_for


def draw(workspace: Workspace, path: Path) -> None:
    """Draw the newest issued forecast of a workspace."""
    files = latest_files(workspace.issued)
    issue = max(files)
    issued = read_issued(files[issue])
    cities = issued["place"].values[issued["kind"].values == "city"]
    city = max(cities, key=lambda c: float(issued["heavy_probability"].sel(place=c).sum()))
    at, days = issued.sel(place=city), pd.DatetimeIndex(issued["valid_day"].values)
    levels = standard_for(as_date(f"{issue:%Y-%m-%d}")).levels
    came = workspace.observed_daily()["aqi"].sel(place=city).reindex(day=days)

    fig, (top, low) = plt.subplots(
        2, 1, figsize=(8, 4.6), sharex=True, height_ratios=[2.2, 1], layout="constrained"
    )
    lower, highest = 0, 1.12 * max(float(at["aqi"].max()), float(came.max()))
    for level in levels:
        top.axhspan(lower, level.upper, color=np.array(level.color) / 255, alpha=0.15, lw=0)
        lower = level.upper
    for first, last, alpha in ((0.05, 0.95, 0.25), (0.25, 0.75, 0.45)):
        ends = [at["aqi"].sel(quantile=q, method="nearest") for q in (first, last)]
        label = f"middle {last - first:.0%} of the forecast"
        top.fill_between(days, *ends, color="tab:blue", alpha=alpha, lw=0, label=label)
    middle, half = (at["aqi_high"] + at["aqi_low"]) / 2, (at["aqi_high"] - at["aqi_low"]) / 2
    top.errorbar(
        days, middle, half, fmt="none", ecolor="navy", capsize=6, lw=2, label="range issued"
    )
    top.plot(days, came, "ko", ms=6, label="what came")
    top.set(ylabel="AQI", ylim=(0, highest))
    top.set_title(f"SIMULATED {city}: forecast issued {issue:%Y-%m-%d}", fontsize=10)
    top.legend(fontsize=8, loc="upper left", ncols=2)
    bottom = np.zeros(len(days))
    for number, level in zip(at["level_number"].values, levels, strict=True):
        share = at["level_probability"].sel(level_number=number).values
        low.bar(
            days,
            share,
            bottom=bottom,
            color=np.array(level.color) / 255,
            ec="0.5",
            lw=0.4,
            label=level.en,
        )
        bottom += share
    low.set(ylabel="probability", ylim=(0, 1))
    low.legend(fontsize=7, loc="center left", bbox_to_anchor=(1, 0.5), reverse=True)
    low.xaxis.set_major_formatter(mdates.DateFormatter("%d %b"))
    fig.savefig(path, dpi=90)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(f"usage: python {sys.argv[0]} WORKSPACE PICTURE")
    draw(Workspace(Path(sys.argv[1]).resolve()), Path(sys.argv[2]))
    print(f"SIMULATED picture written to {sys.argv[2]}")
