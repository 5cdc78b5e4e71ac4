"""Comparison of models with a reference, and its grid."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from verification import (
    SCORES,
    benjamini_hochberg,
    bootstrap_difference,
    compare,
    contingency_sums,
    continuous_sums,
    exceedance_sums,
    holm,
    mae,
    scorecard_grid,
)

LABELS = {"place_kind": "city", "group": "all", "pollutant": "pm25"}
COORDS = {"issue": np.arange(60), "lead": [1, 2, 3]}


def sums_of(error):
    fcst = xr.DataArray(100 + error, COORDS, ("issue", "lead"))
    return continuous_sums(fcst, xr.full_like(fcst, 100.0), keep=("issue", "lead"))


@pytest.fixture
def errors():
    rng = np.random.default_rng(0)
    old = rng.normal(10, 10, (60, 3))
    # Half the error on the first lead, noise as large on the second, twice the error on the third.
    new = old * [0.5, 1.0, 2.0]
    new[:, 1] = rng.normal(10, 10, 60)
    return {"old": old, "new": new}


@pytest.fixture
def rows(errors):
    return [({"model": name, **LABELS}, sums_of(error)) for name, error in errors.items()]


def test_values_differences_and_verdicts(rows, errors):
    table = compare(rows, ["mae"], against="old", replicates=200)
    expected = {n: np.abs(e).mean(axis=0) for n, e in errors.items()}
    np.testing.assert_allclose(table["value"], expected["new"])
    np.testing.assert_allclose(table["value_reference"], expected["old"])
    np.testing.assert_allclose(table["difference"], expected["new"] - expected["old"])
    # Of an MAE, whose perfect value is 0: half the error is 50 %, twice the error -100 %.
    skill = 100 * (1 - expected["new"][1] / expected["old"][1])
    np.testing.assert_allclose(table["skill"], [50, skill, -100])
    assert table["verdict"].tolist() == ["better", "equal", "worse"]
    assert table["model"].tolist() == ["new"] * 3
    assert table["reference"].tolist() == ["old"] * 3
    assert table["lead"].tolist() == [1, 2, 3]
    assert table["pairs"].tolist() == [60] * 3
    found = bootstrap_difference(rows[1][1], rows[0][1], mae, replicates=200)
    for name in ("low", "high", "p"):
        np.testing.assert_allclose(table[name], found[name])


def test_columns_and_attributes(rows):
    table = compare(rows, ["mae"], against="old", replicates=20, seed=3, correction="holm")
    assert list(table) == [
        *("model", "reference", "place_kind", "group", "pollutant", "lead", "score"),
        *("value", "value_reference", "difference", "low", "high", "p", "p_adjusted"),
        *("skill", "pairs", "verdict"),
    ]
    assert table.attrs == {
        **{"dim": "issue", "replicates": 20, "seed": 3, "level": 0.95, "block": 0},
        "correction": "holm",
    }


@pytest.mark.parametrize(("correction", "method"), [("fdr", benjamini_hochberg), ("holm", holm)])
def test_p_values_are_adjusted_over_leads(rows, correction, method):
    table = compare(rows, ["mae", "rmse"], against="old", correction=correction, replicates=100)
    for score in ("mae", "rmse"):
        part = table[table["score"] == score]
        expected = method(xr.DataArray(part["p"].to_numpy(), dims="lead"), "lead")
        np.testing.assert_allclose(part["p_adjusted"], expected)


def test_significance_follows_the_level(rows):
    # The adjusted p-value of the second lead is far above 0.05 and below 1.
    p = compare(rows, ["mae"], against="old", replicates=200)["p_adjusted"][1]
    assert p > 0.05
    strict = compare(rows, ["mae"], against="old", replicates=200, level=1 - p / 2)
    lax = compare(rows, ["mae"], against="old", replicates=200, level=1 - min(1.01 * p, 0.9999))
    assert strict["verdict"][1] == "equal"
    assert lax["verdict"][1] in ("better", "worse")


def test_a_score_that_is_best_nearest_is_compared_by_its_distance():
    rng = np.random.default_rng(1)
    noise = rng.normal(0, 1, (60, 3))
    rows = [
        ({"model": "low", **LABELS}, sums_of(noise - 4)),
        ({"model": "high", **LABELS}, sums_of(noise + 2)),
    ]
    table = compare(rows, ["bias"], against="low", replicates=50)
    mean = noise.mean(axis=0)
    np.testing.assert_allclose(table["value"], mean + 2)
    np.testing.assert_allclose(table["value_reference"], mean - 4)
    np.testing.assert_allclose(table["difference"], (mean + 2) - (4 - mean))
    np.testing.assert_allclose(table["skill"], 100 * (1 - (mean + 2) / (4 - mean)))
    assert (table["verdict"] == "better").all()


def test_a_score_that_is_best_when_large():
    rng = np.random.default_rng(2)
    obs = xr.DataArray(rng.normal(size=(60, 3)), COORDS, ("issue", "lead"))
    noise = rng.normal(size=(60, 3))
    rows = [
        ({"model": name, **LABELS}, continuous_sums(obs + k * noise, obs, keep=("issue", "lead")))
        for name, k in (("poor", 3.0), ("good", 0.3))
    ]
    table = compare(rows, ["correlation"], against="poor", replicates=50)
    assert (table["difference"] > 0).all()
    assert (table["verdict"] == "better").all()
    # A correlation of 1 is perfect.
    skill = 100 * (1 - (1 - table["value"]) / (1 - table["value_reference"]))
    np.testing.assert_allclose(table["skill"], skill)
    turned = compare(rows, ["correlation"], against="good", replicates=50)
    assert (turned["verdict"] == "worse").all()


def test_undefined_scores_and_a_perfect_reference():
    event = xr.zeros_like(xr.DataArray(np.zeros((60, 3)), COORDS, ("issue", "lead")))
    never = contingency_sums(event, event, keep=("issue", "lead"))
    rows = [({"model": m, **LABELS}, never) for m in ("a", "b")]
    table = compare(rows, ["pod"], against="a", replicates=20)
    assert table["verdict"].tolist() == ["undefined"] * 3
    assert table[["value", "difference", "p", "p_adjusted", "skill"]].isna().all(axis=None)
    perfect = [
        ({"model": "a", **LABELS}, sums_of(np.zeros((60, 3)))),
        ({"model": "b", **LABELS}, sums_of(np.ones((60, 3)))),
    ]
    table = compare(perfect, ["mae"], against="a", replicates=20)
    assert table["skill"].isna().all()
    assert (table["verdict"] == "worse").all()


def test_models_as_a_dimension_and_several_models(rows):
    rng = np.random.default_rng(3)
    third = ({"model": "third", **LABELS}, sums_of(rng.normal(size=(60, 3))))
    by_label = compare([*rows, third], ["mae"], against="old", replicates=30)
    assert by_label["model"].tolist() == ["new"] * 3 + ["third"] * 3
    together = xr.concat([s for _, s in (*rows, third)], "model", combine_attrs="override")
    together = together.assign_coords(model=["old", "new", "third"])
    pd.testing.assert_frame_equal(
        compare([(LABELS, together)], ["mae"], against="old", replicates=30), by_label
    )


def test_rows_that_the_reference_lacks_are_left_out(rows):
    other = ({"model": "new", **LABELS, "group": "north"}, rows[1][1])
    table = compare([*rows, other], ["mae"], against="old", replicates=20)
    assert table["group"].tolist() == ["all"] * 3


def test_thresholds_are_a_column():
    rng = np.random.default_rng(4)
    obs = xr.DataArray(rng.gamma(2, 50, (60, 3)), COORDS, ("issue", "lead"))
    rows = [
        (
            {"model": m, **LABELS},
            exceedance_sums(obs * rng.lognormal(0, s, (60, 3)), obs, [50.0, 100.0], keep=obs.dims),
        )
        for m, s in (("a", 0.1), ("b", 1.0))
    ]
    table = compare(rows, ["ts"], against="b", replicates=50)
    assert list(table)[5] == "threshold"
    assert table["threshold"].tolist() == [50.0] * 3 + [100.0] * 3
    assert table["lead"].tolist() == [1, 2, 3] * 2
    assert (table["verdict"] == "better").all()


def test_errors(rows):
    with pytest.raises(ValueError, match=r"one of \['fdr', 'holm'\], found 'none'"):
        compare(rows, ["mae"], against="old", correction="none")
    with pytest.raises(ValueError, match="no model can be compared with 'persistence'"):
        compare(rows, ["mae"], against="persistence")
    with pytest.raises(ValueError, match="no model can be compared with 'old'"):
        compare(rows[:1], ["mae"], against="old")
    with pytest.raises(ValueError, match="two rows are alike: model 'new'"):
        compare([*rows, rows[1]], ["mae"], against="old")
    with pytest.raises(ValueError, match="unknown score 'mse'"):
        compare(rows, ["mse"], against="old")
    with pytest.raises(ValueError, match=r"none of the scores \['pod'\] is read from sums of"):
        compare(rows, ["pod"], against="old")
    with pytest.raises(ValueError, match=r"\['reference'\] cannot be labels of the row"):
        compare([({**rows[0][0], "reference": "x"}, rows[0][1])], ["mae"], against="old")
    gap = np.zeros((60, 3))
    gap[2, 1] = np.nan
    with pytest.raises(ValueError, match=r"1 and 0 pairs at position \{'issue': 2, 'lead': 1\}"):
        compare([*rows, ({"model": "gap", **LABELS}, sums_of(gap))], ["mae"], against="old")
    with pytest.raises(ValueError, match="must keep 'issue' to be resampled"):
        compare([(k, s.sum("issue")) for k, s in rows], [SCORES["mae"]], against="old")


@pytest.fixture
def table():
    rows = [
        ("new", "mae", 1, "better", 20.0, -2.0, 0.01),
        ("new", "mae", 2, "equal", 1.0, -0.1, 0.6),
        ("new", "pod", 1, "worse", -5.0, -0.2, 0.02),
        ("raw", "mae", 2, "undefined", np.nan, np.nan, np.nan),
    ]
    names = ("model", "score", "lead", "verdict", "skill", "difference", "p_adjusted")
    return pd.DataFrame(rows, columns=names).assign(group="all", value=1.0)


def test_grid(table):
    grid = scorecard_grid(table)
    # The group does not vary, so a row is a model and a score.
    assert set(grid.coords) == {"model", "score", "lead"}
    assert grid["model"].values.tolist() == ["new", "new", "raw"]
    assert grid["score"].values.tolist() == ["mae", "pod", "mae"]
    nan = np.nan
    assert grid["lead"].values.tolist() == [1, 2]
    np.testing.assert_array_equal(grid["verdict"], [[1, 0], [-1, nan], [nan, nan]])
    np.testing.assert_array_equal(grid["skill"], [[20, 1], [-5, nan], [nan, nan]])
    np.testing.assert_array_equal(grid["difference"], [[-2, -0.1], [-0.2, nan], [nan, nan]])
    np.testing.assert_array_equal(grid["p_adjusted"], [[0.01, 0.6], [0.02, nan], [nan, nan]])


def test_grid_of_chosen_rows(table):
    grid = scorecard_grid(table[table["model"] == "new"], rows=["group", "score"])
    assert grid["group"].values.tolist() == ["all", "all"]
    assert grid["score"].values.tolist() == ["mae", "pod"]


def test_grid_of_a_comparison(rows):
    table = compare(rows, ["mae", "bias"], against="old", replicates=50)
    grid = scorecard_grid(table)
    assert dict(grid.sizes) == {"row": 2, "lead": 3}
    np.testing.assert_allclose(grid["skill"].values.ravel(), table["skill"])
    np.testing.assert_array_equal(grid["verdict"][0], [1, 0, -1])


def test_grid_errors(table):
    with pytest.raises(ValueError, match=r"lacks the columns \['verdict', 'region'\]"):
        scorecard_grid(table.drop(columns="verdict"), rows=["region"])
    with pytest.raises(ValueError, match=r"two lines of the table fall on one cell: .*'lead': 2"):
        scorecard_grid(table, rows=["score"])
