"""Members of a predictor with a short record, and guidance as it is."""

from __future__ import annotations

import numpy as np
import pytest

from ensembles import (
    FittedRawGuidance,
    KalmanFilter,
    QuantileMapping,
    RawGuidance,
    ShortRecord,
    make_folds,
)


@pytest.fixture
def guided(make_cases, make_target):
    """300 issues of two leads; a model a third too high, from issue 200 on."""
    cases = make_cases(300, leads=2, places=2)
    observed = make_target(cases, np.random.default_rng(3).gamma(4, 15, (300, 2, 2)))
    cases["model"] = (observed * 4 / 3).astype(np.float32)
    cases["model"][:200] = np.nan
    return cases, observed


@pytest.mark.parametrize("inner", [QuantileMapping("model"), KalmanFilter("model", name="k")])
def test_folds_are_cut_where_the_record_is(guided, inner):
    cases, observed = guided
    member = ShortRecord(inner, "model", 50)
    assert member.name == inner.name
    fitted, unseen = member.cross_fit(cases, observed, make_folds(cases, 4))
    q = unseen.quantiles
    assert np.isnan(q[:200]).all()
    assert np.isfinite(q[200:]).all()
    error = unseen.mean()[200:] - observed[200:]
    raw = cases["model"][200:] - observed[200:]
    assert float(np.abs(error).mean()) < 0.25 * float(np.abs(raw).mean())
    # folds of the whole span would have had none of the record to learn from but in the last
    whole = make_folds(cases, 4)
    assert len(whole[3].held_out) == 75
    same = inner.fit(cases.isel(issue=slice(200, None)), observed[200:])
    np.testing.assert_array_equal(
        fitted.predict(cases).quantiles.values, same.predict(cases).quantiles.values
    )


def test_out_of_fold_means_out_of_fold(guided):
    cases, observed = guided
    member = ShortRecord(QuantileMapping("model"), "model", 50)
    _, before = member.cross_fit(cases, observed, make_folds(cases, 4))
    spoilt = observed.copy()
    spoilt[275:] = 500.0  # the last of the four blocks of 25
    _, after = member.cross_fit(cases, spoilt, make_folds(cases, 4))
    np.testing.assert_array_equal(before.quantiles[275:], after.quantiles[275:])
    assert not np.array_equal(before.quantiles[200:275], after.quantiles[200:275])


def test_too_short_a_record(guided):
    cases, observed = guided
    member = ShortRecord(QuantileMapping("model"), "model", 101)
    with pytest.raises(ValueError, match="100 issue days with model; expected 101 or more"):
        member.fit(cases, observed)
    with pytest.raises(ValueError, match="0 issue days with model"):
        member.cross_fit(cases.drop_vars("model"), observed, make_folds(cases, 2))


def test_raw_guidance_is_the_guidance(guided, tmp_path):
    cases, observed = guided
    fitted, unseen = RawGuidance("model", "ctm").cross_fit(cases, observed, [])
    fitted.save(tmp_path / "ctm")
    loaded = FittedRawGuidance.load(tmp_path / "ctm")
    for made in (unseen, loaded.predict(cases)):
        values = made.quantiles.values
        np.testing.assert_array_equal(values, np.repeat(cases["model"].values[..., None], 99, -1))
    np.testing.assert_allclose(unseen.mean()[200:], cases["model"][200:], rtol=1e-5)
    assert np.isnan(loaded.predict(cases.drop_vars("model")).quantiles).all()
