"""Block bootstrap: intervals of scores and of differences."""

import numpy as np
import pytest
import xarray as xr
from persistent_series import ar1
from scipy import stats

from verification import (
    SCORES,
    block_bootstrap,
    bootstrap_difference,
    contingency_sums,
    continuous_sums,
    coverage,
    mae,
    nmb,
    nmc_lead_composite,
    pod,
    quantile_sums,
    rmse,
)
from verification import bias as mean_error
from verification.inference.contrasts import Bootstrap, estimates
from verification.inference.intervals import adjusted_interval, influence_of_days
from verification.inference.resampling import draw_days


def errors(values, dims=("issue",)):
    fcst = xr.DataArray(values, dims=dims)
    return continuous_sums(fcst, xr.zeros_like(fcst), keep=dims)


def test_agrees_with_resampling_the_pairs():
    rng = np.random.default_rng(0)
    error = rng.normal(size=(40, 3))
    sums = errors(error, ("issue", "lead"))
    found = block_bootstrap(sums, rmse, block=5, replicates=50, seed=7, level=0.8)
    drawn = [
        np.repeat(np.arange(40), counts.astype(int)) for counts in draw_days(40, 5, 50, seed=7)
    ]
    by_hand = np.array([(error[rows] ** 2).mean(axis=0) ** 0.5 for rows in drawn])
    left_out = np.array(
        [(np.delete(error, day, axis=0) ** 2).mean(axis=0) ** 0.5 for day in range(40)]
    )
    value = (error**2).mean(axis=0) ** 0.5
    low, high, _ = adjusted_interval(value, by_hand, influence_of_days(value, left_out), 5, 0.8)
    np.testing.assert_allclose(found["value"], value)
    np.testing.assert_allclose(found["low"], low)
    np.testing.assert_allclose(found["high"], high)


def test_seeds_and_groups():
    sums = errors(np.random.default_rng(1).normal(size=(60, 3)), ("issue", "lead"))
    found = block_bootstrap(sums, mae, block=10, seed=1)
    xr.testing.assert_identical(block_bootstrap(sums, mae, block=10, seed=1), found)
    assert (block_bootstrap(sums, mae, block=10, seed=2)["low"] != found["low"]).any()
    # Every group sees the same resamples as alone.
    alone = block_bootstrap(sums.isel(lead=1), mae, block=10, seed=1)
    xr.testing.assert_allclose(found.isel(lead=1), alone)
    assert set(found.data_vars) == {"value", "low", "high"}
    assert (found.attrs["seed"], found.attrs["replicates"], found.attrs["block"]) == (1, 1000, 10)


def test_constant_errors_have_no_uncertainty():
    found = block_bootstrap(errors(np.full(40, 3.0)), mae)
    assert [float(found[n]) for n in ("value", "low", "high")] == [3.0, 3.0, 3.0]


def test_coverage_on_white_noise():
    noise = np.random.default_rng(11).normal(size=(200, 400))
    found = block_bootstrap(
        errors(noise, ("issue", "world")), mean_error, block=5, replicates=400, level=0.9
    )
    covered = float(((found["low"] <= 0) & (found["high"] >= 0)).mean())
    # 400 worlds: three standard errors of 0.015 around 0.9.
    assert 0.855 <= covered <= 0.945


def test_intervals_widen_with_persistence():
    rng = np.random.default_rng(12)
    width = {}
    for coefficient in (0.0, 0.8):
        sums = errors(ar1(rng, coefficient, (40, 600)).T, ("issue", "world"))
        found = block_bootstrap(sums, mean_error, replicates=500)
        width[coefficient] = float((found["high"] - found["low"]).mean())
    # An AR(1) with .8 has √((1 + .8)/(1 - .8)) = 3 times the standard error of white noise.
    assert 2.7 < width[0.8] / width[0.0] < 3.5
    np.testing.assert_allclose(width[0.0], 2 * 1.96 / 600**0.5, rtol=0.1)


def test_short_samples_have_no_interval():
    found = block_bootstrap(errors(np.arange(19.0)), mae)
    assert float(found["value"]) == 9.0
    assert np.isnan(found["low"])
    assert np.isnan(found["high"])
    assert not np.isnan(block_bootstrap(errors(np.arange(20.0)), mae)["low"])


def test_undefined_replicates_are_left_out():
    event = np.zeros((40, 2))
    event[3, 0] = 1
    obs = xr.DataArray(event, dims=("issue", "lead"))
    found = block_bootstrap(contingency_sums(obs, obs, keep=("issue", "lead")), pod, block=4)
    np.testing.assert_array_equal(found["value"], [1.0, np.nan])
    np.testing.assert_array_equal(found["low"], [1.0, np.nan])
    np.testing.assert_array_equal(found["high"], [1.0, np.nan])


def test_missing_pairs_are_left_out():
    error = np.random.default_rng(15).normal(size=80)
    error[[3, 30, 31]] = np.nan
    found = block_bootstrap(errors(error), mae)
    np.testing.assert_allclose(found["value"], np.nanmean(np.abs(error)))
    assert float(found["low"]) < float(found["value"]) < float(found["high"])


def test_scores_with_a_dimension_within_the_pair():
    rng = np.random.default_rng(13)
    fcst = xr.DataArray(
        np.tile([-1.645, 0.0, 1.645], (400, 1)),
        dims=("issue", "quantile"),
        coords={"quantile": [0.05, 0.5, 0.95]},
    )
    sums = quantile_sums(fcst, xr.DataArray(rng.normal(size=400), dims="issue"), keep="issue")
    found = block_bootstrap(sums, SCORES["coverage_90"])
    assert float(found["low"]) < 0.9 < float(found["high"])
    assert float(found["value"]) == float(coverage(sums.sum("issue").assign_attrs(sums.attrs)))


def test_difference_uses_the_same_resamples():
    rng = np.random.default_rng(14)
    shared = rng.normal(0, 10, 300)
    a = errors(shared)
    b = errors(shared + np.where(np.arange(300) % 2, 1.1, 0.9))
    found = bootstrap_difference(a, b, mean_error)
    np.testing.assert_allclose(found["value"], -1.0)
    # Error in common cancels: far tighter than either score's own interval.
    assert -1.02 < float(found["low"]) <= float(found["high"]) < -0.98
    assert float(found["p"]) < 1e-6
    alone = block_bootstrap(a, mean_error)
    assert float(alone["high"] - alone["low"]) > 1.0


def test_difference_changes_its_sign_with_the_order():
    rng = np.random.default_rng(16)
    a, b = (errors(rng.normal(size=100)) for _ in "ab")
    found, back = bootstrap_difference(a, b, mae), bootstrap_difference(b, a, mae)
    np.testing.assert_allclose(found["value"], -back["value"])
    np.testing.assert_allclose(found["p"], back["p"])
    np.testing.assert_allclose([found["low"], found["high"]], [-back["high"], -back["low"]])


def test_no_difference_has_p_one():
    a = errors(np.random.default_rng(17).normal(size=100))
    found = bootstrap_difference(a, a, mae)
    assert [float(found[n]) for n in ("value", "low", "high", "p")] == [0.0, 0.0, 0.0, 1.0]


def test_difference_rejects_a_true_null_as_often_as_it_should():
    rng = np.random.default_rng(18)
    a, b = (errors(ar1(rng, 0.5, (1000, 240)).T, ("issue", "world")) for _ in "ab")
    found = bootstrap_difference(a, b, mae, replicates=300)
    # 1000 worlds: a standard error of 0.7 %.
    assert 0.03 <= float((found["p"] < 0.05).mean()) <= 0.08


def test_difference_needs_the_same_pairs():
    a, b = errors(np.ones(30)), errors(np.where(np.arange(30) == 4, np.nan, 1.0))
    with pytest.raises(ValueError, match=r"1 and 0 pairs at position \{'issue': 4\}"):
        bootstrap_difference(a, b, mae)
    labelled = [errors(np.ones(30)).assign_coords(issue=np.arange(30) + k) for k in (0, 1)]
    with pytest.raises(ValueError, match="'issue' differs at position 0: 0 in 'pairs of a'"):
        bootstrap_difference(*labelled, mae)
    with pytest.raises(ValueError, match="the sums are kept by"):
        bootstrap_difference(errors(np.ones(30)), errors(np.ones((30, 2)), ("issue", "lead")), mae)


def test_invalid_options_raise():
    sums = errors(np.ones(30))
    with pytest.raises(ValueError, match="must keep 'day' to be resampled"):
        block_bootstrap(sums, mae, dim="day")
    with pytest.raises(ValueError, match="block and replicates must be at least 1, found 0"):
        block_bootstrap(sums, mae, block=0)
    with pytest.raises(ValueError, match="block and replicates must be at least 1"):
        block_bootstrap(sums, mae, replicates=0)
    with pytest.raises(ValueError, match="level must lie between 0 and 1, found 95"):
        block_bootstrap(sums, mae, level=95)


TRIALS = 300
CORRELATION = 0.8
EVENT = stats.norm.ppf(0.8)  # the highest fifth of the days


def simulated(coefficient, days):
    """Trials of sums of concentrations and of events, of persistent errors and weather."""
    rng = np.random.default_rng(2024)
    error, weather = ar1(rng, coefficient, (2, TRIALS, days))
    # Bias 5, errors of standard deviation 10, observations of mean 100.
    observed = 100 + 20 * weather
    related = CORRELATION * weather + (1 - CORRELATION**2) ** 0.5 * error
    for trial in range(TRIALS):
        fcst, obs, high, observed_high = (
            xr.DataArray(x[trial], dims="issue")
            for x in (observed + 5 + 10 * error, observed, related > EVENT, weather > EVENT)
        )
        yield (
            continuous_sums(fcst, obs, keep="issue"),
            contingency_sums(high * 1.0, observed_high * 1.0, keep="issue"),
        )


@pytest.mark.slow
@pytest.mark.parametrize(("coefficient", "days"), [(0.0, 180), (0.5, 365), (0.8, 365), (0.8, 180)])
def test_intervals_cover_the_truth(coefficient, days):
    """At 95 % nominal, in 90 to 98 % of 300 trials of an AR(1)."""
    both = stats.multivariate_normal([0, 0], [[1, CORRELATION], [CORRELATION, 1]])
    truth = {
        "mae": 10 * stats.foldnorm.mean(5 / 10),  # E|5 + 10 e|
        "nmb": 5 / 100,
        "pod": both.cdf([-EVENT, -EVENT]) / 0.2,
    }
    covered = dict.fromkeys(truth, 0)
    for continuous, events in simulated(coefficient, days):
        found = [
            *estimates([continuous], [mae, nmb], Bootstrap(replicates=500)),
            *estimates([events], [pod], Bootstrap(replicates=500)),
        ]
        for name, [interval] in zip(truth, found, strict=True):
            inside = float(interval["low"]) <= truth[name] <= float(interval["high"])
            covered[name] += inside
    share = {name: count / TRIALS for name, count in covered.items()}
    assert all(0.90 <= s <= 0.98 for s in share.values()), share


def test_a_score_may_read_labels_of_the_kept_dimensions():
    """A composite over leads finds its leads in every resample; its value by hand."""
    rng = np.random.default_rng(3)
    size = np.abs(rng.normal(size=(60, 4))) + np.array([1, 2, 3, 9])
    fcst = xr.DataArray(size, {"issue": np.arange(60), "lead": [1, 2, 3, 4]}, ["issue", "lead"])
    sums = continuous_sums(fcst, xr.zeros_like(fcst), keep=("issue", "lead"))
    found = block_bootstrap(sums, lambda s: nmc_lead_composite(mae(s)), block=5)
    by_lead = size.mean(axis=0)
    value = 0.5 * by_lead[0] + 0.3 * by_lead[1] + 0.2 * by_lead[2]
    np.testing.assert_allclose(found["value"], value)
    assert value - 0.5 < found["low"] < value < found["high"] < value + 0.5
