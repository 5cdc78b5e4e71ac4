"""`out_of_fold`: each case is forecast by the fit of its own fold, trained on that fold's mask."""

from dataclasses import dataclass

import numpy as np
import pytest

from ensembles import LEVELS, Boosting, Climatology, Distribution, Persistence, make_folds
from ensembles.members.member import out_of_fold


@dataclass(frozen=True)
class Count:
    """A member that forecasts how many values it was trained on, at every level."""

    name: str = "count"

    def fit(self, cases, target):
        return FittedCount(int(np.isfinite(target).sum()), float(target.max()))


@dataclass(frozen=True)
class FittedCount:
    number: int
    largest: float

    def predict(self, cases):
        shape = tuple(cases.sizes[d] for d in ("issue", "lead", "place"))
        values = np.full((*shape, len(LEVELS)), float(self.number))
        values[..., 1:] = self.largest
        return Distribution.from_values(values, cases)


def test_each_fit_sees_its_training_mask_only(make_cases, make_target):
    cases = make_cases(40, leads=2, places=3)
    target = make_target(cases, np.arange(40.0)[:, None, None])
    found = out_of_fold(Count(), cases, target, make_folds(cases, 2)).quantiles
    # block 1 is issues 0 … 19; issues 30 … 39 train: 10 issues × 2 leads × 3 places, largest 39.
    # block 2 starts with day 20: issues 0 … 17 train with both leads, issue 18 with lead 1:
    # 37 × 3, largest 18
    assert (found[:20, ..., 0] == 60).all()
    assert (found[20:, ..., 0] == 37 * 3).all()
    assert (found[:20, ..., 1] == 39).all()
    assert (found[20:, ..., 1] == 18).all()
    assert found.dims == ("issue", "lead", "place", "quantile")
    np.testing.assert_array_equal(found["issue"], cases["issue"])


def test_missing_targets_are_no_training_but_are_forecast(make_cases, make_target):
    cases = make_cases(40)
    target = make_target(cases, 1.0)
    target[35:] = np.nan
    found = out_of_fold(Count(), cases, target, make_folds(cases, 2)).quantiles
    assert (found[:20, ..., 0] == 5).all()
    assert np.isfinite(found[35:]).all()


@pytest.mark.parametrize(
    "member",
    [
        Climatology(),
        Persistence("latest"),
        Boosting(["latest", "lead"], trees=5, min_leaf=5, folds=2),
    ],
    ids=lambda m: m.name,
)
def test_every_member_meets_the_protocol(member, make_cases, make_target, tmp_path):
    """Fit, cross-fit, save, load, predict: same cases, ordered quantiles, never negative."""
    rng = np.random.default_rng(1)
    cases = make_cases(80, leads=2, places=2)
    cases["latest"] = (("issue", "place"), rng.gamma(3, 20, (80, 2)).astype("float32"))
    target = make_target(cases, rng.gamma(3, 20, (80, 2, 2)))
    folds = make_folds(cases, 2)
    fitted, unseen = member.cross_fit(cases, target, folds)
    fitted.save(tmp_path / member.name)
    loaded = type(fitted).load(tmp_path / member.name)
    alone = member.fit(cases, target)
    for forecast in (unseen, fitted.predict(cases), loaded.predict(cases), alone.predict(cases)):
        q = forecast.quantiles
        assert q.shape == (80, 2, 2, 99)
        assert np.isfinite(q).all()
        assert (q >= 0).all()
        assert (q.diff("quantile") >= 0).all()
        assert 40 < float(forecast.mean().mean()) < 80  # the target's mean is 60
    np.testing.assert_array_equal(loaded.predict(cases).quantiles, fitted.predict(cases).quantiles)
    np.testing.assert_array_equal(alone.predict(cases).quantiles, fitted.predict(cases).quantiles)
