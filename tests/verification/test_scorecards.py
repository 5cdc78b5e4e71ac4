"""The long table."""

import numpy as np
import pytest
import xarray as xr

from verification import (
    SCORES,
    Score,
    accuracy_by_observed_level,
    block_bootstrap,
    contingency_sums,
    continuous_sums,
    exceedance_sums,
    group_sums,
    level_table_sums,
    mae,
    scorecard,
)

COLUMNS = [
    *("model", "place_kind", "group", "pollutant", "lead"),
    *("score", "value", "low", "high", "pairs"),
]
LABELS = {"model": "boosting", "place_kind": "city", "group": "all", "pollutant": "pm25"}


@pytest.fixture
def sums():
    rng = np.random.default_rng(0)
    coords = {"issue": np.arange(40), "lead": [1, 2, 3]}
    fcst = xr.DataArray(rng.normal(size=(40, 3)), coords, ["issue", "lead"])
    fcst[0, 2] = np.nan
    return continuous_sums(fcst, xr.zeros_like(fcst), keep=("issue", "lead"))


def test_columns_values_and_intervals(sums):
    table = scorecard([(LABELS, sums)], ["mae", "bias"], replicates=200)
    assert list(table.columns) == COLUMNS
    assert len(table) == 3 * 2
    assert table["pairs"].tolist() == [40, 40, 39] * 2
    assert table["pairs"].dtype == np.int64
    assert table["lead"].tolist() == [1, 2, 3] * 2
    assert table["score"].tolist() == ["mae"] * 3 + ["bias"] * 3
    expected = block_bootstrap(sums, mae, replicates=200)
    np.testing.assert_array_equal(table["value"][:3], expected["value"])
    np.testing.assert_array_equal(table["low"][:3], expected["low"])
    np.testing.assert_array_equal(table["high"][:3], expected["high"])
    assert set(table["pollutant"]) == {"pm25"}


def test_groups_as_a_dimension_and_families_of_their_own():
    rng = np.random.default_rng(1)
    coords = {
        "lead": [1, 2],
        "place": list("abc"),
        "region": ("place", ["north", "south", "north"]),
    }
    error = xr.DataArray(rng.normal(size=(2, 3)), coords, ["lead", "place"])
    zero = xr.zeros_like(error)
    continuous = continuous_sums(error, zero, keep=("lead", "place"))
    groups = group_sums(continuous, by=("lead", "region")).rename(region="group")
    event = contingency_sums(zero, zero, keep="lead")
    without = {k: v for k, v in LABELS.items() if k != "group"}
    table = scorecard([(without, groups), (LABELS, event)], ["mae", SCORES["pod"]])
    assert table["score"].tolist() == ["mae"] * 4 + ["pod"] * 2
    assert table["group"].tolist() == ["north", "north", "south", "south", "all", "all"]
    assert table["lead"].tolist() == [1, 2, 1, 2, 1, 2]
    assert table["pairs"].tolist() == [2, 2, 1, 1, 3, 3]
    np.testing.assert_allclose(
        table["value"][:4],
        [*np.abs(error[:, [0, 2]]).mean("place"), *np.abs(error[:, 1])],
    )
    # No events: undefined; no issue dimension: no interval.
    assert table["value"][4:].isna().all()
    assert table[["low", "high"]].isna().all(axis=None)


def test_lead_as_a_label(sums):
    one = sums.isel(lead=0, drop=True)
    table = scorecard([({**LABELS, "lead": 1}, one)], ["mae"], replicates=20)
    assert table["lead"].tolist() == [1]


def test_no_rows_is_an_empty_table():
    assert list(scorecard([], ["mae"]).columns) == COLUMNS


def test_errors(sums):
    with pytest.raises(ValueError, match="unknown score 'mse', expected one of"):
        scorecard([(LABELS, sums)], ["mse"])
    with pytest.raises(ValueError, match=r"none of the scores \['pod'\] is read from sums of"):
        scorecard([(LABELS, sums)], ["pod"])
    with pytest.raises(ValueError, match="'group' is neither a label nor kept"):
        scorecard([({k: v for k, v in LABELS.items() if k != "group"}, sums)], ["mae"])
    with pytest.raises(ValueError, match="'lead' is both a label and a dimension"):
        scorecard([({**LABELS, "lead": 1}, sums)], ["mae"])
    with pytest.raises(ValueError, match=r"\['pairs'\] cannot be labels of the row"):
        scorecard([({**LABELS, "pairs": 3}, sums)], ["mae"])
    with pytest.raises(ValueError, match=r"\['issue'\] cannot be labels of the row"):
        scorecard([({**LABELS, "issue": 3}, sums)], ["mae"])


def test_further_labels_and_dimensions_are_columns(sums):
    seasons = xr.concat([sums, sums * 2], xr.Variable("season", ["winter", "summer"]))
    seasons.attrs = sums.attrs
    table = scorecard([({**LABELS, "regime": "dust"}, seasons)], ["mae"], replicates=20)
    assert set(table.columns) == {*COLUMNS, "regime", "season"}
    assert table["season"].tolist() == ["winter"] * 3 + ["summer"] * 3
    assert set(table["regime"]) == {"dust"}
    assert table["pairs"].tolist() == [40, 40, 39, 80, 80, 78]
    # A row without a further label is missing there.
    plain = scorecard(
        [({**LABELS, "regime": "dust"}, sums), (LABELS, sums)], ["mae"], replicates=20
    )
    assert plain["regime"].fillna("").tolist() == ["dust"] * 3 + [""] * 3


def test_thresholds_are_a_column():
    fcst = xr.DataArray([[60.0], [160.0], [30.0], [120.0]], {"lead": [1]}, ["issue", "lead"])
    obs = xr.DataArray([[70.0], [90.0], [20.0], [130.0]], {"lead": [1]}, ["issue", "lead"])
    sums = exceedance_sums(fcst, obs, [50.0, 100.0], keep="lead")
    table = scorecard([(LABELS, sums)], ["pod", "far"])
    assert list(table.columns) == [*COLUMNS[:4], "threshold", *COLUMNS[4:]]
    assert table["threshold"].tolist() == [50.0, 100.0] * 2
    # Above 50: 60 70, 160 90, 120 130 hit; above 100: 120 130 hit, 160 90 false.
    np.testing.assert_allclose(table["value"], [3 / 3, 1 / 1, 0 / 3, 1 / 2])
    assert table["pairs"].tolist() == [4] * 4
    with pytest.raises(ValueError, match="'threshold' is both a label and a dimension of 'pod'"):
        scorecard([({**LABELS, "threshold": 50}, sums)], ["pod"])


def test_other_inner_dimensions_have_no_column():
    level = xr.DataArray([[1.0], [2.0], [2.0]], {"lead": [1]}, ["issue", "lead"])
    sums = level_table_sums(level, level, levels=[1, 2], keep=("issue", "lead"))
    by_level = Score(
        *("by_level", sums.attrs["family"], accuracy_by_observed_level),
        *((0.0, 1.0), 1.0, "larger", "accuracy by level", "分级准确率"),
    )
    with pytest.raises(ValueError, match=r"the score 'by_level' has a value for each .*; a table"):
        scorecard([(LABELS, sums)], [by_level], replicates=20, block=1)


def test_options_are_recorded(sums):
    table = scorecard([(LABELS, sums)], ["mae"], block=5, replicates=20, seed=3, level=0.9)
    recorded = {"dim": "issue", "block": 5, "replicates": 20, "seed": 3, "level": 0.9}
    assert table.attrs == recorded
    expected = block_bootstrap(sums, mae, block=5, replicates=20, seed=3, level=0.9)
    np.testing.assert_array_equal(table["low"], expected["low"])
    assert scorecard([], ["mae"]).attrs["block"] == 0
