"""Weights kept in files: found again, told apart, and rebuilt when damaged."""

from __future__ import annotations

import netCDF4
import numpy as np
import pytest

from forecast.errors import InputError
from forecast.weather.grids import Grid
from forecast.weather.sampling import weight_cache
from forecast.weather.sampling.weight_cache import cached_weights
from forecast.weather.sampling.weights import grid_weights, sample

GRID = Grid("regular", np.arange(30.0, 40.0), np.arange(100.0, 112.0))
LAT, LON = np.array([33.25, 20.0, 38.0]), np.array([104.5, 104.5, 101.75])
NAMES = np.array(["a", "b", "c"])


@pytest.fixture(autouse=True)
def fresh_memory():
    weight_cache._recent.clear()
    yield
    weight_cache._recent.clear()


@pytest.fixture
def built(monkeypatch):
    """Methods by which weights were computed, in order."""
    calls = []

    def counted(*args, **options):
        calls.append(options["method"])
        return grid_weights(*args, **options)

    monkeypatch.setattr(weight_cache, "grid_weights", counted)
    return calls


def same(found, expected):
    assert found.shape == expected.shape
    np.testing.assert_array_equal(found.indptr, expected.indptr)
    np.testing.assert_array_equal(found.indices, expected.indices)
    np.testing.assert_array_equal(found.data, expected.data)


def test_computed_once_then_from_memory_then_from_the_file(tmp_path, built):
    expected = grid_weights(GRID, LAT, LON)
    folder = tmp_path / "new" / "weights"
    same(cached_weights(folder, GRID, LAT, LON), expected)
    same(cached_weights(folder, GRID, LAT, LON), expected)
    assert built == ["linear"] and len(list(folder.iterdir())) == 1
    weight_cache._recent.clear()
    again = Grid("regular", GRID.latitude.copy(), GRID.longitude.copy())
    same(cached_weights(folder, again, LAT, LON), expected)
    assert built == ["linear"]


def test_what_differs_has_its_own_file(tmp_path):
    moved = Grid("regular", GRID.latitude, GRID.longitude + 0.25)
    calls = [
        (GRID, LAT, LON, {}),
        (moved, LAT, LON, {}),
        (GRID, LAT, LON + 0.1, {}),
        (GRID, LAT[:2], LON[:2], {}),
        (GRID, LAT, LON, {"method": "nearest"}),
        (GRID, LAT, LON, {"method": "k-nearest"}),
        (GRID, LAT, LON, {"method": "k-nearest", "neighbours": 3}),
        (GRID, LAT, LON, {"method": "k-nearest", "max_distance_km": 90.0}),
    ]
    for *where, options in calls:
        same(cached_weights(tmp_path, *where, **options), grid_weights(*where, **options))
    assert len(list(tmp_path.iterdir())) == len(calls)
    weight_cache._recent.clear()
    for *where, options in calls:
        same(cached_weights(tmp_path, *where, **options), grid_weights(*where, **options))


def _truncated(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _garbage(path):
    path.write_bytes(b"\x00\xff" * 500)


def _empty(path):
    path.write_bytes(b"")


def _changed(name, value, at=0):
    def damage(path):
        with netCDF4.Dataset(path, "a") as file:
            file[name][at] = value

    return damage


def _another_digest(path):
    with netCDF4.Dataset(path, "a") as file:
        file.digest = "0" * 32


def _no_checksum(path):
    with netCDF4.Dataset(path, "a") as file:
        file.delncattr("checksum")


def _of_other_types(path):
    with netCDF4.Dataset(path) as file:
        kept = {n: file[n][:].data for n in ("start", "column", "weight")}
        attributes = {n: file.getncattr(n) for n in file.ncattrs()}
    with netCDF4.Dataset(path, "w") as file:
        file.setncatts(attributes)
        for name, values in kept.items():
            file.createDimension(name, len(values))
            file.createVariable(name, "f8", (name,))[:] = values


DAMAGES = {
    "truncated": _truncated,
    "garbage": _garbage,
    "empty": _empty,
    "a weight changed": _changed("weight", 0.3),
    "an infinite weight": _changed("weight", np.inf),
    "a column beyond the grid": _changed("column", 10**9),
    "a negative column": _changed("column", -1),
    "rows out of order": _changed("start", 99, at=1),
    "of another grid": _another_digest,
    "no checksum": _no_checksum,
    "other types": _of_other_types,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_file_is_made_anew(tmp_path, built, damage):
    expected = grid_weights(GRID, LAT, LON)
    cached_weights(tmp_path, GRID, LAT, LON)
    (path,) = tmp_path.iterdir()
    damage(path)
    weight_cache._recent.clear()
    same(cached_weights(tmp_path, GRID, LAT, LON), expected)
    assert built == ["linear", "linear"]
    weight_cache._recent.clear()
    same(cached_weights(tmp_path, GRID, LAT, LON), expected)  # the new file is sound
    assert built == ["linear", "linear"] and len(list(tmp_path.iterdir())) == 1


def test_named_places_outside_are_refused_from_the_cache_too(tmp_path):
    assert np.isnan(sample(cached_weights(tmp_path, GRID, LAT, LON), np.ones(GRID.shape))[1])
    message = r"^1 of 3 places lie outside the weather grid \(30…39°N, 100…111°E\): b$"
    for _ in range(2):
        with pytest.raises(InputError, match=message):
            cached_weights(tmp_path, GRID, LAT, LON, names=NAMES)
        weight_cache._recent.clear()


def test_where_nothing_can_be_written_weights_are_computed_all_the_same(tmp_path):
    in_the_way = tmp_path / "file"
    in_the_way.write_text("not a folder")
    same(cached_weights(in_the_way, GRID, LAT, LON), grid_weights(GRID, LAT, LON))


def test_shared_weights_cannot_be_changed_and_still_sample(tmp_path):
    weights = cached_weights(tmp_path, GRID, LAT, LON)
    with pytest.raises(ValueError, match="read-only"):
        weights.data[0] = 1
    field = np.broadcast_to(GRID.latitude[:, None], GRID.shape)
    np.testing.assert_allclose(sample(weights, field), [33.25, np.nan, 38], rtol=1e-6)


def test_memory_holds_a_few_and_drops_the_oldest(tmp_path, monkeypatch):
    monkeypatch.setattr(weight_cache, "KEPT", 2)
    for shift in (0.0, 0.1, 0.2):
        cached_weights(tmp_path, GRID, LAT + shift, LON)
    assert len(weight_cache._recent) == 2 and len(list(tmp_path.iterdir())) == 3
