"""One walk over every score: range, perfect value, orientation, missing values, merging, dask."""

from functools import cache

import numpy as np
import pytest
import xarray as xr
from score_inputs import COORDS, DIMS, FAMILIES, NORMAL

import verification as v
from verification import SCORES, merge


@cache
def inputs(family, seed=0, error=20.0):
    return FAMILIES[family].inputs(seed, error)


def build(family, arrays, **options):
    return FAMILIES[family].sums(*arrays, **options)


@cache
def made(family, seed=0, error=20.0, keep=()):
    """Sums of the input of the family: all scores of a family are read from the same."""
    return build(family, inputs(family, seed, error), keep=keep)


@pytest.fixture(params=sorted(SCORES))
def score(request):
    return SCORES[request.param]


def test_registry_is_whole_and_described(score):
    assert SCORES[score.name] is score
    assert score.long_name
    assert score.orientation in ("larger", "smaller", "nearest")
    assert score.range[0] <= score.perfect <= score.range[1]
    text = score.function.__doc__
    for part in ("Range", "perfect", "Parameters", "Returns", "Examples", ">>>"):
        assert part in text, f"{score.name}: {part}"
    assert ("References" in text) or ("See Also" in text)
    assert {s.family for s in SCORES.values()} == set(FAMILIES)


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("error", [1.0, 20.0, 300.0])
def test_within_range_and_named(score, seed, error):
    value = score(made(score.family, seed, error, "lead"))
    assert value.name == score.name
    assert value.dims == ("lead",)
    assert (value >= score.range[0]).all()
    assert (value <= score.range[1]).all()


def test_perfect_forecast_scores_perfect(score):
    arrays = inputs(score.family, error=0.0)
    if score.name.startswith("coverage"):  # an interval of 90 % is meant to hold 9 of 10
        inside = round(10 * score.perfect)
        truth = xr.DataArray([0.0] * inside + [9.0] * (10 - inside), dims="x")
        arrays = (truth * 0 + NORMAL, truth)
    if score.name == "convergence":  # a forecast that is never wrong never comes nearer
        older, truth = inputs("revision", error=20.0)
        arrays = (older.where(older["run"] > 1, truth), truth)
    value = float(score(build(score.family, arrays)))
    assert value == pytest.approx(score.perfect, abs=1e-12)


def test_orientation_prefers_the_better_forecast(score):
    good, poor = (float(score(made(score.family, 3, error))) for error in (4.0, 150.0))
    if score.name == "coverage_90":
        truth = inputs("continuous")[1]
        good, poor = (
            float(score(v.quantile_sums(truth + shift + 10 * NORMAL, truth))) for shift in (0, 99)
        )
    if score.family == "range":  # a wider range hits more: the same width for both
        truth = inputs("continuous")[1]
        near = xr.DataArray([4.0, -4.0] * 3, {"place": COORDS["place"]}, ["place"])
        good, poor = (
            float(score(v.range_hit_sums(f - w, f + w, truth)))
            for f, w in ((truth + near, 5), (truth + 20 * near, 5.0 + (score.name == "mean_width")))
        )
    if score.orientation == "larger":
        assert good > poor
    elif score.orientation == "smaller":
        assert good < poor
    else:
        assert abs(good - score.perfect) < abs(poor - score.perfect)


@cache
def holed_sums(family):
    """Sums with holes in the first array, in the last one, and with weight 0 in their place."""
    arrays = inputs(family)
    gone = xr.DataArray(np.random.default_rng(9).random((8, 2, 6)) < 0.3, COORDS, DIMS)
    return (
        build(family, [arrays[0].where(~gone), *arrays[1:]]),
        build(family, [*arrays[:-1], arrays[-1].where(~gone)]),
        build(family, arrays, weights=(~gone).astype(float)),
    )


def test_missing_pairs_are_dropped_and_counted(score):
    first, last, weightless = holed_sums(score.family)
    assert float(first["pairs"]) == float(last["pairs"]) < float(made(score.family)["pairs"])
    expected = score(weightless)
    assert expected.notnull().all()
    np.testing.assert_allclose(score(first), expected, rtol=1e-12)
    np.testing.assert_allclose(score(last), expected, rtol=1e-12)


@cache
def empty_sums(family):
    """Sums of no pairs at all, and of missing ones only."""
    arrays = inputs(family)
    return (
        build(family, [a.isel(issue=slice(0)) for a in arrays], keep="lead"),
        build(family, [arrays[0] * np.nan, *arrays[1:]], keep="lead"),
    )


def test_empty_input_is_missing(score):
    for nothing in empty_sums(score.family):
        assert nothing["pairs"].values.tolist() == [0.0, 0.0]
        assert np.isnan(score(nothing)).all()


@cache
def sums_of_one(family):
    return build(family, [a.isel(issue=[0], lead=[0], place=[0]) for a in inputs(family)])


def test_one_pair_is_in_range_or_undefined(score):
    sums = sums_of_one(score.family)
    assert float(sums["pairs"]) == 1.0
    value = float(score(sums))
    assert score.range[0] <= value <= score.range[1] or (
        np.isnan(value) and score.name in FAMILIES[score.family].undefined_for_one
    )


@cache
def merged_sums(family):
    parts = [
        build(family, [a.isel(issue=cut) for a in inputs(family)], keep="lead")
        for cut in (slice(0, 1), slice(1, 5), slice(5, None))
    ]
    return merge(*parts)


def test_split_and_merged_is_the_whole(score):
    whole = score(made(score.family, keep="lead"))
    np.testing.assert_allclose(score(merged_sums(score.family)), whole, rtol=1e-12)


@cache
def turned_sums(family):
    order = [3, 0, 5, 1, 4, 2]
    return build(family, [a.isel(place=order) for a in inputs(family)], keep="lead")


def test_order_of_places_changes_nothing(score):
    whole = score(made(score.family, keep="lead"))
    np.testing.assert_allclose(score(turned_sums(score.family)), whole, rtol=1e-12)


@cache
def chunked_sums(family):
    return build(family, [a.chunk(issue=3, place=4) for a in inputs(family)], keep="lead")


def test_dask_equals_numpy(score):
    pytest.importorskip("dask")
    whole = score(made(score.family, keep="lead"))
    np.testing.assert_allclose(score(chunked_sums(score.family)), whole, rtol=1e-12)


def test_sums_of_another_family_raise(score):
    other = "brier" if score.family != "brier" else "level"
    with pytest.raises(ValueError, match=f"family '{score.family}', found '{other}'"):
        score(made(other))


def test_misaligned_input_raises(score):
    arrays = list(inputs(score.family))
    arrays[-1] = arrays[-1].assign_coords(lead=[2, 3])
    with pytest.raises(ValueError, match="dimension 'lead' differs at position 0"):
        build(score.family, arrays)
