"""What paces of the adaptive calibration are worth, by pollutant, on a back-test.

Run with ``python tests/benchmarks/adaptation_report.py CONFIG [--backtest NAME] [--data D]
[--workspace W]``. The quantiles of each issued file are read back to where they stood before they
were shifted (between the 19 issued ones linearly, so figures differ a little from those of a run),
shifted anew at each pace of `PACES` by what was known at each issue, and scored: CRPS at the
stations, and the shares within the central 50 % and 90 % intervals, without the first `SPIN_UP`
issues. To choose a pace, take a back-test before the period that is reported.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr
from backtest_given import backtest_given

from ensembles import LEVELS, Distribution
from ensembles.adaptive import level_shifts, shift_levels
from forecast.adapting import SHIFT
from forecast.evaluation.truth import observed_pairs, valid_days
from forecast.issued import latest_files, read_issued

PACES = (None, (0.005, 0.005), (0.01, 0.02), (0.01, 0.01), (0.01, 0.005), (0.02, 0.02),
         (0.02, 0.01), (0.02, 0.005))  # fmt: skip
"""Rate and decay; none: no adaptation."""
SPIN_UP = 60
ISSUED = slice(4, 95, 5)
"""Positions of the issued levels among the 99."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the report."""
    _, workspace, folder = backtest_given(__doc__, arguments)
    files = [
        read_issued(path, ("concentration", SHIFT, "kind", "issue"))
        for path in latest_files(folder / "issued").values()
    ]
    stations = np.flatnonzero(files[0]["kind"].values == "station")
    quantiles, shifts = (
        np.stack([f[n].transpose(*dims).values for f in files])
        for n, dims in (
            ("concentration", ("lead", "place", "pollutant", "quantile")),
            (SHIFT, ("lead", "pollutant", "quantile")),
        )
    )
    cases = xr.Dataset(
        coords={
            "issue": [f["issue"].values for f in files],
            "lead": files[0]["lead"].values,
            "place": files[0]["place"].values[stations],
        }
    )
    valid = valid_days(cases["issue"].values, cases["lead"].values)
    observed = observed_pairs(workspace.observed_daily(), cases, valid)
    print(f"{folder.name}: {len(files)} issues; CRPS, % within 50 / 90 %")
    for n, pollutant in enumerate(files[0]["pollutant"].values.tolist()):
        before = unshifted(
            quantiles[:, :, stations, n], shifts[:, :, n], files[0]["quantile"].values
        )
        made = Distribution.from_values(before, cases)
        came = xr.DataArray(observed[pollutant].transpose(*cases.sizes).values, cases.coords)
        for pace in PACES:
            then = made
            if pace:
                moved = level_shifts(made, came, rate=pace[0], decay=pace[1])
                then = shift_levels(made, moved)
            crps, half, most = scores(then.quantiles.values[SPIN_UP:], came.values[SPIN_UP:])
            name = "none" if pace is None else f"{pace[0]} / {pace[1]}"
            print(f"{pollutant:5s} {name:13s} {crps:8.3f}  {half:.1f} / {most:.1f}", flush=True)


def unshifted(quantiles: np.ndarray, shift: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """The 99 quantiles of which the shifted ones were issued.

    Parameters
    ----------
    quantiles : ndarray, (issue, lead, place, quantile)
        As issued; each stood at its level plus its shift.
    shift : ndarray, (issue, lead, quantile)
    levels : ndarray, (quantile,)
    """
    at = np.maximum.accumulate(levels + shift, axis=-1) + 1e-7 * np.arange(len(levels))
    values = np.empty((*quantiles.shape[:-1], len(LEVELS)), np.float32)
    for i, k, j in np.ndindex(quantiles.shape[:-1]):
        values[i, k, j] = np.interp(LEVELS, at[i, k], quantiles[i, k, j])
    return values


def scores(quantiles: np.ndarray, came: np.ndarray) -> tuple[float, float, float]:
    """CRPS from the issued levels, and the shares within the central intervals in percent."""
    error, level = came[..., None] - quantiles[..., ISSUED], LEVELS[ISSUED]
    crps = 2 * np.nanmean(np.where(error >= 0, level, level - 1) * error)
    known = np.isfinite(came)
    half, most = (
        100 * ((came >= quantiles[..., low]) & (came <= quantiles[..., high]))[known].mean()
        for low, high in ((24, 74), (4, 94))
    )
    return float(crps), float(half), float(most)


if __name__ == "__main__":
    main()
