"""Diebold-Mariano test and daily losses, by hand and against the library `scores`."""

import numpy as np
import pytest
import scores.stats.statistical_tests as reference
import xarray as xr
from persistent_series import ar1
from scipy import stats

from verification import SCORES, continuous_sums, daily_loss, diebold_mariano, mae, quantile_sums


def series(values, dims=("issue",), **coords):
    return xr.DataArray(np.asarray(values, dtype=float), coords, dims)


def against_zero(d, **options):
    return diebold_mariano(d, xr.zeros_like(d), **options)


def test_daily_loss_is_turned_so_that_smaller_is_better():
    sums = continuous_sums(
        series([[10, 30], [20, 20]], ("issue", "place")), xr.DataArray(24.0), keep="issue"
    )
    # Errors -14 and 6, -4 and -4.
    np.testing.assert_allclose(daily_loss(sums, "mae"), [10, 4])
    np.testing.assert_allclose(daily_loss(sums, "bias"), [4, 4])
    np.testing.assert_allclose(daily_loss(sums, SCORES["mae"]), [10, 4])
    fcst = xr.DataArray([[1.0, 2.0, 3.0]] * 2, dims=("issue", "quantile"))
    fcst = fcst.assign_coords(quantile=[0.05, 0.5, 0.95])
    inside = quantile_sums(fcst, series([2.5, 6]), keep="issue")
    # Coverage 1 and 0, best near 0.9.
    np.testing.assert_allclose(daily_loss(inside, "coverage_90"), [0.1, 0.9])
    obs = xr.DataArray([[1.0, 2.0, 3.0], [1.0, 2.0, 4.0]], dims=("issue", "place"))
    r = daily_loss(continuous_sums(obs, -obs, keep="issue"), "correlation")
    np.testing.assert_allclose(r, [1, 1])


def test_daily_loss_errors():
    sums = continuous_sums(series([1, 2]), series([1, 2]), keep="issue")
    with pytest.raises(ValueError, match="unknown score 'mse', expected one of"):
        daily_loss(sums, "mse")
    with pytest.raises(ValueError, match="family"):
        daily_loss(sums, "pod")


def test_original_form_by_hand():
    found = against_zero(series([4, 1, 3, 0]), horizon=2, kernel="rectangular")
    # Mean 2, departures 2, -1, 1, -2.
    gamma_0, gamma_1 = (4 + 1 + 1 + 4) / 4, (-2 - 1 - 2) / 4
    correction = (4 + 1 - 2 * 2 + 2 * (2 - 1) / 4) / 4
    # gamma_0 + 2 gamma_1 = 0: no positive variance
    assert gamma_0 + 2 * gamma_1 == 0
    assert np.isnan(found["statistic"])
    assert np.isnan(found["p"])
    found = against_zero(series([4, 3, 1, 0]), horizon=2, kernel="rectangular")
    # Departures 2, 1, -1, -2.
    gamma_1 = (2 - 1 + 2) / 4
    statistic = 2 / ((gamma_0 + 2 * gamma_1) / 4) ** 0.5 * correction**0.5
    np.testing.assert_allclose(found["statistic"], statistic)
    np.testing.assert_allclose(found["p"], 2 * stats.t.sf(statistic, 3))
    assert (float(found["difference"]), int(found["days"])) == (2.0, 4)


def test_original_form_with_one_day_ahead_is_students_t():
    d = np.random.default_rng(0).normal(0.2, 1, 30)
    found = against_zero(series(d), horizon=1, kernel="rectangular")
    expected = stats.ttest_1samp(d, 0)
    np.testing.assert_allclose(found["statistic"], expected.statistic)
    np.testing.assert_allclose(found["p"], expected.pvalue)


def test_original_form_against_scores():
    rng = np.random.default_rng(1)
    d = series(ar1(rng, 0.3, (4, 120)) + 0.15, ("lead", "issue"), lead=[1, 2, 4, 7])
    found = against_zero(d, kernel="rectangular")
    theirs = reference.diebold_mariano(
        d.assign_coords(h=d.lead), "lead", "h", method="HLN", statistic_distribution="t"
    )
    np.testing.assert_allclose(found["statistic"], theirs["dm_test_stat"], rtol=1e-10)
    np.testing.assert_allclose(found["difference"], theirs["mean"], rtol=1e-10)
    sure = theirs["confidence_gt_0"]
    np.testing.assert_allclose(found["p"], 2 * np.minimum(sure, 1 - sure), rtol=1e-8)


def test_default_by_hand_without_persistence():
    found = against_zero(series([2, 0] * 4), horizon=1)
    # Mean 1, departures 1, -1, …: r = -7/8 counts as 0. S = 1.3 √8 = 3.7, up to 4: w = 3/4, 1/2,
    # 1/4 on the autocovariances -7/8, 6/8, -5/8.
    v = 1 + 2 * (3 / 4 * -7 / 8 + 1 / 2 * 6 / 8 + 1 / 4 * -5 / 8)
    c = 1 - 1 / 8 - 2 / 8 * (3 / 4 * 7 / 8 + 1 / 2 * 6 / 8 + 1 / 4 * 5 / 8)
    statistic = 1 / (v / (c * 8)) ** 0.5
    np.testing.assert_allclose(found["statistic"], statistic)
    np.testing.assert_allclose(found["p"], 2 * stats.t.sf(statistic, 1.5 * 8 / 4))


def test_default_by_hand_with_persistence():
    found = against_zero(series([3, 3, 1, 1, 3, 3, 1, 1]), horizon=1)
    # Mean 2, departures 1, 1, -1, -1, 1, 1, -1, -1.
    gamma = [8 / 8, (4 - 3) / 8, -6 / 8, (-3 + 2) / 8]
    w = [1, 3 / 4, 1 / 2, 1 / 4]
    v = gamma[0] + 2 * sum(w[k] * gamma[k] for k in (1, 2, 3))
    r = 1 / 7 + (1 + 3 / 7) / 8
    of_mean = (1 + 2 * sum((1 - k / 8) * r**k for k in range(1, 8))) / 8
    c = 1 - of_mean + 2 * sum(w[k] * (1 - k / 8) * (r**k - of_mean) for k in (1, 2, 3))
    c /= 8 * of_mean
    np.testing.assert_allclose(found["statistic"], 2 / (v / (c * 8)) ** 0.5)


def test_sign_scale_and_order():
    rng = np.random.default_rng(2)
    a, b = (series(rng.gamma(2, size=90)) for _ in "ab")
    found, back = diebold_mariano(a, b, horizon=1), diebold_mariano(b, a, horizon=1)
    np.testing.assert_allclose(found["difference"], a.mean() - b.mean())
    np.testing.assert_allclose(found["statistic"], -back["statistic"])
    np.testing.assert_allclose(found["p"], back["p"])
    scaled = diebold_mariano(100 * a, 100 * b, horizon=1)
    np.testing.assert_allclose(scaled["p"], found["p"])
    assert found.attrs["kernel"] == "bartlett"


def test_missing_days_are_left_out_and_keep_the_distance_of_the_others():
    nan = np.nan
    found = against_zero(series([4, 3, nan, 1, 0]), horizon=2, kernel="rectangular")
    # As [4, 3, 1, 0], but 3 and 1 are two days apart: of lag one, 2 · 1 and -1 · -2 remain.
    gamma_0, gamma_1 = (4 + 1 + 1 + 4) / 4, (2 + 2) / 4
    correction = (4 + 1 - 2 * 2 + 2 * (2 - 1) / 4) / 4
    expected = 2 / ((gamma_0 + 2 * gamma_1) / 4) ** 0.5 * correction**0.5
    np.testing.assert_allclose(found["statistic"], expected)
    assert int(found["days"]) == 4


def test_groups_have_horizons_of_their_own():
    rng = np.random.default_rng(3)
    loss = series(rng.gamma(2, size=(100, 3, 2)), ("issue", "lead", "place"), lead=[1, 4, 9])
    other = series(rng.gamma(2, size=(100, 3, 2)), ("issue", "lead", "place"), lead=[1, 4, 9])
    found = diebold_mariano(loss, other)
    assert found["p"].dims == ("lead", "place")
    for lead in (1, 4, 9):
        for place in (0, 1):
            alone = diebold_mariano(
                *(x.sel(lead=lead).isel(place=place) for x in (loss, other)), horizon=lead
            )
            xr.testing.assert_allclose(found.sel(lead=lead).isel(place=place), alone)
    ahead = xr.DataArray([2, 3], dims="place")
    by_place = diebold_mariano(loss, other, horizon=ahead)
    three = diebold_mariano(loss, other, horizon=3)
    np.testing.assert_allclose(by_place["p"].isel(place=1), three["p"].isel(place=1))


def test_undefined():
    # Two equal losses differ by nothing, for sure; a constant difference has no variance.
    same = against_zero(series([0] * 30), horizon=1)
    assert (float(same["statistic"]), float(same["p"])) == (0.0, 1.0)
    assert np.isnan(against_zero(series([1] * 30), horizon=1)["p"])
    # S = max(1.3 √n, 3 h) may be half of the days at most: 6 and 12 days, 6 and 11 days.
    d = np.random.default_rng(4).normal(size=12)
    assert not np.isnan(against_zero(series(d), horizon=2)["p"])
    assert np.isnan(against_zero(series(d[:11]), horizon=2)["p"])
    assert np.isnan(against_zero(series(d[:3]), horizon=3, kernel="rectangular")["p"])
    assert np.isnan(against_zero(series(d[:1]), horizon=1, kernel="rectangular")["p"])
    empty = against_zero(series(d * np.nan), horizon=1)
    assert np.isnan(empty["p"])
    assert int(empty["days"]) == 0
    assert np.isnan(against_zero(series([]), horizon=1)["difference"])


def test_errors():
    d = series(np.ones((5, 2)), ("issue", "lead"), lead=[1, 2])
    with pytest.raises(ValueError, match=r"one of \['bartlett', 'rectangular'\], found 'hann'"):
        against_zero(d, kernel="hann")
    with pytest.raises(ValueError, match=r"need the dimension 'day', found \['issue', 'lead'\]"):
        against_zero(d, dim="day")
    with pytest.raises(ValueError, match="'lead' differs at position 1: 2 in 'loss_a', 3 in"):
        diebold_mariano(d, d.assign_coords(lead=[1, 3]))
    with pytest.raises(ValueError, match="no coordinate 'lead' to take the horizon from"):
        against_zero(series([1, 2]))
    with pytest.raises(ValueError, match=r"horizon has dimensions \['issue'\], expected some of"):
        against_zero(d, horizon=xr.DataArray(np.ones(5), dims="issue"))
    for horizon in (0, 1.5):
        with pytest.raises(ValueError, match="horizon must be whole numbers of days from 1, found"):
            against_zero(d, horizon=horizon)


@pytest.mark.parametrize("days", [180, 365])
@pytest.mark.parametrize("coefficient", [0.0, 0.5, 0.8])
def test_a_true_null_is_rejected_as_often_as_it_should_be(coefficient, days):
    """At 5 %, in 3 to 8 % of 2000 trials (standard error 0.5 %)."""
    rng = np.random.default_rng(2024)
    errors = ar1(rng, coefficient, (2, 2000, days))
    loss_a, loss_b = (mae_of_days(series(e.T, ("issue", "trial"))) for e in errors)
    persistent = series(errors[0].T, ("issue", "trial"))
    for horizon in (1, 3, 10):
        for d in (loss_a - loss_b, persistent):
            p = against_zero(d, horizon=horizon)["p"]
            assert 0.03 <= float((p < 0.05).mean()) <= 0.08


def mae_of_days(error):
    return daily_loss(continuous_sums(error, error * 0, keep=error.dims), SCORES["mae"])


def test_a_difference_is_found():
    rng = np.random.default_rng(5)
    good, poor = (mae_of_days(series(k * ar1(rng, 0.5, (365,)))) for k in (1.0, 1.4))
    found = diebold_mariano(good, poor, horizon=1)
    assert float(found["difference"]) < 0
    assert float(found["p"]) < 0.001
    np.testing.assert_allclose(
        found["difference"],
        mae(continuous_sums(good, good * 0)) - mae(continuous_sums(poor, poor * 0)),
    )
