"""Counts by class: the table of a small example, and the same counts made one by one."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from verification import group_sums, merge
from verification.classes import count_pairs

LABELS = np.array([0.0, 1.0, 2.0])


def classify(f, o):
    valid = ~(np.isnan(f) | np.isnan(o))
    code = np.where(valid, 3 * f + o, -1).astype(np.intp)
    return valid, code, {"gap": f - o}


def table(f, o, **options):
    classes = {"f": LABELS, "o": LABELS}
    return count_pairs(classify, f, o, family="example", classes=classes, values=["gap"], **options)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31), st.sampled_from([(), ("lead",), ("place", "issue"), ("issue",)]))
def test_counts_are_those_of_a_loop(seed, keep):
    rng = np.random.default_rng(seed)
    dims = ("issue", "lead", "place")
    f, o = (
        xr.DataArray(rng.choice([0.0, 1.0, 2.0, np.nan], (4, 2, 3)), dims=dims) for _ in range(2)
    )
    weights = xr.DataArray(rng.random(3), dims="place")
    found = table(f, o, keep=keep, weights=weights)
    expected = {}
    gaps = {}
    for at in np.ndindex(4, 2, 3):
        x, y = f.values[at], o.values[at]
        if np.isnan(x) or np.isnan(y):
            continue
        key = (*(at[dims.index(d)] for d in dims if d in keep), int(x), int(y))
        expected[key] = expected.get(key, 0.0) + weights.values[at[2]]
        gaps[key] = gaps.get(key, 0.0) + (x - y) * weights.values[at[2]]
    for key in np.ndindex(*found["count"].shape):
        assert found["count"].values[key] == pytest.approx(expected.get(key, 0.0))
        assert found["gap"].values[key] == pytest.approx(gaps.get(key, 0.0))
    assert float(found["pairs"].sum()) == int((f.notnull() & o.notnull()).sum())


def test_chunks_and_parts_add_up():
    rng = np.random.default_rng(1)
    f, o = (
        xr.DataArray(rng.integers(0, 3, (6, 4)).astype(np.float32), dims=("issue", "place"))
        for _ in range(2)
    )
    whole = table(f, o, keep="place")
    chunked = table(f.chunk(issue=4, place=1), o.chunk(issue=4, place=1), keep="place")
    xr.testing.assert_identical(whole, chunked)
    parts = [table(f[cut], o[cut], keep="place") for cut in (slice(0, 2), slice(2, None))]
    xr.testing.assert_allclose(merge(*parts), whole)
    xr.testing.assert_allclose(group_sums(whole)["count"], table(f, o)["count"])


def test_nothing_gives_zeros():
    empty = xr.DataArray(np.zeros((0, 2)), dims=("issue", "lead"))
    found = table(empty, empty, keep="lead")
    assert found["count"].shape == (2, 3, 3)
    assert not found["count"].any()
    assert not found["pairs"].any()


def test_unknown_dimension_and_bad_weights_raise():
    f = xr.DataArray([0.0, 1.0], dims="x")
    with pytest.raises(ValueError, match=r"cannot keep \['y'\]"):
        table(f, f, keep="y")
    with pytest.raises(ValueError, match="weights must be finite and not negative"):
        table(f, f, weights=xr.DataArray([1.0, -1.0], dims="x"))
    with pytest.raises(ValueError, match="weights have dimensions"):
        table(f, f, weights=xr.DataArray([1.0, 1.0], dims="z"))
