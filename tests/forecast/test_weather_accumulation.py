"""Amounts between steps: one truth of hourly rain, told in every convention, comes back."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.errors import InputError
from forecast.weather.days.accumulation import TOLERANCE, amounts, is_amount
from forecast.weather.fields import FIELDS

ISSUE = np.datetime64("2015-01-10T00", "ns")
HOUR = np.timedelta64(3600 * 10**9, "ns")
NAN = np.nan


def steps(leads, starts, values, name="tp") -> xr.Dataset:
    """One cycle; leads and starts in hours, a start of None is missing, values on (lead, place)."""
    leads = np.asarray(leads, dtype=int) * HOUR
    begin = [np.timedelta64("NaT") if s is None else np.timedelta64(s, "h") for s in starts]
    values = np.asarray(values, dtype=np.float32)
    return xr.Dataset(
        {name: (("lead", "place"), values.reshape(len(leads), -1))},
        coords={
            "lead": leads,
            "valid_time": ("lead", ISSUE + leads),
            f"{name}_start": ("lead", np.array(begin).astype("timedelta64[ns]")),
        },
        attrs={"source": "gfs.grib2"},
    )


def start_of(convention: str, leads: list[int], k: int) -> int:
    """Start of the interval a value covers, hours from the reference."""
    lead = leads[k]
    if convention == "since the reference":
        return 0
    if convention == "since the lead before":
        return leads[k - 1] if k else 0
    if convention == "hour before":
        return lead - 1
    return (lead - 1) // int(convention) * int(convention)  # buckets of so many hours


def found(data: xr.Dataset, name="tp") -> list[float]:
    return amounts(data, name).values[:, 0].tolist()


def test_overlapping_buckets_of_gfs_by_hand():
    # 1.5 mm in 0–3 h, 2 mm in 3–6 h, 0.25 mm in 6–9 h, 4 mm in 9–12 h
    data = steps([0, 3, 6, 9, 12], [None, 0, 0, 6, 6], [NAN, 1.5, 3.5, 0.25, 4.25])
    result = amounts(data, "tp")
    assert result.values[:, 0].tolist() == [1.5, 2, 0.25, 4]
    assert (result["tp_start"].values / HOUR).tolist() == [0, 3, 6, 9]
    assert (result["lead"].values / HOUR).tolist() == [3, 6, 9, 12]
    assert result.dtype == np.float32 and result.dims == ("lead", "place")


def test_both_a_bucket_and_its_half_need_only_one_value():
    # 3–6 h stands alone and also is 0–6 less 0–3: the single value is taken, so a NaN elsewhere
    # does not matter
    data = steps([3, 6, 9], [0, 3, 0], [[NAN, 1], [2, 2], [9, 9]])
    assert amounts(data, "tp").values[1].tolist() == [2, 2]
    np.testing.assert_array_equal(amounts(data, "tp").values[:, 0], [NAN, 2, NAN])
    assert amounts(data, "tp").values[:, 1].tolist() == [1, 2, 6]


def test_the_reference_step_is_empty_and_its_value_does_not_matter():
    for zero in (0.0, NAN):
        data = steps([0, 6, 12], [0, 0, 0], [zero, 1, 3])
        assert found(data)[-2:] == [1, 2]
    assert found(steps([0, 6, 12], [0, 0, 0], [0, 1, 3])) == [0, 1, 2]


def test_the_hour_before_tells_nothing_of_three_hours():
    np.testing.assert_array_equal(found(steps([3, 6], [2, 5], [1, 1])), [1, NAN])
    assert found(steps([3, 4, 5], [2, 3, 4], [1, 0, 2])) == [1, 0, 2]


def test_a_missing_value_spoils_its_own_intervals_alone():
    data = steps([3, 6, 9, 12], [0] * 4, [[1, 1], [NAN, 2], [3, 3], [7, 7]])
    np.testing.assert_array_equal(amounts(data, "tp").values, [[1, 1], [NAN, 1], [NAN, 1], [4, 4]])


def test_a_step_missing_everywhere_is_bridged():
    data = steps([3, 6, 9], [0, 0, 0], [1, NAN, 4])
    result = amounts(data, "tp")
    assert result.values[:, 0].tolist() == [1, 3]
    assert (result["tp_start"].values / HOUR).tolist() == [0, 3]
    in_steps = amounts(steps([3, 6, 9], [0, 3, 6], [1, NAN, 4]), "tp")
    np.testing.assert_array_equal(in_steps.values[:, 0], [1, NAN])


def test_nothing_given_is_nothing():
    assert amounts(steps([3, 6], [0, 0], [NAN, NAN]), "tp").sizes["lead"] == 0


def test_packing_may_let_a_total_fall_a_little():
    assert found(steps([3, 6, 9], [0, 0, 0], [5, 4.95, 5.5])) == pytest.approx([5, 0, 0.55])
    radiation = steps([3, 6], [0, 0], [2e6, 2e6 - 5000], "ssrd")
    assert found(radiation, "ssrd") == [2e6, 0]


def test_a_total_that_decreases_is_an_error():
    with pytest.raises(
        InputError,
        match=r"gfs.grib2: field tp: the accumulation decreases by 2.5 mm before 2015-01-10T09:00",
    ):
        amounts(steps([3, 6, 9], [0, 0, 0], [1, 3, 0.5]), "tp")
    with pytest.raises(InputError, match="decreases by 1 mm"):  # each value stands for itself
        amounts(steps([3], [0], [[2, -1]]), "tp")


def test_damaged_axes_are_errors():
    good = steps([3, 6], [0, 0], [1, 2])
    with pytest.raises(InputError, match=r"gfs.grib2: field tp: no tp_start"):
        amounts(good.drop_vars("tp_start"), "tp")
    with pytest.raises(InputError, match=r"ending at 2015-01-10T06:00 starts 3 h after its end"):
        amounts(steps([3, 6], [0, 9], [1, 2]), "tp")
    with pytest.raises(InputError, match="valid_time does not increase"):
        amounts(good.isel(lead=[1, 0]), "tp")
    with pytest.raises(InputError, match=r"no valid_time on \(lead\)"):
        amounts(good.drop_vars("valid_time"), "tp")


def test_analyses_count_their_starts_from_the_valid_time():
    times = pd.date_range("2015-01-01", periods=3, freq="h")
    data = xr.Dataset(
        {"tp": (("lead", "place"), np.array([[1.0], [2], [3]]))},
        coords={
            "valid_time": ("lead", times),
            "tp_start": ("lead", np.full(3, -HOUR)),
        },
    )
    assert found(data) == [1, 2, 3]
    with_leads = data.assign_coords(lead=np.zeros(3) * HOUR)
    assert found(with_leads) == [1, 2, 3]
    assert (amounts(with_leads, "tp")["tp_start"].values / HOUR).tolist() == [-1, -1, -1]


def test_dimensions_may_come_in_any_order():
    data = steps([3, 6], [0, 0], [[1, 10], [3, 30]])
    turned = data.transpose("place", "lead")
    np.testing.assert_array_equal(amounts(turned, "tp").values, [[1, 10], [2, 20]])


def test_every_amount_of_the_data_model_has_a_tolerance():
    assert set(TOLERANCE) == {n for n in FIELDS if is_amount(n)}
    assert is_amount("ring_tp") and not is_amount("t2m") and not is_amount("ventilation")


@st.composite
def conventions(draw):
    """Leads of growing spacing, a convention, and the truth by hour."""
    convention = draw(
        st.sampled_from(["since the reference", "since the lead before", "hour before", "6", "12"])
    )
    spacings = [1] if convention == "hour before" else [1, 3, 6]
    leads = [0]
    for spacing in spacings:  # buckets end at steps only if the lengths change where they end
        leads += [leads[-1] + spacing * (i + 1) for i in range(12 * draw(st.integers(0, 3)))]
    if len(leads) == 1:
        leads += [6 * (i + 1) for i in range(3)] if convention != "hour before" else [1, 2]
    eighths = st.integers(0, 40).map(lambda n: n / 8)
    truth = draw(st.lists(eighths, min_size=leads[-1], max_size=leads[-1]))
    return convention, leads[1:], np.array(truth)


@settings(max_examples=60, deadline=None)
@given(conventions())
def test_every_convention_gives_the_truth(case):
    convention, leads, truth = case
    starts = [start_of(convention, leads, k) for k in range(len(leads))]
    values = [truth[a:b].sum() for a, b in zip(starts, leads, strict=True)]
    between = [truth[a:b].sum() for a, b in zip([0, *leads], leads, strict=False)]
    assert found(steps(leads, starts, values)) == pytest.approx(between, abs=1e-3)
