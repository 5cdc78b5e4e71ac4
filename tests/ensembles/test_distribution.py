"""The quantile function against scipy's distributions and arithmetic by hand."""

import numpy as np
import pytest
import scipy.stats
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from ensembles import ISSUED_LEVELS, LEVELS, Distribution


def one(values):
    """Distribution of a single case."""
    return Distribution(
        xr.DataArray([values], dims=("case", "quantile"), coords={"quantile": LEVELS})
    )


def linear():
    """Quantile 10 at level .01, 11 at .02, … 108 at .99."""
    return one(10.0 + np.arange(99))


def test_levels():
    assert len(LEVELS) == 99
    np.testing.assert_allclose(LEVELS[[0, 1, 98]], [0.01, 0.02, 0.99])
    np.testing.assert_allclose(LEVELS[4:95:5], ISSUED_LEVELS)
    np.testing.assert_allclose(ISSUED_LEVELS[[0, 9, 18]], [0.05, 0.5, 0.95])


def test_from_values_takes_the_coordinates_of_the_cases(make_cases):
    cases = make_cases(2, leads=3, places=1)
    values = np.arange(2 * 3 * 99.0).reshape(2, 3, 1, 99)
    q = Distribution.from_values(values, cases).quantiles
    assert q.dims == ("issue", "lead", "place", "quantile")
    assert float(q.sel(issue="2014-01-02", lead=2, place="p0").isel(quantile=5)) == 4 * 99 + 5
    np.testing.assert_array_equal(q["quantile"], LEVELS)


@pytest.mark.parametrize(
    ("shape", "dims", "message"),
    [
        ((2, 19), ("case", "quantile"), "99 levels, found .*'quantile': 19"),
        ((99, 2), ("quantile", "case"), "last dimension 'quantile'"),
        ((2, 99), ("case", "level"), "last dimension 'quantile'"),
    ],
)
def test_wrong_grid_raises(shape, dims, message):
    with pytest.raises(ValueError, match=message):
        Distribution(xr.DataArray(np.zeros(shape), dims=dims))


def test_right_number_of_wrong_levels_raises():
    levels = (np.arange(99) + 0.5) / 99
    values = xr.DataArray(np.zeros((1, 99)), dims=("case", "quantile"), coords={"quantile": levels})
    with pytest.raises(ValueError, match=r"expected the quantile levels 0\.01 … 0\.99"):
        Distribution(values)


def test_mean_by_hand():
    # levels .01 and .99 weigh .015, the 97 between .01: 0.015 · 10 + 0.015 · 108 + .01 · Σ 11…107
    expected = 0.015 * 10 + 0.015 * 108 + 0.01 * (11 + 107) / 2 * 97
    assert expected == pytest.approx(59.0)
    assert float(linear().mean()[0]) == pytest.approx(expected)


def test_mean_of_known_distributions():
    normal = one(50 + 10 * scipy.stats.norm.ppf(LEVELS))
    assert float(normal.mean()[0]) == pytest.approx(50, rel=1e-6)
    lognormal = scipy.stats.lognorm(s=0.5, scale=40)
    # the tail above .99 is cut: no more than 1 % is lost at this skewness
    mean = float(one(lognormal.ppf(LEVELS)).mean()[0])
    assert 0.99 * lognormal.mean() < mean < lognormal.mean()


def test_quantile_on_and_between_levels():
    found = linear().quantile([0.01, 0.5, 0.505, 0.99])
    # .505 is halfway from 59 (.50) to 60 (.51)
    np.testing.assert_allclose(found[0], [10, 59, 59.5, 108], atol=1e-4)
    np.testing.assert_allclose(found["quantile"], [0.01, 0.5, 0.505, 0.99])


def test_quantile_of_the_issued_levels_is_every_fifth():
    values = np.sort(np.random.default_rng(1).gamma(2, 20, 99))
    np.testing.assert_allclose(one(values).quantile(ISSUED_LEVELS)[0], values[4:95:5], rtol=1e-6)


@pytest.mark.parametrize("level", [0.0, 0.005, 0.995, 1.0])
def test_quantile_outside_the_grid_raises(level):
    with pytest.raises(ValueError, match="levels must lie within"):
        linear().quantile([0.5, level])


def test_cdf_by_hand():
    # 59 is the quantile .50; 59.25 a quarter of the way to .51; 9 and 108 are outside or last
    for value, expected in [(59, 0.50), (59.25, 0.5025), (10, 0.01), (9, 0.005), (108, 0.995)]:
        assert float(linear().cdf(value)[0]) == pytest.approx(expected), value


def test_cdf_counts_a_step_as_passed():
    """20 % of zeros: the probability of at most zero is .20, not .01."""
    values = np.concatenate([np.zeros(20), np.arange(1.0, 80.0)])
    assert float(one(values).cdf(0.0)[0]) == pytest.approx(0.20)
    assert float(one(np.full(99, 5.0)).cdf(5.0)[0]) == pytest.approx(0.995)
    assert float(one(np.full(99, 5.0)).cdf(4.99)[0]) == pytest.approx(0.005)


@settings(deadline=None)
@given(st.integers(0, 10**6), st.floats(0.01, 0.98))
def test_cdf_inverts_quantile(seed, level):
    forecast = one(np.cumsum(np.random.default_rng(seed).uniform(0.5, 2, 99)))
    value = forecast.quantile([level]).isel(quantile=0, drop=True)
    assert float(forecast.cdf(value)[0]) == pytest.approx(level, abs=1e-6)


def test_cdf_of_observations_is_the_normal_probability(make_cases, make_target, normal):
    cases = make_cases(4, leads=2, places=3)
    rng = np.random.default_rng(2)
    centre = 50 + 5 * rng.standard_normal((4, 2, 3))
    value = centre + 10 * rng.uniform(-2, 2, (4, 2, 3))
    found = normal(cases, centre, 10.0).cdf(make_target(cases, value))
    expected = scipy.stats.norm.cdf(value, centre, 10.0)
    np.testing.assert_allclose(found.transpose("issue", "lead", "place"), expected, atol=5e-4)


def test_cdf_of_thresholds_adds_their_dimension():
    thresholds = xr.DataArray([9.0, 59.0, 200.0], dims="threshold")
    found = linear().cdf(thresholds).transpose("case", "threshold")
    np.testing.assert_allclose(found, [[0.005, 0.5, 0.995]])


def test_missing_forecast_is_nan_everywhere():
    q = xr.DataArray(
        np.stack([10.0 + np.arange(99), np.full(99, np.nan)]),
        dims=("case", "quantile"),
        coords={"quantile": LEVELS},
    )
    forecast = Distribution(q)
    for values in (
        forecast.mean(),
        forecast.cdf(30.0),
        forecast.quantile([0.3]).isel(quantile=0),
        forecast.sample(3).isel(sample=1),
    ):
        np.testing.assert_array_equal(np.isnan(values), [False, True])


def test_cdf_of_a_missing_value_is_nan():
    forecast = Distribution(xr.concat([linear().quantiles] * 2, "case"))
    found = forecast.cdf(xr.DataArray([59.0, np.nan], dims="case"))
    np.testing.assert_allclose(found, [0.5, np.nan])


def test_sample_has_the_quantiles_of_the_distribution():
    sample = linear().sample(40_000, seed=3)
    assert sample.dims == ("sample", "case")
    # drawn between .01 and .99, so level p of the sample is level .01 + .98 p: 10 + 98 p
    levels = np.array([0.05, 0.25, 0.5, 0.75, 0.95])
    np.testing.assert_allclose(np.quantile(sample[:, 0], levels), 10 + 98 * levels, atol=1.0)
    assert sample.min() >= 10
    assert sample.max() <= 108


def test_sample_draws_cases_independently_and_by_seed(make_cases, normal):
    forecast = normal(make_cases(2, places=2), 100.0, 10.0)
    sample = forecast.sample(5000, seed=1)
    assert sample.dims == ("sample", "issue", "lead", "place")
    flat = sample.values.reshape(5000, 4)
    assert np.abs(np.corrcoef(flat.T) - np.eye(4)).max() < 0.06
    np.testing.assert_array_equal(sample, forecast.sample(5000, seed=1))
    assert (sample != forecast.sample(5000, seed=2)).mean() > 0.99


def test_exceedance_is_the_rest_of_the_cdf(make_cases, normal):
    forecast = normal(make_cases(2), 50.0, 10.0)
    # half above the median, Φ(−1) above one σ
    np.testing.assert_allclose(forecast.exceedance(50.0), 0.5, atol=1e-5)
    np.testing.assert_allclose(forecast.exceedance(60.0), 0.1587, atol=1e-3)
    np.testing.assert_allclose(forecast.exceedance(1e4), 0.005, atol=1e-6)
