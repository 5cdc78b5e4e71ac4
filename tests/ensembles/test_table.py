"""Cases to matrix: order of rows, broadcasting, and what day and season a row is."""

import itertools

import numpy as np
import pytest

from ensembles import design_matrix
from ensembles.table import require_same_cases, season_of, valid_days

DIMS = ("issue", "lead", "place")
SIZES = {"issue": 4, "lead": 3, "place": 2}


def test_rows_in_the_order_of_issue_lead_place(make_cases):
    cases = make_cases(4, leads=3, places=2)
    cases["issue_number"] = ("issue", [10.0, 11, 12, 13])
    cases["place_number"] = ("place", [100.0, 200.0])
    matrix = design_matrix(cases, ["issue_number", "lead", "place_number"])
    expected = list(itertools.product([10, 11, 12, 13], [1, 2, 3], [100, 200]))
    np.testing.assert_array_equal(matrix, expected)
    assert matrix.dtype == np.float32


@pytest.mark.parametrize(
    "dims", [d for n in range(4) for d in itertools.permutations(DIMS, n)], ids="-".join
)
def test_every_set_of_dimensions_broadcasts(dims, make_cases):
    cases = make_cases(4, leads=3, places=2)
    values = np.random.default_rng(1).random([SIZES[d] for d in dims]).astype("float32")
    cases["x"] = (dims, values)
    expected = []
    for at in itertools.product(range(4), range(3), range(2)):
        position = dict(zip(DIMS, at, strict=True))
        expected.append(values[tuple(position[d] for d in dims)])
    np.testing.assert_array_equal(design_matrix(cases, ["x"])[:, 0], expected)


def test_missing_values_stay(make_cases):
    cases = make_cases(2, leads=1, places=2)
    cases["x"] = (("issue", "place"), [[1.0, np.nan], [np.nan, 4.0]])
    np.testing.assert_array_equal(design_matrix(cases, ["x"])[:, 0], [1, np.nan, np.nan, 4])


def test_columns_in_the_order_asked(make_cases):
    cases = make_cases(1).assign(a=1.0, b=2.0)
    np.testing.assert_array_equal(design_matrix(cases, ["b", "a", "b"]), [[2, 1, 2]])


def test_missing_predictors_are_named(make_cases):
    cases = make_cases(1).assign(a=1.0)
    with pytest.raises(KeyError, match="not among the cases: blh, sp"):
        design_matrix(cases, ["blh", "a", "sp"])


def test_valid_days_over_the_end_of_a_leap_february(make_cases):
    found = valid_days(make_cases(2, leads=3, start="2016-02-27"))
    expected = [
        ["2016-02-28", "2016-02-29", "2016-03-01"],
        ["2016-02-29", "2016-03-01", "2016-03-02"],
    ]
    np.testing.assert_array_equal(found, np.array(expected, dtype="datetime64[D]"))


def test_seasons_of_all_months():
    months = np.arange("1969-01", "1971-01", dtype="datetime64[M]").astype("datetime64[D]")
    # January and February 0, three months each of 1, 2, 3, December 0 again; also before 1970
    np.testing.assert_array_equal(season_of(months), [0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 0] * 2)
    edges = np.array(["2014-02-28", "2014-03-01", "2014-11-30", "2014-12-01"], "datetime64[D]")
    np.testing.assert_array_equal(season_of(edges), [0, 1, 3, 0])


def test_differing_cases_are_named(make_cases, make_target):
    cases = make_cases(3, leads=2, places=2)
    first = make_target(cases, 0.0)
    require_same_cases(first, first + 1, ("one", "two"))
    for d in DIMS:
        for second in (first.isel({d: slice(None, -1)}), first.isel({d: slice(None, None, -1)})):
            with pytest.raises(ValueError, match=f"cases of one differ from those of two in {d}"):
                require_same_cases(first, second, ("one", "two"))
