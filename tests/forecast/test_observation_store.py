"""The observation store: merging, revisions, the cut at the issue time, damage."""

from __future__ import annotations

import os

import netCDF4
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.errors import InputError
from forecast.observations.store import ObservationStore, WriteReport
from forecast.pollutants import POLLUTANTS, UNITS


def observations(values, start="2014-01-31T20:00", stations=("a",)) -> xr.Dataset:
    values = np.atleast_2d(np.asarray(values, np.float32))
    return xr.Dataset(
        {p: (("station", "time"), values.copy(), {"units": UNITS[p]}) for p in POLLUTANTS},
        coords={
            "station": list(stations),
            "time": pd.date_range(start, periods=values.shape[1], freq="h"),
        },
    )


@pytest.fixture
def store(tmp_path):
    return ObservationStore(tmp_path / "observations")


def state(store) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted(store.folder.iterdir())}


def revision(store, month: str) -> int:
    with netCDF4.Dataset(store.folder / f"{month}.nc") as file:
        return int(file.revision)


def test_round_trip_over_a_month_boundary(store):
    data = observations([[1, 2, np.nan, 4, 5, 6], [7, 8, 9, 10, 11, 0.1]], stations=("a", "b"))
    before = data.copy(deep=True)
    report = store.write(data)
    assert report == WriteReport(2, 0, values_added=11 * 6, values_changed=0)
    assert [f.name for f in store.files()] == ["2014-01.nc", "2014-02.nc"]
    xr.testing.assert_equal(store.read(), data)
    xr.testing.assert_identical(data, before)  # what was handed in is left alone
    with netCDF4.Dataset(store.folder / "2014-01.nc") as file:
        assert file["co"].units == "mg m-3" and file["pm25"].units == "ug m-3"
        assert file["pm25"].standard_name.startswith("mass_concentration_of_pm2p5")
        assert file.Conventions == "CF-1.10" and file["time"].size == 4


def test_the_same_again_changes_no_byte(store):
    data = observations([1, np.nan, 3, 4, 5, 6])
    store.write(data)
    before = state(store)
    assert store.write(data) == WriteReport(0, 2, 0, 0)
    assert store.write(data.isel(time=slice(1, 3))) == WriteReport(0, 1, 0, 0)
    assert state(store) == before


def test_a_correction_is_a_revision_of_its_month_alone(store):
    data = observations([1, 2, 3, 4, 5, 6])
    store.write(data)
    untouched = state(store)["2014-02.nc"]
    data["pm25"][0, 1] = 20
    assert store.write(data) == WriteReport(1, 1, values_added=0, values_changed=1)
    assert revision(store, "2014-01") == 2 and revision(store, "2014-02") == 1
    assert state(store)["2014-02.nc"] == untouched
    assert store.read()["pm25"].values.tolist() == [[1, 20, 3, 4, 5, 6]]
    assert store.read()["pm10"].values.tolist() == [[1, 2, 3, 4, 5, 6]]


def test_a_missing_value_never_erases(store):
    store.write(observations([1, 2, 3, 4]))
    report = store.write(observations([np.nan, 9, np.nan, np.nan]))
    assert (report.values_added, report.values_changed) == (0, 6)
    assert store.read()["o3"].values.tolist() == [[1, 9, 3, 4]]
    assert store.write(observations([np.nan] * 4)) == WriteReport(0, 1, 0, 0)


def test_new_stations_and_hours_join(store):
    store.write(observations([1, 2], start="2014-01-01T00:00"))
    store.write(observations([5, 6], start="2014-01-01T03:00", stations=("b",)))
    found = store.read()
    assert found["station"].values.tolist() == ["a", "b"]
    expected = [[1, 2, np.nan, np.nan, np.nan], [np.nan, np.nan, np.nan, 5, 6]]
    np.testing.assert_array_equal(found["pm25"].values, expected)


def test_a_month_without_data_is_a_hole_of_missing_hours(store):
    store.write(observations([1], start="2014-01-01T00:00"))
    store.write(observations([2], start="2014-03-01T00:00"))
    found = store.read()
    assert found.sizes["time"] == (31 + 28) * 24 + 1
    assert np.isfinite(found["pm25"].values).sum() == 2
    assert (np.diff(found["time"].values) == np.timedelta64(1, "h")).all()


def test_hours_at_half_past_survive(store):
    data = observations([1, 2, 3], start="2014-01-31T22:30")
    store.write(data)
    xr.testing.assert_equal(store.read(), data)


@pytest.mark.parametrize(
    ("until", "last"),
    [
        ("2014-01-31T23:00", 3),
        ("2014-01-31T23:59", 3),
        ("2014-02-01T00:00", 4),
        ("2014-02-01T01", 5),
    ],
)
def test_read_is_cut_at_the_end_of_the_hour(store, until, last):
    # value k is of the hour that ends at 20:00 + k
    store.write(observations([1, 2, 3, 4, 5, 6]))
    found = store.read(until=np.datetime64(until))
    assert found["pm25"].values.tolist() == [list(range(1, last + 1))]
    assert (found["time"].values + np.timedelta64(1, "h") <= np.datetime64(until)).all()


def test_nothing_stored_and_nothing_early_enough(store):
    with pytest.raises(
        InputError, match=r"observations: no observations stored; run `wubu ingest`"
    ):
        store.read()
    store.write(observations([1, 2, 3, 4, 5, 6]))
    for until in ("2014-01-31T20:30", "2013-12-31T00:00"):
        with pytest.raises(InputError, match=r"observations: no observation before 201\d-\d\d-31"):
            store.read(until=np.datetime64(until))


def test_a_death_before_the_rename_leaves_the_old_month(store, monkeypatch):
    data = observations([1, 2, 3, 4, 5, 6])
    store.write(data)
    before = state(store)
    data["pm25"][0] = [10, 20, 30, 40, 50, 60]
    with monkeypatch.context() as patch:

        def die(*_):
            raise KeyboardInterrupt

        patch.setattr(os, "replace", die)
        with pytest.raises(KeyboardInterrupt):
            store.write(data)
    assert state(store) == before
    # a run after the death finishes the work
    assert store.write(data).values_changed == 6
    assert store.read()["pm25"].values.tolist() == [[10, 20, 30, 40, 50, 60]]


def test_a_death_between_months_leaves_each_whole(store, monkeypatch):
    data = observations([1, 2, 3, 4, 5, 6])
    real, calls = os.replace, []

    def die_second(*names):
        calls.append(names)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(*names)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", die_second)
        with pytest.raises(KeyboardInterrupt):
            store.write(data)
    assert store.read()["pm25"].values.tolist() == [[1, 2, 3, 4]]
    assert store.write(data) == WriteReport(1, 1, values_added=2 * 6, values_changed=0)


def test_damaged_months_are_named(store):
    store.write(observations(np.arange(700.0), start="2014-01-01T00:00"))
    path = store.files()[0]
    whole = path.read_bytes()
    for spoilt in (whole[: len(whole) // 2], b"", b"not a file" * 100):
        path.write_bytes(spoilt)
        for act in (store.read, lambda: store.write(observations([1], start="2014-01-05T00:00"))):
            with pytest.raises(InputError, match=r"2014-01\.nc: not a readable observation file"):
                act()
        assert path.read_bytes() == spoilt
    xr.Dataset({"pm25": ("x", [1.0])}).to_netcdf(path)
    with pytest.raises(InputError, match=r"2014-01\.nc: not an observation file of this store"):
        store.read()


def test_leftover_parts_and_other_files_are_not_months(store):
    store.write(observations([1, 2]))
    (store.folder / ".2014-02.nc.abc.part").write_bytes(b"half")
    (store.folder / "notes.nc").write_bytes(b"x")
    assert store.read()["pm25"].values.tolist() == [[1, 2]]


value = st.one_of(st.just(np.nan), st.integers(0, 5).map(float))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(value, min_size=1, max_size=6), min_size=1, max_size=4))
def test_any_sequence_of_writes_keeps_the_last_known_value(tmp_path_factory, writes):
    store = ObservationStore(tmp_path_factory.mktemp("store"))
    expected = np.full(6, np.nan)
    for values in writes:
        store.write(observations(values))
        for i, v in enumerate(values):
            expected[i] = expected[i] if np.isnan(v) else v
    found = store.read()["so2"].values[0]
    np.testing.assert_array_equal(found, expected[: max(map(len, writes))])
