"""Sums in blocks are the sums of the whole, whatever the blocks and the threads."""

import threading

import numpy as np
import pytest
import xarray as xr

from verification import continuous_sums, quantile_sums, sums_in_blocks

LEVELS = [0.1, 0.5, 0.9]


def pairs(chunks=None):
    rng = np.random.default_rng(4)
    coords = {"issue": np.arange(11), "place": list("abc")}
    obs = xr.DataArray(rng.gamma(2, 30, (11, 3)).astype("f4"), coords, ["issue", "place"])
    fcst = obs * xr.DataArray([0.8, 1.0, 1.3], {"quantile": LEVELS}, ["quantile"])
    return (fcst.chunk(issue=chunks), obs.chunk(issue=chunks)) if chunks else (fcst, obs)


def make(fcst, obs):
    middle = fcst.sel(quantile=0.5, drop=True)
    return {
        "kept": continuous_sums(middle, obs + 3, keep="issue"),
        "total": quantile_sums(fcst, obs, keep="place"),
    }


@pytest.mark.parametrize("chunks", [None, 4])
@pytest.mark.parametrize(("size", "workers"), [(1, 1), (3, 1), (4, 2), (2, 5), (50, 2)])
def test_blocks_change_nothing(chunks, size, workers):
    whole = make(*pairs())
    found = sums_in_blocks(make, *pairs(chunks), size=size, workers=workers)
    assert list(found) == ["kept", "total"]
    for name, sums in whole.items():
        xr.testing.assert_allclose(found[name], sums)
        assert found[name].attrs == sums.attrs
    assert found["kept"]["issue"].values.tolist() == list(range(11))


def test_threads_share_the_blocks():
    seen = set()
    both = threading.Barrier(2, timeout=20)

    def meet(fcst, obs):
        both.wait()  # passes only while two blocks are worked on at once
        seen.add(threading.get_ident())
        return make(fcst, obs)

    sums_in_blocks(meet, *(a.isel(issue=slice(0, 4)) for a in pairs()), size=1, workers=2)
    assert len(seen) == 2


def test_an_array_without_the_dimension_comes_whole():
    fcst, _ = pairs()
    obs = xr.DataArray([1.0, 2.0, 3.0], {"place": list("abc")}, ["place"])
    found = sums_in_blocks(lambda f, o: {"x": quantile_sums(f, o, keep="issue")}, fcst, obs, size=2)
    xr.testing.assert_allclose(found["x"], quantile_sums(fcst, obs, keep="issue"))


def test_errors():
    fcst, obs = pairs()
    with pytest.raises(ValueError, match="none of the arrays has the dimension 'run'"):
        sums_in_blocks(make, fcst, obs, dim="run")
    with pytest.raises(ValueError, match="at least 1, found 0 and 1"):
        sums_in_blocks(make, fcst, obs, size=0)
    with pytest.raises(ValueError, match="dimension 'issue' differs"):
        sums_in_blocks(make, fcst, obs.assign_coords(issue=np.arange(1, 12)))

    def broken(fcst, obs):
        raise ValueError("block 7 is bad")

    with pytest.raises(ValueError, match="block 7 is bad"):
        sums_in_blocks(broken, fcst, obs, workers=2)
