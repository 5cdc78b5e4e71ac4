"""Periods of a span of valid days."""

from __future__ import annotations

import doctest
from importlib import import_module

import pandas as pd
import pytest

from forecast.consultation.performance.periods import periods_of
from forecast.errors import ConfigError


def cut(first, last, kind):
    found = periods_of(pd.Timestamp(first), pd.Timestamp(last), kind)
    return [(p.name, f"{p.first:%m-%d}", f"{p.last:%m-%d}", p.days) for p in found]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (
            "month",
            [
                ("2015-11", "11-20", "11-30", 30),
                ("2015-12", "12-01", "12-31", 31),
                ("2016-01", "01-01", "01-05", 31),
            ],
        ),
        ("quarter", [("2015-Q4", "11-20", "12-31", 92), ("2016-Q1", "01-01", "01-05", 91)]),
        ("year", [("2015", "11-20", "12-31", 365), ("2016", "01-01", "01-05", 366)]),
    ],
)
def test_a_span_is_cut_by_the_calendar(kind, expected):
    assert cut("2015-11-20", "2016-01-05", kind) == expected


def test_a_period_in_which_the_index_changes_is_two():
    # HJ 633-2026 holds from 1 March 2026
    assert cut("2026-02-10", "2026-03-05", "quarter") == [
        ("2026-Q1-HJ-633-2012", "02-10", "02-28", 59),
        ("2026-Q1-HJ-633-2026", "03-01", "03-05", 31),
    ]
    later = periods_of(pd.Timestamp("2026-03-02"), pd.Timestamp("2026-04-01"), "quarter")
    assert [(p.name, p.standard) for p in later] == [
        ("2026-Q1-HJ-633-2026", "HJ 633-2026"),
        ("2026-Q2", "HJ 633-2026"),
    ]


def test_a_span_that_ends_before_it_begins():
    with pytest.raises(ConfigError, match="--to 2015-12-01 is before --from 2015-12-02"):
        cut("2015-12-02", "2015-12-01", "month")


@pytest.mark.parametrize(
    "module",
    ["performance.periods", "performance.figures", "performance.counts", "products.cells",
     "products.package"],
)  # fmt: skip
def test_examples_of_the_docstrings(module):
    found = doctest.testmod(import_module(f"forecast.consultation.{module}"))
    assert found.attempted and not found.failed
