"""Blocks of time: everything is held out once, nothing trained on touches the block."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from ensembles import make_folds


def test_by_hand(make_cases):
    # 40 issues from 1 January in blocks of 20, leads 1 … 3
    first, second = make_folds(make_cases(40, leads=3), 2)
    np.testing.assert_array_equal(first.held_out, np.arange(20))
    np.testing.assert_array_equal(second.held_out, np.arange(20, 40))
    # block 1 ends with issue 19; issues up to 19 + 10 start from its days: 30 … 39 remain
    expected = np.zeros((40, 3), bool)
    expected[30:] = True
    np.testing.assert_array_equal(first.training, expected)
    # block 2 starts with day 20; valid before it: issue 18 at lead 1, issue 17 at 1 and 2, …
    expected = np.zeros((40, 3), bool)
    expected[:17] = True
    expected[17, :2] = True
    expected[18, :1] = True
    np.testing.assert_array_equal(second.training, expected)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(1, 9), min_size=2, max_size=120),
    st.lists(st.integers(1, 15), min_size=1, max_size=5, unique=True),
    st.integers(2, 6),
)
def test_held_out_once_and_purged(steps, leads, count):
    """Issues with gaps, any leads: no day of a training case lies within the held-out days."""
    if len(steps) < count:
        return
    issue = np.datetime64("2014-01-01") + np.cumsum(steps).astype("timedelta64[D]")
    lead = np.sort(leads)
    cases = xr.Dataset(coords={"issue": issue.astype("datetime64[ns]"), "lead": lead})
    folds = make_folds(cases, count)
    np.testing.assert_array_equal(
        np.concatenate([f.held_out for f in folds]), np.arange(len(issue))
    )
    sizes = [len(f.held_out) for f in folds]
    assert max(sizes) - min(sizes) <= 1
    valid = issue[:, None] + lead.astype("timedelta64[D]")
    start = np.broadcast_to(issue[:, None], valid.shape)
    for fold in folds:
        first = issue[fold.held_out[0]]
        last = issue[fold.held_out[-1]] + np.timedelta64(int(lead[-1]), "D")
        assert not fold.training[fold.held_out].any()
        for day in (valid, start):
            assert not (fold.training & (day >= first) & (day <= last)).any()
        # and no more is thrown away than that and the gap
        gap = max(10, int(lead[-1]))
        after = start > issue[fold.held_out[-1]] + np.timedelta64(gap, "D")
        np.testing.assert_array_equal(fold.training, (valid < first) | after)


def test_leads_beyond_the_gap_widen_it(make_cases):
    first, _ = make_folds(make_cases(60, leads=15), 2)
    # block ends with issue 29, its targets with day 44: training restarts from issue 45
    assert np.flatnonzero(first.training.any(axis=1))[0] == 45


@pytest.mark.parametrize(("issues", "count"), [(2, 3), (5, 1), (5, 0)])
def test_impossible_cuts_raise(issues, count, make_cases):
    with pytest.raises(ValueError, match=f"{issues} issue days cannot be cut into {count} folds"):
        make_folds(make_cases(issues), count)
