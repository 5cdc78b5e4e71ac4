"""Central intervals against arithmetic by hand and the library `scoringrules`."""

import numpy as np
import pytest
import scoringrules
import xarray as xr

from verification import SCORES, coverage, interval_score, quantile_sums, width

LEVELS = np.round(np.arange(1, 20) * 0.05, 2)
# Positions of 0.25 and 0.75, 0.1 and 0.9, 0.05 and 0.95.
ENDS = {50: (4, 14), 80: (1, 17), 90: (0, 18)}


def grid(values, levels):
    return xr.DataArray(values, dims=("x", "quantile"), coords={"quantile": levels})


def test_interval_score_by_hand():
    fcst = grid([[10.0, 20.0, 40.0]] * 3, [0.1, 0.5, 0.9])
    sums = quantile_sums(fcst, xr.DataArray([30.0, 5.0, 43.0], dims="x"))
    # width 30 each, and 2 / .2 for each unit outside: 5 below, 3 above
    expected = (30 + (30 + 10 * 5) + (30 + 10 * 3)) / 3
    np.testing.assert_allclose(interval_score(sums, 0.8), expected)


@pytest.mark.parametrize("percent", sorted(ENDS))
def test_against_scoringrules_and_numpy(percent):
    rng = np.random.default_rng(percent)
    fcst = np.sort(rng.gamma(2.0, 40.0, (60, 19)).astype("float32"), axis=1)
    observed = rng.gamma(2.0, 40.0, 60)
    sums = quantile_sums(grid(fcst, LEVELS.astype("float32")), xr.DataArray(observed, dims="x"))
    low, high = (fcst[:, at].astype(float) for at in ENDS[percent])
    expected = scoringrules.interval_score(
        observed, low, high, 1 - percent / 100, backend="numpy"
    ).mean()
    np.testing.assert_allclose(SCORES[f"interval_score_{percent}"](sums), expected, rtol=1e-6)
    np.testing.assert_allclose(SCORES[f"width_{percent}"](sums), (high - low).mean(), rtol=1e-6)
    inside = ((observed >= low) & (observed <= high)).mean()
    assert float(SCORES[f"coverage_{percent}"](sums)) == inside


def test_missing_interval_is_named():
    sums = quantile_sums(grid([[1.0, 2.0, 3.0]], [0.1, 0.5, 0.9]), xr.DataArray([2.0], dims="x"))
    for score in (coverage, width, interval_score):
        with pytest.raises(
            ValueError, match=r"no central interval of 0.9 among the levels, .*\[0.8\]"
        ):
            score(sums)
