"""Skill against a reference: for every orientation, and what cannot be told."""

from functools import cache

import numpy as np
import pytest
import xarray as xr
from score_inputs import FAMILIES

from verification import SCORES, Score, brier_sums, continuous_sums, skill

OBS = xr.DataArray([10.0, 20.0, 60.0], dims="x")
UNIT = xr.DataArray([1.0, -1.0, 1.0], dims="x")


def pair(*sizes):
    return [continuous_sums(OBS + size * UNIT, OBS) for size in sizes]


def test_by_hand_for_every_orientation():
    good, reference = pair(2.0, 8.0)
    assert float(skill(SCORES["mae"], good, reference)) == 1 - 2 / 8
    assert float(skill(SCORES["mae"], reference, good)) == 1 - 8 / 2
    # bias: (2 - 2 + 2)/3 against (8 - 8 + 8)/3, and its negative is as far from 0
    np.testing.assert_allclose(skill(SCORES["bias"], good, reference), 1 - (2 / 3) / (8 / 3))
    below = continuous_sums(OBS - 2 * UNIT, OBS)
    np.testing.assert_allclose(skill(SCORES["bias"], below, reference), 1 - (2 / 3) / (8 / 3))
    r, r_ref = (float(SCORES["correlation"](s)) for s in (good, reference))
    found = skill(SCORES["correlation"], good, reference)
    np.testing.assert_allclose(found, (r - r_ref) / (1 - r_ref))
    assert found.name == "correlation_skill"


def test_skill_of_squared_error_is_that_of_wilks():
    good, reference = pair(2.0, 8.0)
    mse = Score(
        "mse", "continuous", lambda s: SCORES["rmse"](s) ** 2, (0, np.inf), 0.0, "smaller", "", ""
    )
    assert float(skill(mse, good, reference)) == pytest.approx(1 - 4 / 64)


def test_brier_skill_against_the_base_rate():
    rng = np.random.default_rng(0)
    event = xr.DataArray((rng.random(50) < 0.4).astype(float), dims="x")
    chance = (0.6 * event + 0.4 * rng.random(50)).clip(0, 1)
    sums, base = (brier_sums(p, event) for p in (chance, event * 0 + event.mean()))
    np.testing.assert_allclose(
        skill(SCORES["brier_score"], sums, base), SCORES["brier_skill"](sums), rtol=1e-12
    )


@cache
def made(family, error):
    return FAMILIES[family].sums(*FAMILIES[family].inputs(3, error), keep="lead")


@pytest.mark.parametrize("name", sorted(SCORES))
def test_every_score(name):
    score = SCORES[name]
    worse, good, perfect = (made(score.family, error) for error in (150.0, 4.0, 0.0))
    itself = skill(score, worse, worse)
    assert ((itself == 0) | itself.isnull()).all()
    assert itself.dims == score(worse).dims
    if np.isfinite(score.perfect) and (score(perfect) == score.perfect).all():
        best = skill(score, perfect, worse)
        assert ((best == 1) | best.isnull()).all()
        better = skill(score, good, worse)
        beyond = score.orientation != "nearest" and score.perfect not in score.range
        assert beyond or ((better <= 1) | better.isnull()).all()


def test_undefined():
    good, perfect = pair(2.0, 0.0)
    assert np.isnan(skill(SCORES["mae"], good, perfect))
    assert np.isnan(skill(SCORES["mae"], perfect, perfect))
    endless = Score(
        "odds", "continuous", SCORES["mae"].function, (0, np.inf), np.inf, "larger", "", ""
    )
    assert np.isnan(skill(endless, good, good))
    beyond = Score(
        "estimate", "continuous", SCORES["bias"].function, (-1, np.inf), 0.0, "smaller", "", ""
    )
    below = continuous_sums(OBS - 1, OBS)
    assert np.isnan(skill(beyond, good, below))
    nothing = continuous_sums(OBS * np.nan, OBS)
    assert np.isnan(skill(SCORES["mae"], nothing, nothing))


def processes(hits, misses, false_alarms):
    counts = {"hits": hits, "misses": misses, "false_alarms": false_alarms}
    pairs = float(sum(counts.values()))
    return xr.Dataset({**counts, "pairs": pairs, "weight": pairs}, attrs={"family": "process"})


def test_processes_are_compared_on_the_same_observed_ones():
    good, reference = processes(3.0, 1.0, 1.0), processes(2.0, 2.0, 6.0)
    # hit rates 3/4 and 2/4, false-alarm ratios 1/4 and 6/8
    assert float(skill(SCORES["process_pod"], good, reference)) == (3 / 4 - 2 / 4) / (1 - 2 / 4)
    assert float(skill(SCORES["process_far"], good, reference)) == pytest.approx(1 - (1 / 4) / 0.75)
    with pytest.raises(ValueError, match="observed processes 4 of the forecast and 5 of the"):
        skill(SCORES["process_pod"], good, processes(3.0, 2.0, 0.0))


def test_other_pairs_raise():
    good, reference = (
        continuous_sums(x, OBS, keep="x") for x in (OBS + 1, (OBS + 2).where(OBS > 15))
    )
    with pytest.raises(ValueError, match=r"same pairs in both: pairs 1 .* 0 .* position \(0,\)"):
        skill(SCORES["mae"], good, reference)
    with pytest.raises(ValueError, match="kept by"):
        skill(SCORES["mae"], good, continuous_sums(OBS, OBS))
    heavy = continuous_sums(OBS, OBS, weights=xr.DataArray([2.0, 1.0, 1.0], dims="x"))
    with pytest.raises(ValueError, match="weight 3 of the forecast and 4 of the reference"):
        skill(SCORES["mae"], continuous_sums(OBS, OBS), heavy)
    labelled = [
        continuous_sums(o, o, keep="x")
        for o in (OBS.assign_coords(x=c) for c in ([1, 2, 3], [1, 2, 4]))
    ]
    with pytest.raises(ValueError, match="dimension 'x' differs at position 2"):
        skill(SCORES["mae"], *labelled)
