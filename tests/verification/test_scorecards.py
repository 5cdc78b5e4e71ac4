"""The long table."""

import numpy as np
import pytest
import xarray as xr

from verification import (
    SCORES,
    block_bootstrap,
    contingency_sums,
    continuous_sums,
    group_sums,
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
    with pytest.raises(ValueError, match=r"\['season'\] have no column"):
        scorecard([({**LABELS, "season": "winter"}, sums)], ["mae"])
