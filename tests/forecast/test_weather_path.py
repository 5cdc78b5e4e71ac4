"""Weather along the path: every predictor worked by hand on numbers that name their day."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from forecast.errors import InputError
from forecast.weather.archive.places import BEARINGS, DISTANCES_KM
from forecast.weather.predictors.path import COMPASS, path_predictors
from forecast.weather.predictors.predictor_text import describe

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


def same(found, expected, **kwargs):
    np.testing.assert_allclose(found, expected, **{"rtol": 1e-6, **kwargs})


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
    same(rows(found, "t2m_change"), [[91, 1, 1, 1], [190, 1, 1, 1]])
    along = ("before2", "before1", "target", "after1", "path", "run4", "spread", "change")
    assert set(found) == {f"t2m_{n}" for n in along}


def test_analyses_after_the_last_known_day_are_not_used():
    found = path_predictors(forecast(), analysis(), days("2015-01-09", "2015-01-10"))
    same(rows(found, "t2m_before1"), [[NAN, 101, 102, 103], [NAN, 201, 202, 203]])
    same(rows(found, "t2m_before2"), [[9, NAN, 101, 102], [10, NAN, 201, 202]])
    same(rows(found, "t2m_run4")[0][:2], [(8 + 9 + 101) / 3, (9 + 101 + 102) / 3])


def test_later_analyses_change_nothing():
    known = days("2015-01-09", "2015-01-10")
    names = ("t2m", "u10", "v10", "tp", "sp", "ws500")
    clean, spoilt = analysis(names), analysis(names)
    for name in names:
        spoilt[name][10:] = 1e9  # 11 January and later
    found = path_predictors(forecast(fields=names), clean, known)
    assert {"recirculation3", "dry_days", "sp_change", "stagnation_days"} <= found.keys()
    for name, values in path_predictors(forecast(fields=names), spoilt, known).items():
        np.testing.assert_array_equal(values, found[name])


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


def daily(**fields) -> xr.Dataset:
    """One issue, 10 January, one place; each field on (member, lead)."""
    arrays = {n: np.array(v, np.float32).T[None, :, :, None] for n, v in fields.items()}
    leads = next(iter(arrays.values())).shape[1]
    return xr.Dataset(
        {n: (("issue", "lead", "member", "place"), v) for n, v in arrays.items()},
        coords={"issue": ISSUES[:1], "lead": np.arange(1, leads + 1), "place": ["s"]},
    )


def past(first: str, **fields) -> xr.Dataset:
    """Analyses of consecutive days, one place."""
    count = len(next(iter(fields.values())))
    return xr.Dataset(
        {n: (("day", "place"), np.array(v, np.float32)[:, None]) for n, v in fields.items()},
        coords={"day": pd.date_range(first, periods=count), "place": ["s"]},
    )


KNOWN = days("2015-01-10")


def test_other_statistics_of_the_day_enter_at_the_target_alone():
    data = daily(t2m=[[1, 2], [3, 6]], t2m_max=[[5, 6], [7, NAN]], blh_night=[[1, 2], [1, 4]])
    found = path_predictors(data, past("2015-01-01", t2m_max=[1] * 10), KNOWN)
    same(rows(found, "t2m_max_target"), [[6, 6]])
    same(rows(found, "t2m_max_spread"), [[np.sqrt(2), NAN]])
    same(rows(found, "blh_night_target"), [[1, 3]])
    assert {n for n in found if "_max_" in n or "_night_" in n} == {
        f"{n}_{k}" for n in ("t2m_max", "blh_night") for k in ("target", "spread")
    }


def test_wind_speed_of_the_archive_comes_before_that_of_the_daily_wind():
    data = daily(u10=[[3]], v10=[[4]], ws=[[7]])
    found = path_predictors(data, past("2015-01-10", u10=[0], v10=[2], ws=[6]), KNOWN)
    assert rows(found, "ws_target") == [[7]] and rows(found, "ws_before1") == [[6]]
    found = path_predictors(data, past("2015-01-10", u10=[0], v10=[2]), KNOWN)
    assert rows(found, "ws_before1") == [[2]]


def test_recirculation_of_three_days_by_hand():
    # analysis: 9 January 2 m/s east, 10 January 2 m/s north; forecast: west at 2, then calm
    data = daily(u10=[[-2, 0, 0, 0]], v10=[[0, 0, 0, 0]])
    found = path_predictors(data, past("2015-01-09", u10=[2, 0], v10=[0, 2]), KNOWN)
    lead1 = 1 - 2 / 6  # 2 east + 2 west + 2 north: got 2, went 6
    lead2 = 1 - np.hypot(2, 2) / 4
    same(rows(found, "recirculation3"), [[lead1, lead2, 0, NAN]], atol=1e-6)
    # without analyses over the days known; of two members the mean
    data = daily(u10=[[2, -2], [2, 2]], v10=[[0, 0], [0, 0]])
    same(rows(path_predictors(data, None, KNOWN), "recirculation3"), [[0, 0.5]], atol=1e-6)


def test_recirculation_uses_the_speed_of_the_steps():
    # a wind that turns through the day: its mean is 1, its speed 4
    data = daily(u10=[[1]], v10=[[0]], ws=[[4]])
    same(rows(path_predictors(data, None, KNOWN), "recirculation3"), [[0.75]])
    # a day counts only where all three are known
    before = past("2015-01-10", u10=[NAN], v10=[1], ws=[9])
    same(rows(path_predictors(data, before, KNOWN), "recirculation3"), [[0.75]])


def test_days_since_rain_by_hand():
    dry = past("2015-01-06", tp=[5, 0, 0.9, 0, 0])  # rain on the 6th, then four dry days
    found = path_predictors(daily(tp=[[0, 2, 0, 0.5]]), dry, KNOWN)
    same(rows(found, "dry_days"), [[5, 0, 1, 2]])
    # a day not known neither counts nor ends the row
    found = path_predictors(daily(tp=[[0, NAN, 0]]), dry, days("2015-01-09"))
    same(rows(found, "dry_days"), [[4, NAN, 5]])
    # no longer than ten days; without analyses from lead 1 on; of the members the mean
    long_dry = past("2014-12-01", tp=[0] * 41)
    same(rows(path_predictors(daily(tp=[[0, 0]]), long_dry, KNOWN), "dry_days"), [[10, 10]])
    found = path_predictors(daily(tp=[[0, 0, 0], [0, 3, 0]]), None, KNOWN)
    same(rows(found, "dry_days"), [[1, 1, 2]])
    assert rows(path_predictors(daily(tp=[[1.0]]), None, KNOWN), "dry_days") == [[0]]


def test_stagnant_members_and_days_by_hand():
    data = daily(ws=[[3, 3, 3], [3, 4, 3]], ws500=[[9, 9, 9], [9, 9, 9]], tp=[[0, 0, 0], [0, 0, 5]])
    found = path_predictors(data, None, KNOWN)
    same(rows(found, "stagnation_share"), [[1, 0.5, 0.5]])
    same(rows(found, "stagnation_days"), [[1, 1.5, 2]])
    for lacking in ("ws", "ws500", "tp"):
        assert "stagnation_share" not in path_predictors(data.drop_vars(lacking), None, KNOWN)


def test_ventilation_is_summed_from_issue_to_target():
    data = daily(ventilation=[[1000, 2000, NAN, 1], [3000, NAN, NAN, 1]], ws=[[2] * 4, [2] * 4])
    found = path_predictors(data, None, KNOWN)
    same(rows(found, "ventilation_sum"), [[2000, 4000, NAN, NAN]])
    assert "ws_sum" not in found
    found = path_predictors(data[["ws"]], None, KNOWN)
    same(rows(found, "ws_sum"), [[2, 4, 6, 8]])


def test_change_of_the_first_lead_needs_the_analysis():
    data = daily(sp=[[990, 1000], [992, NAN]], r2=[[1, 2], [1, 2]])
    found = path_predictors(data, past("2015-01-10", sp=[985]), KNOWN)
    same(rows(found, "sp_change"), [[6, 9]])
    same(rows(path_predictors(data, None, KNOWN), "sp_change"), [[NAN, 9]])
    assert "r2_change" not in found


def ringed(*names: str) -> xr.Dataset:
    """Ring: 150 km N E S W, then 300 km N E S W."""
    data = forecast(fields=("sp",))
    ring = np.array([1, 2, 3, 4, 10, 30, 25, 70], np.float32)
    values = np.broadcast_to(ring[None, None, :, None], (2, 4, 8, 1))
    for k, name in enumerate(names, start=1):
        data[f"ring_{name}"] = (("issue", "lead", "ring", "place"), values * k)
    return data


def test_ring_fields_and_the_gradient():
    assert BEARINGS.tolist() == [0, 90, 180, 270] and DISTANCES_KM.tolist() == [150, 300]
    found = path_predictors(ringed("sp", "t2m"), None, days("2015-01-10", "2015-01-11"))
    for k, compass in enumerate(("north", "east", "south", "west"), start=1):
        assert (found[f"sp_{compass}"].values == k).all()
    assert (found["sp_gradient_north"].values == 10 - 25).all()
    assert (found["sp_gradient_east"].values == 30 - 70).all()
    assert "t2m_north" not in found


def test_pressure_at_sea_level_comes_before_that_at_the_surface():
    found = path_predictors(ringed("sp", "msl"), None, days("2015-01-10", "2015-01-11"))
    assert (found["msl_gradient_north"].values == 2 * (10 - 25)).all()
    assert (found["msl_west"].values == 8).all()
    assert not {n for n in found if n.startswith("sp_") and n.endswith(("east", "_north"))}


def test_every_predictor_says_what_it_is():
    names = ("u10", "v10", "sp", "msl", "tp", "ws500", "ventilation", "inversion850", "t2m_max")
    data = forecast(fields=names)
    for name in ("u10", "msl"):
        values = np.zeros((2, 4, 8, 1), np.float32)
        data[f"ring_{name}"] = (("issue", "lead", "ring", "place"), values)
    found = path_predictors(data, analysis(names), days("2015-01-10", "2015-01-11"))
    texts = {name: describe(name) for name in found}
    assert len(set(texts.values())) == len(found) > 60
    assert texts["ws500_spread"] == (
        "ws500: wind speed at 500 hPa, √(u500² + v500²) (m s-1), daily mean, "
        "standard deviation of the members on the target day"
    )
    assert texts["tp_target"].startswith("tp: precipitation amount (mm), daily sum, on the target")
    assert texts["t2m_max_target"].startswith("t2m: air temperature (K), daily maximum, on")
    assert texts["u10_south"].endswith("daily mean, 150 km south of the place on the target day")
    assert "300 km east minus 300 km west" in texts["msl_gradient_east"]
    assert describe("t850_path").startswith("t850: air temperature at 850 hPa (K)")
    for unknown in ("latest_pm25", "t2m", "t2m_noon_target", "_", "", "ws_sum_target"):
        with pytest.raises(InputError, match="no weather predictor"):
            describe(unknown)
    assert set(COMPASS) == {"north", "east", "south", "west"}
