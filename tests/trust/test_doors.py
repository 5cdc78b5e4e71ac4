"""A short fuzzing of every door, the same files every time; the long one is a script."""

from __future__ import annotations

import pytest
from doors.all_doors import NAMES
from doors.judge import DEFECT
from fuzz_doors import fuzz

EXAMPLES = {"tables": 25, "gridded": 12, "consulted": 25, "models": 12}
"""At each door, by the module of the door: all take under 25 s together."""


@pytest.mark.parametrize("module", NAMES)
def test_spoilt_files_are_read_or_refused_in_one_line(module):
    for door, counts, defects in fuzz(NAMES[module], EXAMPLES[module], seed=7):
        assert defects == {}, door
        assert counts.total() == EXAMPLES[module] and counts[DEFECT] == 0
