"""Adjusted p-values against arithmetic by hand and scipy."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from verification import benjamini_hochberg, holm

# Ordered: .005, .01, .03, .04
P = xr.DataArray([0.01, 0.04, 0.03, 0.005], dims="lead", coords={"lead": [1, 2, 3, 4]})


def test_benjamini_hochberg_by_hand():
    # m p / j: 4 · .005 / 1 = .02, 4 · .01 / 2 = .02, 4 · .03 / 3 = .04, 4 · .04 / 4 = .04
    np.testing.assert_allclose(benjamini_hochberg(P, "lead"), [0.02, 0.04, 0.04, 0.02])
    # 3 · .03 / 1 = .09 and 3 · .04 / 2 = .06 are both lowered to the .05 of the largest.
    near = xr.DataArray([0.03, 0.04, 0.05], dims="lead")
    np.testing.assert_allclose(benjamini_hochberg(near, "lead"), [0.05, 0.05, 0.05])


def test_holm_by_hand():
    # (m - j + 1) p: 4 · .005 = .02, 3 · .01 = .03, 2 · .03 = .06, 1 · .04 raised to .06
    np.testing.assert_allclose(holm(P, "lead"), [0.03, 0.06, 0.06, 0.02])
    # 2 · .7 is more than 1.
    np.testing.assert_allclose(holm(xr.DataArray([0.7, 0.9], dims="lead"), "lead"), [1.0, 1.0])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_against_scipy(p):
    found = benjamini_hochberg(xr.DataArray(p, dims="lead"), "lead")
    np.testing.assert_allclose(found, false_discovery_control(p, method="bh"), rtol=1e-12)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_rejects_step_by_step(p):
    adjusted = holm(xr.DataArray(p, dims="lead"), "lead").values
    for level in (0.01, 0.05, 0.3):
        left = sorted(range(len(p)), key=lambda i: p[i])
        while left and len(left) * p[left[0]] <= level:
            left.pop(0)
        rejected = np.isin(np.arange(len(p)), left, invert=True)
        np.testing.assert_array_equal(adjusted <= level, rejected)


@pytest.mark.parametrize("method", [benjamini_hochberg, holm])
def test_missing_p_values_are_no_hypotheses(method):
    gap = np.nan
    p = xr.DataArray([0.01, gap, 0.04, 0.03, gap, 0.005], dims="lead")
    expected = method(P, "lead").values
    np.testing.assert_array_equal(
        method(p, "lead"), [expected[0], gap, expected[1], expected[2], gap, expected[3]]
    )
    assert np.isnan(method(p * np.nan, "lead")).all()


@pytest.mark.parametrize("method", [benjamini_hochberg, holm])
def test_dimensions(method):
    # Rows are adjusted each by itself, or all together; labels and order of dimensions stay.
    both = xr.concat([P, P / 10], "group").transpose("lead", "group")
    each = method(both, "lead")
    assert each.dims == ("lead", "group")
    np.testing.assert_array_equal(each.lead, P.lead)
    np.testing.assert_allclose(each.isel(group=1), method(P / 10, "lead"))
    together = method(both, ("group", "lead"))
    assert together.dims == ("lead", "group")
    flat = method(xr.DataArray(both.values.ravel(), dims="all"), "all")
    np.testing.assert_allclose(together.values.ravel(), flat)


@pytest.mark.parametrize("method", [benjamini_hochberg, holm])
def test_errors(method):
    with pytest.raises(ValueError, match=r"lack the dimensions \['place'\], found \['lead'\]"):
        method(P, "place")
    with pytest.raises(ValueError, match=r"must lie in 0 to 1, found 0\.1 to 1\.5"):
        method(xr.DataArray([0.1, 1.5], dims="lead"), "lead")
