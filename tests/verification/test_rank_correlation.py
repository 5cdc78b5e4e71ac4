"""Spearman's rank correlation against scipy, exact and from counts by class."""

import numpy as np
import pytest
import scipy.stats
import scores.continuous as reference
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from verification import group_sums, joint_class_sums, merge, rank_correlation, spearman

EDGES = np.arange(500)


def indices(seed=0, shape=(40, 3, 5)):
    """Whole numbers from 0 to 500 with ties and gaps, as of an air-quality index."""
    rng = np.random.default_rng(seed)
    obs = xr.DataArray(rng.gamma(2.0, 40.0, shape), dims=("issue", "lead", "place"))
    fcst = obs * rng.lognormal(0.1, 0.4, obs.shape)
    fcst, obs = (np.ceil(x).clip(0, 500).astype(np.float32) for x in (fcst, obs))
    return fcst.where(rng.random(shape) > 0.1), obs.where(rng.random(shape) > 0.1)


def test_by_hand():
    fcst = xr.DataArray([10.0, 30.0, 30.0, 80.0], dims="x")
    obs = xr.DataArray([20.0, 50.0, 40.0, 60.0], dims="x")
    # ranks 1, 2.5, 2.5, 4 and 1, 3, 2, 4 less their mean 2.5
    a, b = [-1.5, 0, 0, 1.5], [-1.5, 0.5, -0.5, 1.5]
    covariance = sum(x * y for x, y in zip(a, b, strict=True))
    expected = covariance / ((2.25 + 0 + 0 + 2.25) * (2.25 + 0.25 + 0.25 + 2.25)) ** 0.5
    np.testing.assert_allclose(spearman(fcst, obs, "x"), expected)
    np.testing.assert_allclose(rank_correlation(joint_class_sums(fcst, obs, EDGES)), expected)


def test_exact_against_scipy_and_scores():
    fcst, obs = indices()
    found = spearman(fcst, obs, "issue")
    assert found.dims == ("lead", "place")
    for lead, place in np.ndindex(3, 5):
        f, o = fcst[:, lead, place].values, obs[:, lead, place].values
        valid = ~(np.isnan(f) | np.isnan(o))
        expected = scipy.stats.spearmanr(f[valid], o[valid]).statistic
        np.testing.assert_allclose(found[lead, place], expected, rtol=1e-12)
    pooled = spearman(fcst, obs, ("place", "issue"))
    f, o = (x.transpose("lead", "issue", "place") for x in (fcst, obs))
    both = (f.notnull() & o.notnull()).values
    for lead in range(3):
        expected = scipy.stats.spearmanr(f.values[lead][both[lead]], o.values[lead][both[lead]])
        np.testing.assert_allclose(pooled[lead], expected.statistic, rtol=1e-12)
    f, o = (x.fillna(7.0) for x in (fcst, obs))
    np.testing.assert_allclose(
        spearman(f, o, "issue"),
        reference.correlation.spearmanr(f, o, reduce_dims="issue").transpose("lead", "place"),
        rtol=1e-12,
    )


def test_counts_of_whole_numbers_are_exact():
    fcst, obs = indices(1)
    sums = joint_class_sums(fcst, obs, EDGES, keep="lead")
    np.testing.assert_allclose(
        rank_correlation(sums), spearman(fcst, obs, ("issue", "place")), rtol=1e-12
    )
    np.testing.assert_allclose(
        rank_correlation(group_sums(sums)),
        spearman(fcst, obs, ("issue", "lead", "place")),
        rtol=1e-12,
    )
    parts = [joint_class_sums(fcst[cut], obs[cut], EDGES) for cut in (slice(9), slice(9, None))]
    assert float(rank_correlation(merge(*parts))) == float(rank_correlation(group_sums(sums)))


def test_wide_classes_are_ties():
    fcst, obs = indices(2)
    classes = [xr.apply_ufunc(np.searchsorted, [50, 100, 200], x.fillna(999)) for x in (fcst, obs)]
    classes = [c.where(x.notnull()) for c, x in zip(classes, (fcst, obs), strict=True)]
    found = rank_correlation(joint_class_sums(fcst, obs, [50, 100, 200]))
    expected = spearman(*classes, ("issue", "lead", "place"))
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_edges_belong_to_the_class_below_and_are_recorded():
    fcst, obs = xr.DataArray([50.0, 50.1], dims="x"), xr.DataArray([51.0, 49.0], dims="x")
    sums = joint_class_sums(fcst, obs, [50])
    assert sums["count"].values.tolist() == [[0, 1], [1, 0]]
    assert sums["class_obs"].values.tolist() == [50, np.inf]
    with pytest.raises(ValueError, match="dimension 'class_fcst' differs at position 0"):
        merge(sums, joint_class_sums(fcst, obs, [51]))


def test_weights_repeat_pairs():
    fcst, obs = indices(3, (30, 1, 1))
    weights = xr.DataArray([1.0, 2.0, 0.0] * 10, dims="issue")
    repeated = np.repeat(np.arange(30), weights.values.astype(int))
    found = rank_correlation(joint_class_sums(fcst, obs, EDGES, weights=weights))
    expected = spearman(fcst[repeated], obs[repeated], ("issue", "lead", "place"))
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_broadcasting_and_dask():
    pytest.importorskip("dask")
    fcst, obs = indices(4)
    once = obs.isel(lead=0)
    expected = spearman(fcst, once.expand_dims(lead=3, axis=1), "issue")
    found = spearman(fcst.chunk(issue=7), once.chunk(place=2), "issue")
    np.testing.assert_array_equal(found, expected)


def test_undefined():
    x = xr.DataArray([1.0, 2.0, np.nan], dims="x")
    flat = xr.ones_like(x)
    assert np.isnan(spearman(x, flat, "x"))
    assert np.isnan(spearman(x[:1], x[:1], "x"))
    assert np.isnan(spearman(x[:0], x[:0], "x"))
    assert np.isnan(rank_correlation(joint_class_sums(x, flat, EDGES)))


def test_bad_input_raises():
    x = xr.DataArray([1.0, 2.0], dims="x", coords={"x": [1, 2]})
    with pytest.raises(ValueError, match=r"cannot rank along \['y'\]"):
        spearman(x, x, "y")
    with pytest.raises(ValueError, match="dimension 'x' differs"):
        spearman(x, x.assign_coords(x=[1, 3]), "x")
    for edges in ([2, 1], [1, 1], [1, np.nan], [[1, 2]]):
        with pytest.raises(ValueError, match="edges must be finite and increasing"):
            joint_class_sums(x, x, edges)


@given(arrays(np.float64, (2, 12), elements=st.integers(0, 20)))
@settings(max_examples=25, deadline=None)
def test_only_the_order_matters(values):
    fcst, obs = (xr.DataArray(v, dims="x") for v in values)
    np.testing.assert_array_equal(spearman(fcst, obs, "x"), spearman(np.exp(fcst), obs**3, "x"))
    np.testing.assert_allclose(
        rank_correlation(joint_class_sums(fcst, obs, np.arange(20))),
        spearman(fcst, obs, "x"),
        rtol=1e-12,
        atol=1e-12,
    )
