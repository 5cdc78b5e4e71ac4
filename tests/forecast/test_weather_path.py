"""Weather along the path: every predictor worked by hand on numbers that name their day."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from forecast.weather.path import path_predictors

ISSUES = pd.DatetimeIndex(["2015-01-10", "2015-01-11"])
NAN = np.nan


def forecast(leads=4, members=2, fields=("t2m",)) -> xr.Dataset:
    """Issue i, lead k: members at 100·(i + 1) + k ± 1, one place."""
    mean = 100.0 * np.arange(1, 3)[:, None] + np.arange(1, leads + 1)[None, :]
    offset = np.linspace(-1, 1, members) if members > 1 else np.zeros(1)
    values = (mean[:, :, None] + offset)[..., None].astype(np.float32)
    return xr.Dataset(
        {f: (("issue", "lead", "member", "place"), values.copy()) for f in fields},
        coords={"issue": ISSUES, "lead": np.arange(1, leads + 1), "place": ["s"]},
    )


def analysis(fields=("t2m",)) -> xr.Dataset:
    """The value is the day of January, 1 … 31."""
    days = pd.date_range("2015-01-01", "2015-01-31")
    values = np.arange(1.0, 32.0, dtype=np.float32)[:, None]
    return xr.Dataset(
        {f: (("day", "place"), values.copy()) for f in fields}, coords={"day": days, "place": ["s"]}
    )


def days(*texts: str) -> np.ndarray:
    return np.array(texts, dtype="datetime64[D]")


def rows(found, name: str) -> list[list[float]]:
    assert found[name].dims == ("issue", "lead", "place") and found[name].dtype == np.float32
    return found[name].values[:, :, 0].tolist()


def same(found, expected):
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_every_offset_by_hand():
    found = path_predictors(forecast(), analysis(), days("2015-01-10", "2015-01-11"))
    same(rows(found, "t2m_target"), [[101, 102, 103, 104], [201, 202, 203, 204]])
    # the day before lead 1 is the issue day itself, from the analysis
    same(rows(found, "t2m_before1"), [[10, 101, 102, 103], [11, 201, 202, 203]])
    same(rows(found, "t2m_before2"), [[9, 10, 101, 102], [10, 11, 201, 202]])
    same(rows(found, "t2m_after1"), [[102, 103, 104, NAN], [202, 203, 204, NAN]])
    same(rows(found, "t2m_path")[0], [101, 203 / 2, 306 / 3, 410 / 4])
    # four days ending at the target: leads −2 … 1 are 8, 9, 10 (analysis) and 101
    run4 = [(8 + 9 + 10 + 101) / 4, (9 + 10 + 203) / 4, (10 + 306) / 4, 410 / 4]
    same(rows(found, "t2m_run4")[0], run4)
    same(rows(found, "t2m_spread"), np.full((2, 4), np.sqrt(2)))  # ±1 with n − 1 = 1
    assert set(found) == {
        f"t2m_{n}" for n in ("before2", "before1", "target", "after1", "path", "run4", "spread")
    }


def test_analyses_after_the_last_known_day_are_not_used():
    found = path_predictors(forecast(), analysis(), days("2015-01-09", "2015-01-10"))
    same(rows(found, "t2m_before1"), [[NAN, 101, 102, 103], [NAN, 201, 202, 203]])
    same(rows(found, "t2m_before2"), [[9, NAN, 101, 102], [10, NAN, 201, 202]])
    same(rows(found, "t2m_run4")[0][:2], [(8 + 9 + 101) / 3, (9 + 101 + 102) / 3])


def test_later_analyses_change_nothing():
    known = days("2015-01-09", "2015-01-10")
    clean, spoilt = analysis(), analysis()
    spoilt["t2m"][10:] = 1e9  # 11 January and later
    for name, values in path_predictors(forecast(), clean, known).items():
        np.testing.assert_array_equal(values, path_predictors(forecast(), spoilt, known)[name])


@pytest.mark.parametrize("past", [None, analysis(fields=("sp",)), analysis().isel(day=slice(0, 3))])
def test_without_analyses_the_days_before_are_missing(past):
    found = path_predictors(forecast(), past, days("2015-01-10", "2015-01-11"))
    same(rows(found, "t2m_before1")[0], [NAN, 101, 102, 103])
    same(rows(found, "t2m_run4")[0], [101, 101.5, 102, 102.5])


def test_missing_members_and_single_members():
    data = forecast(members=3)  # −1, 0, +1
    data["t2m"][0, 0, 2] = np.nan
    data["t2m"][0, 1, 1:] = np.nan
    data["t2m"][0, 2] = np.nan
    found = path_predictors(data, None, days("2015-01-10", "2015-01-11"))
    # lead 1 keeps 100 and 101, lead 2 keeps 101 alone, lead 3 has none
    same(rows(found, "t2m_target")[0], [100.5, 101, NAN, 104])
    same(rows(found, "t2m_spread")[0], [np.sqrt(0.5), NAN, NAN, 1])
    same(rows(found, "t2m_path")[0], [100.5, 100.75, NAN, NAN])
    single = path_predictors(forecast(members=1), None, days("2015-01-10", "2015-01-11"))
    assert "t2m_spread" not in single and rows(single, "t2m_target")[0] == [101, 102, 103, 104]


def test_wind_speed_is_the_mean_of_the_members_speeds():
    data = forecast(members=2, fields=("u10", "v10"))
    data["u10"][:], data["v10"][:] = 3.0, 4.0
    data["u10"][:, :, 1] = -3.0  # opposite winds: mean u is 0, the speed is still 5
    past = analysis(fields=("u10", "v10"))
    found = path_predictors(data, past, days("2015-01-10", "2015-01-11"))
    assert rows(found, "u10_target")[0] == [0, 0, 0, 0]
    assert rows(found, "ws_target")[0] == [5, 5, 5, 5]
    assert rows(found, "ws_before1")[0][0] == np.float32(10 * np.sqrt(2))  # hypot(10, 10)


def test_ring_fields_and_the_gradient():
    data = forecast(fields=("sp",))
    # ring: 150 km N E S W, then 300 km N E S W
    ring = np.array([1, 2, 3, 4, 10, 30, 25, 70], np.float32)
    values = np.broadcast_to(ring[None, None, :, None], (2, 4, 8, 1))
    for name in ("sp", "t2m"):
        data[f"ring_{name}"] = (("issue", "lead", "ring", "place"), values)
    found = path_predictors(data, None, days("2015-01-10", "2015-01-11"))
    for k, compass in enumerate(("north", "east", "south", "west"), start=1):
        assert (found[f"sp_{compass}"].values == k).all()
    assert (found["sp_gradient_north"].values == 10 - 25).all()
    assert (found["sp_gradient_east"].values == 30 - 70).all()
    assert "t2m_north" not in found
