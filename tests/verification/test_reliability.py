"""Probabilities by bin: counts by hand, the curve of scikit-learn, a band that holds its share."""

import numpy as np
import pytest
import scipy.stats
import xarray as xr
from sklearn.calibration import calibration_curve

from verification import (
    consistency_band,
    group_sums,
    member_bins,
    merge,
    reliability_curve,
    reliability_sums,
    share_within_band,
)


def series(values):
    return xr.DataArray(values, dims="x")


def sample(seed, shape=(400,), power=1.0):
    """Probabilities p of events that occur with p to a power."""
    rng = np.random.default_rng(seed)
    p = xr.DataArray(rng.random(shape), dims=("x", "lead")[: len(shape)])
    return p, (rng.random(shape) < p**power).astype(float)


def test_by_hand():
    p = series([0.0, 0.1, 0.5, 0.6, 1.0, np.nan])
    event = series([0.0, 1.0, 0.0, 1.0, 1.0, 1.0])
    sums = reliability_sums(p, event, bins=[0, 0.5, 1])
    assert sums["bin"].values.tolist() == [0.0, 0.5]
    assert sums["count"].values.tolist() == [2, 3]
    np.testing.assert_allclose(sums["probability"], [0.0 + 0.1, 0.5 + 0.6 + 1.0])
    assert sums["events"].values.tolist() == [1, 2]
    np.testing.assert_allclose(sums["probability_squared"], [0.01, 0.25 + 0.36 + 1.0])
    np.testing.assert_allclose(sums["probability_events"], [0.1, 0.6 + 1.0])
    assert float(sums["pairs"]) == 5
    curve = reliability_curve(sums)
    np.testing.assert_allclose(curve["probability"], [0.1 / 2, 2.1 / 3])
    np.testing.assert_allclose(curve["frequency"], [1 / 2, 2 / 3])
    assert curve["bin_upper"].values.tolist() == [0.5, 1.0]


@pytest.mark.parametrize("members", [1, 2, 7, 10, 50])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_bins_of_members_hold_one_probability_each(members, dtype):
    p = series((np.arange(members + 1) / members).astype(dtype))
    sums = reliability_sums(p, p > 0.5, bins=member_bins(members))
    assert sums["count"].values.tolist() == [1] * (members + 1)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_edges_belong_to_the_bin_above_and_one_to_the_last(dtype):
    edges = np.array([0, 0.15, 0.3, 0.7, 1])
    p = series((np.array([0, 3, 6, 14, 20]) / 20).astype(dtype))
    sums = reliability_sums(p, p * 0, bins=edges)
    assert sums["count"].values.tolist() == [1, 1, 1, 2]


def test_default_bins_keep_certainty_and_tenths_apart():
    p = series(np.concatenate([np.arange(11) / 10, [0.02, 0.04, 0.96, 0.98]]))
    found = reliability_sums(p, p > 0.5)["count"]
    assert found.values.tolist() == [1] * 15  # 0, .02, .04, .1, .2 … .9, .96, .98, 1


def test_no_difference_between_edges_that_differ_by_rounding():
    p, event = sample(1)
    a = reliability_sums(p, event, bins=np.linspace(0, 1, 11))
    b = reliability_sums(p, event, bins=np.arange(11) * 0.1)
    assert float(merge(a, b)["pairs"]) == 800


def test_different_bins_do_not_merge():
    p, event = sample(1)
    parts = [reliability_sums(p, event, bins=bins) for bins in ([0, 0.5, 1], [0, 0.4, 1])]
    with pytest.raises(ValueError, match="dimension 'bin' differs at position 1"):
        merge(*parts)


def test_against_scikit_learn():
    p, event = sample(2)
    curve = reliability_curve(reliability_sums(p, event, bins=np.linspace(0, 1, 11)))
    frequency, mean = calibration_curve(event.values, p.values, n_bins=10)
    np.testing.assert_allclose(curve["frequency"], frequency)
    np.testing.assert_allclose(curve["probability"], mean)


def test_weights_and_groups():
    p, event = sample(3, (60, 2))
    weights = xr.DataArray([1.0, 3.0], dims="lead")
    whole = reliability_sums(p, event, weights=weights)
    by_lead = reliability_sums(p, event, keep="lead")
    once, thrice = (group_sums(by_lead.isel(lead=[i])) for i in (0, 1))
    for name in ("count", "probability", "events"):
        np.testing.assert_allclose(whole[name], once[name] + 3 * thrice[name])
    with pytest.raises(ValueError, match="found sums that are weighted"):
        consistency_band(whole)


def test_empty_bins_are_missing():
    sums = reliability_sums(series([0.2, 0.3]), series([0, 1]), bins=[0, 0.5, 1])
    curve, band = reliability_curve(sums), consistency_band(sums)
    assert np.isnan(curve["frequency"].values[1])
    assert np.isnan(curve["probability"].values[1])
    assert np.isnan(band["high"].values[1])
    assert float(share_within_band(sums)) == 1.0  # of the one bin that is filled


def test_band_by_hand():
    # 4 pairs of probability 1/2: P(0) = P(4) = 1/16. Central 80 %: 10 % may lie on either side, so
    # 0 (1/16 = 6.25 %) is outside and 1 (5/16 in all) is the first that is inside; at 90 %, with
    # 5 % on either side, 0 is inside.
    sums = reliability_sums(series([0.5] * 4), series([0, 0, 0, 0]), bins=[0, 1])
    band = consistency_band(sums, 0.8)
    assert (float(band["low"][0]), float(band["high"][0])) == (1 / 4, 3 / 4)
    assert float(share_within_band(sums, 0.8)) == 0.0
    assert float(share_within_band(sums, 0.9)) == 1.0


def test_band_at_certainty_has_no_width():
    sums = reliability_sums(series([0.0] * 5 + [1.0] * 5), series([0] * 5 + [1] * 4 + [0]))
    band = consistency_band(sums).sel(bin=[0, 0.99])
    np.testing.assert_array_equal(band["low"], [0, 1])
    np.testing.assert_array_equal(band["high"], [0, 1])
    assert float(share_within_band(sums)) == 1 / 2


def test_band_holds_reliable_forecasts_and_not_others():
    p, event = sample(4, (2000, 60))
    share = share_within_band(reliability_sums(p, event, keep="lead")).mean()
    # 900 bins at 95 %: standard error √(.95 · .05 / 900) = .7 %; whole numbers widen the band
    assert 0.93 < float(share) < 0.985
    p, event = sample(4, (2000, 60), power=2.0)
    assert float(share_within_band(reliability_sums(p, event, keep="lead")).mean()) < 0.5


def test_band_is_the_binomial_interval():
    p, event = sample(5)
    sums = reliability_sums(p, event)
    band = consistency_band(sums, 0.9)
    n, mean = sums["count"].values, (sums["probability"] / sums["count"]).values
    low, high = scipy.stats.binom.interval(0.9, n.astype(int), mean)
    np.testing.assert_allclose(band["low"] * n, low)
    np.testing.assert_allclose(band["high"] * n, high)


@pytest.mark.parametrize(
    "bins", [[0.1, 1], [0, 0.5], [0, 0.5, 0.5, 1], [0, 0.7, 0.3, 1], [1], [[0, 1]]]
)
def test_edges_must_increase_from_zero_to_one(bins):
    with pytest.raises(ValueError, match="edges of bins must increase from 0 to 1"):
        reliability_sums(series([0.5]), series([1]), bins=bins)


def test_invalid_input_raises():
    p, event = series([0.2, 0.4]), series([0.0, 1.0])
    with pytest.raises(ValueError, match=r"probabilities must lie in \[0, 1\], found 20"):
        reliability_sums(p * 100, event)
    with pytest.raises(ValueError, match=r"observed events must be 0, 1 or NaN, found 0\.2"):
        reliability_sums(p, p)
    with pytest.raises(ValueError, match="level must lie between 0 and 1, found 95"):
        consistency_band(reliability_sums(p, event), 95)
    with pytest.raises(ValueError, match="at least one member, found 0"):
        member_bins(0)
