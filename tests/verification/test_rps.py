"""Ranked probability score against arithmetic by hand and the library `scoringrules`."""

import numpy as np
import pytest
import scoringrules
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from verification import (
    brier_score,
    brier_sums,
    merge,
    ranked_probability_score,
    rps_skill,
    rps_sums,
)


def levels(values, labels=(1, 2, 3)):
    return xr.DataArray(values, dims=("x", "level"), coords={"level": list(labels)})


def series(values):
    return xr.DataArray(values, dims="x")


def test_by_hand():
    sums = rps_sums(levels([[0.2, 0.5, 0.3], [0.6, 0.4, 0.0]]), series([1, 3]))
    # cumulative .2, .7, 1 against 1, 1, 1; and .6, 1, 1 against 0, 0, 1
    first, second = 0.8**2 + 0.3**2, 0.6**2 + 1.0**2
    np.testing.assert_allclose(ranked_probability_score(sums), (first + second) / 2)
    # observed 1 and 3: c = 1/2, 1/2, 1
    np.testing.assert_allclose(rps_skill(sums), 1 - (first + second) / 2 / (0.25 + 0.25))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31), st.integers(2, 7))
def test_against_scoringrules_and_the_brier_scores_of_the_levels(seed, n):
    rng = np.random.default_rng(seed)
    p = levels(rng.dirichlet(np.ones(n), 12), range(1, n + 1))
    observed = series(rng.integers(1, n + 1, 12))
    found = ranked_probability_score(rps_sums(p, observed, keep="x"))
    expected = scoringrules.rps_score(observed.values, p.values, backend="numpy")
    np.testing.assert_allclose(found, expected, atol=1e-12)
    parts = [
        brier_score(
            brier_sums(p.sel(level=slice(k + 1, None)).sum("level").clip(0, 1), observed > k)
        )
        for k in range(1, n)
    ]
    np.testing.assert_allclose(found.mean(), sum(parts), atol=1e-12)


def test_levels_further_off_cost_more():
    sure = levels([[0.0, 1.0, 0.0, 0.0]] * 4, range(1, 5))
    found = ranked_probability_score(rps_sums(sure, series([1, 2, 3, 4]), keep="x"))
    assert found.values.tolist() == [1, 0, 1, 2]


def test_the_frequencies_of_the_sample_have_no_skill():
    observed = series([1, 1, 2, 3])
    sums = rps_sums(levels([[0.5, 0.25, 0.25]] * 4), observed)
    assert float(rps_skill(sums)) == pytest.approx(0.0, abs=1e-15)
    assert np.isnan(rps_skill(rps_sums(levels([[0.5, 0.25, 0.25]] * 2), series([2, 2]))))


def test_float32_that_does_not_quite_add_up():
    p = levels(np.full((3, 3), 1 / 3, dtype="float32"))
    sums = rps_sums(p, series([3, 3, 3]))
    np.testing.assert_allclose(ranked_probability_score(sums), 1 / 9 + 4 / 9, rtol=1e-6)
    assert float(sums["squared_error"].sel(level=3)) == 0.0


def test_missing_level_or_probability_drops_the_pair():
    p = levels([[0.2, 0.8, np.nan], [0.2, 0.8, 0.0], [0.2, 0.8, 0.0]])
    assert float(rps_sums(p, series([1, np.nan, 2]))["pairs"]) == 1


def test_invalid_input_raises():
    good, observed = levels([[0.2, 0.5, 0.3]]), series([1])
    with pytest.raises(ValueError, match=r"must add up to 1, found 0\.7"):
        rps_sums(good.where(good["level"] < 3, 0), observed)
    with pytest.raises(ValueError, match=r"lie in \[0, 1\], found -0\.2"):
        rps_sums(levels([[-0.2, 0.9, 0.3]]), observed)
    with pytest.raises(ValueError, match=r"must be among \[1.0, 2.0, 3.0\], found 4"):
        rps_sums(good, series([4]))
    with pytest.raises(ValueError, match="rising order"):
        rps_sums(levels([[0.2, 0.5, 0.3]], (3, 2, 1)), observed)
    with pytest.raises(ValueError, match="'level' labelled with its numbers"):
        rps_sums(good.drop_vars("level"), observed)


def test_different_levels_do_not_merge():
    parts = [rps_sums(levels([[0.2, 0.5, 0.3]], k), series([2])) for k in ((1, 2, 3), (2, 3, 4))]
    with pytest.raises(ValueError, match="dimension 'level' differs at position 0"):
        merge(*parts)
