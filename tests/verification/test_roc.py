"""ROC and economic value against arithmetic by hand, scikit-learn and the library `scores`."""

import numpy as np
import pytest
import xarray as xr
from scores.probability import relative_economic_value
from sklearn.metrics import roc_auc_score
from sklearn.metrics import roc_curve as sklearn_curve

from verification import economic_value, member_bins, reliability_sums, roc_area, roc_curve


def series(values):
    return xr.DataArray(values, dims="x")


def sample(seed, members=20, n=300):
    rng = np.random.default_rng(seed)
    p = rng.integers(0, members + 1, n) / members
    return series(p), series((rng.random(n) < p).astype(float))


def test_by_hand():
    p, event = series([0.0, 0.0, 0.5, 0.5, 1.0]), series([0, 0, 0, 1, 1])
    sums = reliability_sums(p, event, bins=member_bins(2))
    curve = roc_curve(sums)
    assert curve["probability_threshold"].values.tolist() == [np.inf, 0.75, 0.25, 0.0]
    assert curve["pod"].values.tolist() == [0, 1 / 2, 1, 1]
    np.testing.assert_allclose(curve["pofd"], [0, 0, 1 / 3, 1])
    # of 2 · 3 pairs of an event with a non-event: 1.0 over all three, .5 over two and equal to one
    assert float(roc_area(sums)) == pytest.approx((3 + 2 + 1 / 2) / 6)


@pytest.mark.parametrize("seed", range(4))
def test_area_is_that_of_scikit_learn_when_bins_hold_one_probability(seed):
    p, event = sample(seed)
    sums = reliability_sums(p, event, bins=member_bins(20))
    assert float(roc_area(sums)) == pytest.approx(roc_auc_score(event.values, p.values), abs=1e-12)
    pofd, pod, _ = sklearn_curve(event.values, p.values, drop_intermediate=False)
    np.testing.assert_allclose(roc_curve(sums)["pod"], pod)
    np.testing.assert_allclose(roc_curve(sums)["pofd"], pofd)


def test_weights_count():
    p, event = sample(7)
    weights = series(np.random.default_rng(1).random(p.size))
    expected = roc_auc_score(event.values, p.values, sample_weight=weights.values)
    sums = reliability_sums(p, event, bins=member_bins(20), weights=weights)
    assert float(roc_area(sums)) == pytest.approx(expected, abs=1e-12)


def test_wide_bins_cut_the_area_short():
    p, event = sample(1)
    areas = [
        float(roc_area(reliability_sums(p, event, bins=bins)))
        for bins in ([0, 1], [0, 0.5, 1], member_bins(20))
    ]
    assert areas[0] == 0.5
    assert areas[0] < areas[1] < areas[2]


def test_turned_forecast_has_the_rest_of_the_area():
    p, event = sample(2)
    a, b = (roc_area(reliability_sums(q, event, bins=member_bins(20))) for q in (p, 1 - p))
    np.testing.assert_allclose(a + b, 1.0)


def test_without_events_or_non_events_undefined():
    p = series([0.2, 0.8])
    for outcome, missing, there in ((0, "pod", "pofd"), (1, "pofd", "pod")):
        sums = reliability_sums(p, series([outcome, outcome]))
        curve = roc_curve(sums)
        assert np.isnan(curve[missing]).all()
        assert curve[there].notnull().all()
        assert np.isnan(roc_area(sums))
        assert np.isnan(economic_value(sums, [0.3])).all()


def test_kept_dimensions_stay_apart():
    p, event = sample(3)
    both = xr.concat([p, 1 - p], dim="lead")
    sums = reliability_sums(both, event, bins=member_bins(20), keep="lead")
    alone = [reliability_sums(q, event, bins=member_bins(20)) for q in (p, 1 - p)]
    np.testing.assert_allclose(roc_area(sums), [roc_area(s) for s in alone])
    value = economic_value(sums, [0.2, 0.6])
    assert value.dims == ("lead", "cost_loss")
    np.testing.assert_allclose(value, [economic_value(s, [0.2, 0.6]) for s in alone])


def test_economic_value_by_hand():
    p, event = series([0.2] * 4 + [0.7] * 4), series([0, 0, 0, 0, 0, 0, 1, 1])
    sums = reliability_sums(p, event)
    # ō = 1/4; a warning at .7 has POD 1 and POFD 2/6. Expenses per unit loss and case:
    # α = .1: always .1, forecast 4/8 · .1, perfect 2/8 · .1 -> (.1 - .05) / (.1 - .025)
    # α = .4: never .25, forecast 4/8 · .4 = .2, perfect .1 -> (.25 - .2) / (.25 - .1)
    # α = .8: never .25, forecast .4: it is better not to heed it
    found = economic_value(sums, [0.1, 0.4, 0.8])
    np.testing.assert_allclose(found, [0.05 / 0.075, 0.05 / 0.15, 0.0], atol=1e-15)


def test_economic_value_against_scores():
    p, event = sample(5)
    ratios = [0.05, 0.3, 0.5, 0.9]
    found = economic_value(reliability_sums(p, event, bins=member_bins(20)), ratios)
    warned = xr.concat([(p > k / 20).astype(float) for k in range(20)], "threshold")
    expected = relative_economic_value(
        warned, event, cost_loss_ratios=ratios, preserve_dims=["threshold"]
    ).max("threshold")
    np.testing.assert_allclose(found, expected.clip(min=0.0), atol=1e-12)


@pytest.mark.parametrize("ratio", [0.0, 1.0, 20.0])
def test_cost_loss_ratio_must_lie_within_zero_and_one(ratio):
    p, event = sample(1)
    with pytest.raises(ValueError, match="cost-loss ratios must lie between 0 and 1"):
        economic_value(reliability_sums(p, event), [ratio])
