"""The pass over pairs: blocks, broadcasting, weights, dask."""

import numpy as np
import pytest
import xarray as xr

from verification import bias, continuous_sums, crps_ensemble, mae, quantile_sums
from verification import pairs as pairs_module
from verification.dimensions import check_pairs


@pytest.fixture
def world():
    rng = np.random.default_rng(0)
    coords = {"issue": np.arange(6), "lead": np.arange(1, 5), "place": list("abcde")}
    dims = ["issue", "lead", "place"]
    fcst = xr.DataArray(rng.gamma(2.0, 40.0, (6, 4, 5)).astype("float32"), coords, dims)
    obs = xr.DataArray(rng.gamma(2.0, 40.0, (6, 4, 5)).astype("float32"), coords, dims)
    return fcst, obs.where(obs > 15)


@pytest.mark.parametrize("limit", [1, 7, 20, 10**6])
@pytest.mark.parametrize("keep", [(), "lead", ("place", "issue"), ("issue", "lead", "place")])
def test_block_size_changes_nothing(world, monkeypatch, limit, keep):
    fcst, obs = world
    monkeypatch.setattr(pairs_module, "_BLOCK", limit)
    sums = continuous_sums(fcst, obs, keep=keep)
    away = [d for d in fcst.dims if d not in keep and d != keep]
    missing = obs.isnull()
    error = (fcst.astype(float) - obs).where(~missing, 0.0)
    xr.testing.assert_allclose(sums["error"], error.sum(away), rtol=1e-12)
    xr.testing.assert_allclose(sums["squared_error"], (error**2).sum(away), rtol=1e-12)
    xr.testing.assert_equal(sums["pairs"], (~missing).sum(away).astype(float))
    assert all(v.dtype == np.float64 for v in sums.data_vars.values())


def test_blocks_hold_no_more_than_the_limit(monkeypatch):
    monkeypatch.setattr(pairs_module, "_INNER_BLOCK", 30)
    fcst = xr.DataArray(np.zeros((5, 7, 3), "float32"), dims=("a", "b", "quantile"))
    sizes = pairs_module.pair_sizes(fcst, core="quantile")
    blocks = list(pairs_module.pair_blocks([fcst], sizes, "quantile"))
    assert max(block[0].size for _, block in blocks) <= 30
    seen = np.zeros((5, 7), int)
    for where, _ in blocks:
        seen[where] += 1
    assert (seen == 1).all()


def test_dimension_order_and_broadcasting(world):
    fcst, obs = world
    turned = continuous_sums(fcst.transpose("place", "issue", "lead"), obs, keep="lead")
    xr.testing.assert_allclose(turned, continuous_sums(fcst, obs, keep="lead"))
    # A reference that does not depend on the lead broadcasts over it.
    flat = obs.isel(lead=0, drop=True)
    spread = continuous_sums(fcst, flat, keep="lead")
    np.testing.assert_allclose(mae(spread), np.abs(fcst - flat).mean(["issue", "place"]), rtol=1e-6)


def test_weights_count_pairs_once():
    fcst, obs = xr.DataArray([1.0, 2.0, np.nan], dims="x"), xr.DataArray([0.0, 0.0, 0.0], dims="x")
    sums = continuous_sums(fcst, obs, weights=xr.DataArray([3.0, 1.0, 5.0], dims="x"))
    assert float(sums["pairs"]) == 2.0
    assert float(sums["weight"]) == 3.0 + 1.0
    assert float(bias(sums)) == (3.0 * 1.0 + 1.0 * 2.0) / 4.0


def test_weights_broadcast_also_within_a_pair():
    fcst = xr.DataArray([[[1.0, 3.0]], [[2.0, 6.0]]], dims=("x", "y", "quantile"))
    fcst = fcst.assign_coords(quantile=[0.25, 0.75])
    weights = xr.DataArray([1.0, 3.0], dims="x")
    sums = quantile_sums(fcst, xr.DataArray([[0.0], [0.0]], dims=("x", "y")), weights=weights)
    # above the observed: (1 - .25) q and (1 - .75) q
    assert sums["pinball"].values.tolist() == [0.75 * (1 + 3 * 2), 0.25 * (3 + 3 * 6)]


@pytest.mark.parametrize("bad", [[-1.0, 1.0], [np.nan, 1.0], [np.inf, 1.0]])
def test_invalid_weights_raise(bad):
    one = xr.DataArray([1.0, 1.0], dims="x")
    with pytest.raises(ValueError, match="weights must be finite and not negative"):
        continuous_sums(one, one, weights=xr.DataArray(bad, dims="x"))


def test_unknown_dimensions_raise():
    one = xr.DataArray([1.0, 1.0], dims="x")
    with pytest.raises(ValueError, match=r"cannot keep \['lead'\]: the pairs have dimensions"):
        continuous_sums(one, one, keep=("x", "lead"))
    with pytest.raises(ValueError, match=r"weights have dimensions \['y'\]"):
        continuous_sums(one, one, weights=xr.DataArray([1.0], dims="y"))
    with pytest.raises(ValueError, match="the forecast needs a dimension 'member'"):
        crps_ensemble(one, one)
    with pytest.raises(ValueError, match="only the forecast may have the dimension 'member'"):
        crps_ensemble(one.rename(x="member"), one.rename(x="member"))


def test_kept_coordinates_follow():
    coords = {"place": ["a", "b"], "region": ("place", ["n", "s"])}
    fcst = xr.DataArray([[1.0, 2.0]], coords, ["issue", "place"])
    sums = continuous_sums(fcst, fcst, keep="place")
    assert sums["region"].values.tolist() == ["n", "s"]
    assert "region" not in continuous_sums(fcst, fcst, keep="issue").coords


@pytest.mark.parametrize("chunks", [{}, {"issue": 2, "place": 3}, {"lead": 1}])
def test_dask_equals_numpy(world, chunks):
    pytest.importorskip("dask")
    fcst, obs = world
    expected = continuous_sums(fcst, obs, keep="lead", weights=obs.fillna(0))
    lazy = continuous_sums(fcst.chunk(chunks), obs.chunk(), keep="lead", weights=obs.fillna(0))
    xr.testing.assert_allclose(lazy, expected, rtol=1e-13)
    half = continuous_sums(fcst, obs.chunk(chunks), keep="lead", weights=obs.fillna(0))
    xr.testing.assert_allclose(half, expected, rtol=1e-13)


def test_dask_chunks_are_computed_once(world, monkeypatch):
    da = pytest.importorskip("dask.array")
    fcst, obs = world
    calls = []
    monkeypatch.setattr(pairs_module, "_BLOCK", 10)  # four blocks and more in a chunk

    def read(block, block_info=None):
        calls.append(block.shape)
        return block

    data = da.from_array(fcst.values, chunks=(2, 4, 5)).map_blocks(read, meta=fcst.values[:0])
    continuous_sums(fcst.copy(data=data), obs, keep="lead")
    assert calls == [(2, 4, 5)] * 3


@pytest.mark.parametrize("limit", [1, 9, 10**6])
def test_files_are_read_piece_by_piece(world, monkeypatch, tmp_path, limit):
    fcst, obs = world
    xr.Dataset({"fcst": fcst, "obs": obs}).to_netcdf(tmp_path / "pairs.nc")
    monkeypatch.setattr(pairs_module, "_READ", limit)
    with xr.open_dataset(tmp_path / "pairs.nc") as data:
        found = continuous_sums(data["fcst"], data["obs"], keep="lead")
        assert not data["fcst"].variable._in_memory
    xr.testing.assert_allclose(found, continuous_sums(fcst, obs, keep="lead"), rtol=1e-13)


def test_blocks_keep_the_stored_type_on_request(world):
    fcst, _ = world
    sizes = pairs_module.pair_sizes(fcst)
    [(_, (block,))] = pairs_module.pair_blocks([fcst], sizes, dtype=None)
    assert block.dtype == np.float32
    assert np.shares_memory(block, fcst.values)
    [(_, (block,))] = pairs_module.pair_blocks([fcst], sizes)
    assert block.dtype == np.float64


def test_joint_dimensions_lie_within_a_pair():
    fcst = xr.DataArray(np.zeros((5, 2, 7, 3)), dims=("member", "lead", "issue", "place"))
    obs, weights = fcst.isel(member=0), xr.DataArray(np.ones(7), dims="issue")
    given, sizes, kept = check_pairs(
        fcst, obs, weights=weights, core="member", joint=("place", "lead"), keep="issue"
    )
    assert (sizes, kept) == ({"issue": 7}, {"issue"})
    [(_, blocks)] = pairs_module.pair_blocks(given, sizes, "member", joint=("place", "lead"))
    assert [b.shape for b in blocks] == [(7, 3, 2, 5), (7, 3, 2), (7,)]
