"""Estimates of several scores and sets of sums at once."""

import numpy as np
import pytest
import xarray as xr

from verification import SCORES, bias, continuous_sums, mae, rmse
from verification.inference import contrasts
from verification.inference.contrasts import METHOD, Bootstrap, estimates


def sums_of(values, dims=("issue",)):
    error = xr.DataArray(np.asarray(values, dtype=float), dims=dims)
    return continuous_sums(error, xr.zeros_like(error), keep=dims)


@pytest.fixture
def two():
    rng = np.random.default_rng(0)
    first = rng.normal(size=(60, 3))
    return [sums_of(x, ("issue", "lead")) for x in (first, 0.5 * first + rng.normal(size=(60, 3)))]


def test_values_by_default():
    found = estimates([sums_of([1.0, -3.0] * 20)], [mae, bias, rmse], Bootstrap())
    # Errors 1 and -3: means 2 and -1, mean square (1 + 9) / 2.
    assert [float(of_score["value"]) for [of_score] in found] == [2.0, -1.0, 5.0**0.5]


def test_several_scores_are_as_one_by_one(two):
    options = Bootstrap(replicates=50, seed=4, level=0.8)
    scores = [SCORES["mae"], SCORES["rmse"], SCORES["bias"]]
    for score, together in zip(scores, estimates(two, scores, options), strict=True):
        [alone] = estimates(two, [score], options)
        assert len(together) == 2  # the value of each set
        for a, b in zip(together, alone, strict=True):
            xr.testing.assert_identical(a, b)


def test_contrast_of_three_sets(two):
    third = sums_of(np.random.default_rng(1).normal(size=(60, 3)), ("issue", "lead"))

    def combined(x):
        return [x[0] - x[2], x[0] - 2 * x[1] + x[2]]

    [[first, second]] = estimates([*two, third], [mae], Bootstrap(replicates=60), combined)
    values = [mae(s.sum("issue").assign_attrs(s.attrs)) for s in (*two, third)]
    np.testing.assert_allclose(first["value"], values[0] - values[2])
    np.testing.assert_allclose(second["value"], values[0] - 2 * values[1] + values[2])
    [[alone]] = estimates([two[0], third], [mae], Bootstrap(replicates=60), lambda x: [x[0] - x[1]])
    xr.testing.assert_allclose(first, alone)


def test_blocks_fit_each_score(two, monkeypatch):
    lengths = iter([15, 10, 15])
    monkeypatch.setattr(contrasts, "persistent_block", lambda influence: next(lengths))
    found = estimates(two[:1], [mae, rmse, bias], Bootstrap(replicates=50))
    assert [of_score.attrs["block"] for [of_score] in found] == [15, 10, 15]
    for [given], score in zip(found, (mae, rmse, bias), strict=True):
        [[alone]] = estimates(two[:1], [score], Bootstrap("issue", given.attrs["block"], 50))
        xr.testing.assert_allclose(given, alone)


def test_options_are_recorded(two):
    [[found]] = estimates(two[:1], [mae], Bootstrap("issue", 7, 30, 5, 0.6))
    recorded = {"method": METHOD, "block": 7, "replicates": 30, "seed": 5, "level": 0.6}
    assert found.attrs == recorded
    assert set(found.data_vars) == {"value", "low", "high", "p"}
    assert found["low"].dims == ("lead",)


def test_bad_options():
    with pytest.raises(ValueError, match="block and replicates must be at least 1, found 0, 1000"):
        Bootstrap(block=0)
    with pytest.raises(ValueError, match="block and replicates must be at least 1, found None, 0"):
        Bootstrap(replicates=0)
    for level in (0.0, 1.0, 95):
        with pytest.raises(ValueError, match=f"level must lie between 0 and 1, found {level}"):
            Bootstrap(level=level)


def test_bad_sums(two):
    with pytest.raises(ValueError, match=r"must keep 'issue' .* along it; \['weight'\] do not"):
        estimates([two[0].assign(weight=1.0)], [mae], Bootstrap())
    backwards = two[0].assign_coords(issue=np.arange(60)[::-1])
    with pytest.raises(ValueError, match="'issue' must be in order of time"):
        estimates([backwards], [mae], Bootstrap())
    fewer = two[1].copy(deep=True)
    fewer["pairs"][3, 1] = 0
    with pytest.raises(ValueError, match=r"1 and 0 pairs at position \{'issue': 3, 'lead': 1\}"):
        estimates([two[0], fewer], [mae], Bootstrap())
