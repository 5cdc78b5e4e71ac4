"""Dressing: the formula by hand, as-of, bounds; the correlation that a short archive tells."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import lfilter
from scipy.stats import norm

from forecast.errors import InputError
from forecast.weather.dressing.anomalies import (
    RankScores,
    SeasonalScores,
    fit_scores,
    harmonics,
    least_squares,
)
from forecast.weather.dressing.correlation import estimate_correlation
from forecast.weather.dressing.dressed import dress

FIRST = "2010-01-01"
DAYS = 1500
LIBRARY_END = pd.Timestamp("2011-12-31")  # 730 days from FIRST
RHO = np.array([0.9, 0.7, 0.4])


def wave(rng, days, places, memory=0.4):
    """Unit red noise (day, place), correlated between places."""
    own = rng.standard_normal((days, places)) * 0.6 + rng.standard_normal((days, 1)) * 0.8
    return lfilter([np.sqrt(1 - memory**2)], [1, -memory], own, axis=0)


@pytest.fixture(scope="module")
def analysis():
    rng = np.random.default_rng(5)
    season = np.cos(2 * np.pi * np.arange(DAYS) / 365.25)[:, None]
    warm, moist = wave(rng, DAYS, 4), wave(rng, DAYS, 4)
    t2m = 285 - 14 * season + (4 + season) * warm
    r2 = np.clip(70 + 25 * moist, 0, 100)
    around = t2m[:, None] + rng.standard_normal((DAYS, 2, 4))
    return xr.Dataset(
        {
            "t2m": (("day", "place"), t2m.astype(np.float32)),
            "r2": (("day", "place"), r2.astype(np.float32)),
            "ring_t2m": (("day", "ring", "place"), around.astype(np.float32)),
        },
        coords={"day": pd.date_range(FIRST, periods=DAYS)},
    )


def dressed(analysis, issues, members=2, rho=RHO, leads=3, **options):
    correlation = {"t2m": rho, "r2": rho}
    options = {"seed": 7, **options}
    return list(
        dress(
            analysis,
            pd.DatetimeIndex(issues),
            leads=leads,
            members=members,
            correlation=correlation,
            **options,
        )
    )


def climatology(values, days, wanted):
    """Mean and scale of `wanted` days by an independent route: lstsq and a loop over the season."""
    number = days.values.astype("datetime64[D]").astype(int)
    at = wanted.values.astype("datetime64[D]").astype(int)
    angle, angle_at = (2 * np.pi * n / 365.25 for n in (number, at))

    def terms(a):
        return np.stack([a * 0 + 1, np.cos(a), np.cos(2 * a), np.sin(a), np.sin(2 * a)], axis=1)

    found, *_ = np.linalg.lstsq(terms(angle), values.astype(float), rcond=None)
    departure = values - terms(angle) @ found
    scale = []
    for day in np.floor(at % 365.25):
        apart = np.abs((number - day) % 365.25)
        near = np.minimum(apart, 365.25 - apart) <= 45
        scale.append(np.sqrt((departure[near] ** 2).mean(axis=0)))
    return terms(angle_at) @ found, np.array(scale), departure


def test_perfect_prognosis_is_the_analysis_itself(analysis):
    for members in (1, 3):
        (cycle,) = dressed(analysis, ["2011-03-04"], members, rho=np.ones(3))
        valid = analysis.sel(day=slice("2011-03-05", "2011-03-07"))
        for name in analysis:
            assert cycle.fields[name].dtype == np.float32
            for m in range(members):
                np.testing.assert_array_equal(cycle.fields[name][:, m], valid[name].values)
        assert cycle.known_since == cycle.issue


def test_leads_of_correlation_one_are_the_analysis_among_others(analysis):
    (cycle,) = dressed(analysis, ["2011-03-04"], rho=np.array([1.0, 1.0, 0.5]))
    valid = analysis.sel(day=slice("2011-03-05", "2011-03-07"))
    np.testing.assert_array_equal(cycle.fields["r2"][:2, 1], valid["r2"].values[:2])
    assert (cycle.fields["r2"][2, 1] != valid["r2"].values[2]).any()
    assert cycle.known_since == LIBRARY_END


def borrowed_run(cycle, analysis, cutoff, member=0):
    """Start of the run a member of correlation 0 consists of, found by all fields at once."""
    library = analysis.sel(day=slice(None, cutoff))
    days = library["day"].to_index()
    leads = cycle.fields["t2m"].shape[0]
    valid = pd.date_range(cycle.issue + pd.Timedelta(days=1), periods=leads)
    worst = np.zeros(len(days) - leads + 1)
    for name in ("t2m", "ring_t2m"):
        flat = library[name].values.reshape(len(days), -1)
        mean, scale, departure = climatology(flat, days, valid)
        _, of_library, _ = climatology(flat, days, days)
        standard = departure / of_library
        got = (cycle.fields[name][:, member].reshape(leads, -1) - mean) / scale
        runs = np.lib.stride_tricks.sliding_window_view(standard, leads, axis=0)
        worst = np.maximum(worst, np.abs(runs.transpose(0, 2, 1) - got).max(axis=(1, 2)))
    start = int(worst.argmin())
    assert worst[start] < 1e-4
    return days[start]


@pytest.mark.parametrize(
    ("issue", "cutoff"),
    [
        ("2010-02-10", LIBRARY_END),
        ("2011-12-30", LIBRARY_END),
        ("2013-05-17", pd.Timestamp("2013-04-30")),
    ],
)
def test_without_correlation_a_member_is_another_run_of_the_season(analysis, issue, cutoff):
    starts = set()
    for seed in range(3):
        (cycle,) = dressed(analysis, [issue], rho=np.zeros(3), seed=seed)
        assert cycle.known_since == cutoff
        for member in range(2):
            start = borrowed_run(cycle, analysis, cutoff, member)
            starts.add(start)
            apart = abs((start - pd.Timestamp(issue)).days - 1)
            assert apart >= 3 + 20
            assert min(apart % 365.25, 365.25 - apart % 365.25) <= 45
            assert start + pd.Timedelta(days=2) <= cutoff
    assert len(starts) > 3


def test_members_follow_the_formula(analysis):
    """Three cycles of one seed borrow the same runs; from two of them the third follows."""
    issue = ["2012-07-09"]
    (noise,) = dressed(analysis, issue, rho=np.zeros(3))
    cutoff, days = pd.Timestamp("2012-06-30"), analysis["day"].to_index()
    known = analysis["t2m"].sel(day=slice(None, cutoff)).values
    valid = pd.date_range("2012-07-10", periods=3)
    mean, scale, _ = climatology(known, days[: len(known)], valid)
    truth = (analysis["t2m"].sel(day=valid).values - mean) / scale
    runs = (noise.fields["t2m"] - mean[:, None]) / scale[:, None]
    common = []
    for rho in (0.25, 0.64):
        (cycle,) = dressed(analysis, issue, rho=np.full(3, rho))
        member = (cycle.fields["t2m"] - mean[:, None]) / scale[:, None]
        rest = member - rho * truth[:, None] - np.sqrt(1 - rho) * runs
        np.testing.assert_allclose(rest[:, 0], rest[:, 1], atol=1e-4)
        common.append(rest[:, 0] / np.sqrt(rho * (1 - rho)))
    np.testing.assert_allclose(common[0], common[1], atol=1e-3)
    assert np.abs(common[0] - runs[:, 0]).max() > 0.1


def test_correlation_and_spread_are_what_was_asked(analysis):
    issues = pd.date_range("2010-03-01", "2014-01-20", freq="3D")
    cycles = dressed(analysis, issues, members=5)
    days = analysis["day"].to_index()
    for name in analysis:
        flat = analysis[name].values.reshape(DAYS, -1)
        mean, scale, departure = climatology(flat, days, days)
        for k, rho in enumerate(RHO):
            rows = days.get_indexer(issues) + 1 + k
            f = np.stack([c.fields[name][k].reshape(5, -1) for c in cycles])
            anomaly = (f - mean[rows][:, None]) / scale[rows][:, None]
            truth = np.broadcast_to((departure / scale)[rows][:, None], anomaly.shape)
            assert np.corrcoef(anomaly.ravel(), truth.ravel())[0, 1] == pytest.approx(rho, abs=0.04)
            spread = np.sqrt(f.var(axis=1, ddof=1).mean() * (1 + 1 / 5))
            error = np.sqrt(((f.mean(axis=1) - flat[rows]) ** 2).mean())
            assert spread / error == pytest.approx(1, abs=0.1)


def test_the_future_changes_nothing(analysis):
    issues = ["2010-06-01", "2011-12-20", "2012-08-15"]
    before = dressed(analysis, issues)
    poisoned = analysis.copy(deep=True)
    future = poisoned["day"] > pd.Timestamp("2012-08-18")  # the last valid day
    for name in poisoned:
        poisoned[name].values[future.values] = 1e6
    shorter = analysis.sel(day=slice(None, "2012-08-18"))
    for other in (poisoned, shorter):
        for old, new in zip(before, dressed(other, issues), strict=True):
            assert old.known_since == new.known_since
            for name in analysis:
                assert old.fields[name].tobytes() == new.fields[name].tobytes()


def test_days_between_library_and_issue_month_change_nothing_else(analysis):
    """What falls after the last month's end enters only through its own valid days."""
    (before,) = dressed(analysis, ["2012-08-15"])
    poisoned = analysis.copy(deep=True)
    poisoned["t2m"].loc["2012-08-01":"2012-08-15"] = 400
    poisoned["t2m"].loc["2012-08-17"] = 400
    (after,) = dressed(poisoned, ["2012-08-15"])
    assert before.fields["r2"].tobytes() == after.fields["r2"].tobytes()
    assert before.fields["t2m"][[0, 2]].tobytes() == after.fields["t2m"][[0, 2]].tobytes()
    assert (before.fields["t2m"][1] != after.fields["t2m"][1]).all()


def test_a_cycle_is_the_same_whatever_others_are_made_and_other_for_another_seed(analysis):
    alone = dressed(analysis, ["2012-08-15"])[0].fields["t2m"]
    among = dressed(analysis, ["2013-01-02", "2012-08-15", "2010-05-05"])[1].fields["t2m"]
    assert alone.tobytes() == among.tobytes()
    other = dressed(analysis, ["2012-08-15"], seed=8)[0].fields["t2m"]
    assert (other != alone).any()


@given(offset=st.integers(0, DAYS - 10))
@settings(max_examples=25, deadline=None)
def test_known_since_is_never_after_the_issue_or_the_library(analysis, offset):
    issue = pd.Timestamp(FIRST) + pd.Timedelta(days=offset)
    (cycle,) = dressed(analysis[["t2m"]], [issue])
    assert cycle.known_since <= max(issue, LIBRARY_END)
    assert cycle.known_since >= LIBRARY_END


def test_a_missing_valid_day_is_missing_and_no_run_holds_a_missing_day(analysis):
    holed = analysis.drop_sel(day=pd.date_range("2011-01-05", "2011-02-28"))
    for seed in range(4):
        first, last = dressed(holed, ["2011-01-03", "2014-02-07"], seed=seed)
        assert np.isfinite(first.fields["t2m"][0]).all()
        assert np.isnan(first.fields["t2m"][1:]).all()
        assert np.isfinite(last.fields["r2"][:1]).all()  # analyses end 2014-02-08
        assert np.isnan(last.fields["ring_t2m"][1:]).all()


def test_a_place_without_analyses_stays_missing_and_spares_the_others(analysis):
    corner = analysis.copy(deep=True)
    corner["r2"][:, 2] = np.nan
    (cycle,) = dressed(corner, ["2011-05-05"])
    (whole,) = dressed(analysis, ["2011-05-05"])
    assert np.isnan(cycle.fields["r2"][..., 2]).all()
    np.testing.assert_array_equal(
        cycle.fields["r2"][..., [0, 1, 3]], whole.fields["r2"][..., [0, 1, 3]]
    )


def test_values_stay_within_their_bounds(analysis):
    rng = np.random.default_rng(1)
    skewed = np.exp(0.5 * wave(rng, DAYS, 4))
    data = analysis.assign(
        blh=(("day", "place"), (300 * skewed).astype(np.float32)),
        ssrd=(("day", "place"), (1e6 * skewed).astype(np.float32)),
    ).drop_vars("ring_t2m")
    rho = dict.fromkeys(map(str, data), RHO)
    cycles = list(
        dress(
            data,
            pd.date_range("2010-03-01", periods=80, freq="9D"),
            leads=3,
            members=8,
            correlation=rho,
            seed=1,
        )
    )
    for name in ("r2", "blh", "ssrd"):
        values = np.stack([c.fields[name] for c in cycles])
        assert values.min() >= 0
        assert values.std() == pytest.approx(data[name].values.std(), rel=0.15)
    assert np.stack([c.fields["r2"] for c in cycles]).max() == 100


def rain(rng, days, places):
    """Rain with dry winters, (day, place), and the chance of a dry day (day,)."""
    dry = 0.7 + 0.2 * np.cos(2 * np.pi * np.arange(days) / 365.25)[:, None]
    share = norm.cdf(wave(rng, days, places, 0.3))
    wet = np.clip((1 - share) / (1 - dry), 1e-9, 1)
    return np.where(share > dry, -6 * np.log(wet), 0).astype(np.float32)


def test_rain_is_dry_as_often_and_correlates_as_asked():
    rng = np.random.default_rng(2)
    tp = rain(rng, 2200, 5)
    days = pd.date_range(FIRST, periods=2200)
    analysis = xr.Dataset({"tp": (("day", "place"), tp)}, coords={"day": days})
    issues = days[100:-10:4]
    cycles = list(dress(analysis, issues, leads=3, members=6, correlation={"tp": RHO}, seed=1))
    f = np.stack([c.fields["tp"] for c in cycles])
    rows = days.get_indexer(issues)
    winter = issues.month.isin([12, 1, 2])
    for k, rho in enumerate(RHO):
        truth = np.broadcast_to(tp[rows + 1 + k][:, None], f[:, k].shape)
        assert np.corrcoef(f[:, k].ravel(), truth.ravel())[0, 1] == pytest.approx(rho, abs=0.05)
        for part in (winter, ~winter):
            dry = (f[part, k] == 0).mean(), (truth[part] == 0).mean()
            assert dry[0] == pytest.approx(dry[1], abs=0.04)
        assert f[:, k].mean() == pytest.approx(truth.mean(), rel=0.1)
    assert np.isin(np.unique(f), np.unique(tp)).all()


def test_scores_of_rain_correlate_more_than_rain():
    """Mehler's formula against half a million draws: dry 60 % of days, exponential otherwise."""
    rng = np.random.default_rng(3)

    def of(z):
        share = norm.cdf(z)
        return np.where(share > 0.6, -np.log(np.clip((1 - share) / 0.4, 1e-12, 1)), 0)

    library = of(norm.ppf((np.arange(4000) + 0.5) / 4000))
    scores = RankScores((library[:, None],), np.array([True]))
    asked = np.array([0.0, 0.3, 0.6, 0.9, 1.0])
    latent = scores.latent(asked)
    assert latent[0] == 0 and latent[-1] == 1
    z, other = rng.standard_normal((2, 500_000))
    for rho, r in zip(asked[1:4], latent[1:4], strict=True):
        both = of(z), of(r * z + np.sqrt(1 - r**2) * other)
        assert np.corrcoef(*both)[0, 1] == pytest.approx(rho, abs=0.01)
        assert r > rho + 0.005


def test_normal_scores_by_hand():
    """Days 0 0 2 5 of one place: 2 is third of four, a dry day ties between the first two."""
    season = np.array([[0.0], [0.0], [2.0], [5.0]])
    scores = RankScores(tuple([season] * 37), np.array([True]))
    days = np.array([10, 11, 12, 13, 14])
    tie = (days.astype(float) ** 2 * (np.sqrt(5) - 1) / 2) % 1
    got = scores.anomaly(np.array([[0.0], [2.0], [5.0], [9.0], [np.nan]]), days)[:, 0]
    share = [max(tie[0] * 2 / 4, 1 / 8), (2 + tie[1]) / 4, min((3 + tie[2]) / 4, 7 / 8), 7 / 8]
    np.testing.assert_allclose(got[:4], norm.ppf(share), rtol=1e-5)
    assert np.isnan(got[4])
    back = scores.value(np.array([[[-9.0]], [[-0.1]], [[0.1]], [[9.0]], [[np.nan]]]), days)
    np.testing.assert_array_equal(back[:, 0, 0], [0, 0, 2, 5, np.nan])


@given(data=st.data())
@settings(max_examples=20, deadline=None)
def test_values_come_back_from_their_anomalies(data):
    name = data.draw(st.sampled_from(["t2m", "blh", "r2", "tp"]))
    seed = data.draw(st.integers(0, 1000))
    rng = np.random.default_rng(seed)
    values = 20 * np.exp(0.5 * wave(rng, 800, 2))
    if name == "tp":
        values = np.where(values > 20, values, 0)
    values = np.minimum(values, 100).astype(np.float32)
    days = 16000 + np.arange(800)
    scores = fit_scores(name, values, days)
    back = scores.value(scores.anomaly(values, days)[:, None], days)[:, 0]
    np.testing.assert_allclose(back, values, rtol=1e-4, atol=1e-3)


def test_a_constant_field_has_no_anomaly():
    days = 16000 + np.arange(800)
    scores = SeasonalScores.fit("sp", np.full((800, 1), 5e4, np.float32), days)
    assert (np.abs(scores.anomaly(np.full((800, 1), 5e4), days)) < 10).all()
    assert scores.value(np.full((1, 1, 1), 3.0), days[:1]) == pytest.approx(5e4, abs=1e-3)


def test_least_squares_with_gaps_is_lstsq_of_the_days_there_are():
    rng = np.random.default_rng(4)
    days = 15000 + np.arange(500)
    basis = harmonics(days, 2)
    values = rng.standard_normal((500, 3))
    values[rng.random((500, 3)) < 0.2] = np.nan
    values[:450, 2] = np.nan
    got = least_squares(values, basis, 300)
    for cell in range(2):
        there = np.isfinite(values[:, cell])
        wanted, *_ = np.linalg.lstsq(basis[there], values[there, cell], rcond=None)
        np.testing.assert_allclose(got[:, cell], wanted, atol=1e-9)
    assert np.isnan(got[:, 2]).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"correlation": {"t2m": RHO}}, "no correlation for field r2; given for t2m"),
        ({"correlation": {"t2m": RHO[:2], "r2": RHO}}, "of t2m has 2 leads; expected 3"),
        ({"correlation": {"t2m": RHO, "r2": RHO + 0.2}}, "of r2 is not within 0 … 1"),
        ({"correlation": {"t2m": RHO, "r2": RHO * np.nan}}, "of r2 is not within 0 … 1"),
        ({"members": 400}, "400 members need 401"),
        ({"members": 0}, "0 members"),
        ({"library_days": 300}, "library_days 300"),
        ({"analysis": slice(0, 300)}, "the analyses span 300 days; expected at least 365"),
        ({"analysis": [0, 2, 1]}, "days of the analyses are not increasing"),
        ({"analysis": []}, "days of the analyses are not increasing"),
    ],
)
def test_what_cannot_be_dressed_is_one_sentence(analysis, change, message):
    options = {"leads": 3, "members": 2, "seed": 1, "correlation": {"t2m": RHO, "r2": RHO}}
    options |= change
    data = analysis.isel(day=options.pop("analysis", slice(None)))
    with pytest.raises(InputError, match=message):
        list(dress(data, pd.DatetimeIndex(["2010-02-02"]), **options))


def test_a_field_without_day_first_is_named(analysis):
    with pytest.raises(InputError, match=r"field t2m lies on \(place, day\)"):
        dressed(analysis[["t2m"]].transpose("place", "day"), ["2010-02-02"])


@pytest.fixture(scope="module")
def archive():
    """Forecasts of known correlation, biased by lead, and the analyses they aim at."""
    rng = np.random.default_rng(6)
    days = pd.date_range("2012-01-01", periods=600)
    truth = np.stack([wave(rng, 600, 1) for _ in range(8)], axis=1)[..., 0]
    season = 10 * np.cos(2 * np.pi * np.arange(600) / 365.25)[:, None]
    rho = np.array([0.95, 0.8, 0.6, 0.3])
    members = np.empty((590, 4, 3, 8))
    for k, r in enumerate(rho):
        noise = np.stack([wave(rng, 590, 8) for _ in range(4)])
        signal = r * truth[1 + k : 591 + k] + np.sqrt(r * (1 - r)) * noise[0]
        members[:, k] = (signal + np.sqrt(1 - r) * noise[1:]).transpose(1, 0, 2)
        members[:, k] += season[1 + k : 591 + k, None] * (1 - 0.1 * k) + k
    names = [f"p{i}" for i in range(8)]
    forecast = xr.Dataset(
        {"t2m": (("issue", "lead", "member", "place"), members.astype(np.float32))},
        coords={"issue": days[:590], "lead": [1, 2, 3, 4], "place": names},
    )
    analysis = xr.Dataset(
        {"t2m": (("day", "place"), (truth + season).astype(np.float32))},
        coords={"day": days, "place": names},
    )
    return forecast, analysis, rho


def test_correlation_is_estimated_from_an_archive(archive):
    forecast, analysis, rho = archive
    found = estimate_correlation(forecast, analysis, cycles=590)["t2m"]
    np.testing.assert_allclose(found, rho, atol=0.04)
    short = estimate_correlation(forecast, analysis)["t2m"]
    np.testing.assert_allclose(short, rho, atol=0.1)
    assert (np.diff(short) <= 0).all()


def test_only_the_first_cycles_and_their_valid_days_count(archive):
    forecast, analysis, _ = archive
    used = estimate_correlation(forecast, analysis, cycles=100)["t2m"]
    last = forecast["issue"][99] + np.timedelta64(4, "D")
    known = estimate_correlation(
        forecast.isel(issue=slice(100)), analysis.sel(day=slice(None, last.values)), cycles=100
    )["t2m"]
    np.testing.assert_array_equal(used, known)


def test_one_lead_by_hand():
    """No smoothing with one lead: the correlation of residuals of a plain least-squares fit."""
    rng = np.random.default_rng(9)
    days = pd.date_range("2013-01-01", periods=91)
    truth = rng.standard_normal(91)
    member = truth[1:] + rng.standard_normal(90)
    forecast = xr.Dataset(
        {"u10": (("issue", "lead", "member", "place"), member[:, None, None, None])},
        coords={"issue": days[:90], "lead": [1], "place": ["a"]},
    )
    analysis = xr.Dataset(
        {"u10": (("day", "place"), truth[:, None])}, coords={"day": days, "place": ["a"]}
    )
    number = days[1:].values.astype("datetime64[D]").astype(int)
    angle = 2 * np.pi * number / 365.25
    terms = np.stack([np.ones(90), np.cos(angle), np.sin(angle)], axis=1)
    f, a = (v - terms @ np.linalg.lstsq(terms, v, rcond=None)[0] for v in (member, truth[1:]))
    wanted = (f * a).sum() / np.sqrt((f**2).sum() * (a**2).sum())
    found = estimate_correlation(forecast, analysis)["u10"]
    np.testing.assert_allclose(found, [wanted], rtol=1e-6)


def test_missing_members_and_places_are_left_out(archive):
    forecast, analysis, _ = archive
    holed = forecast.copy(deep=True)
    holed["t2m"][:, :, 2] = np.nan
    holed["t2m"][:, :, :, 3] = np.nan
    fewer = forecast.isel(member=[0, 1], place=[0, 1, 2, 4, 5, 6, 7])
    np.testing.assert_allclose(
        estimate_correlation(holed, analysis)["t2m"],
        estimate_correlation(fewer, analysis)["t2m"],
        rtol=1e-9,
    )


def test_an_archive_too_short_or_of_other_fields_is_refused(archive):
    forecast, analysis, _ = archive
    with pytest.raises(InputError, match="t2m: 20 cycles with forecast and analysis at lead 1"):
        estimate_correlation(forecast, analysis, cycles=20)
    with pytest.raises(InputError, match="share no field"):
        estimate_correlation(forecast, analysis.rename(t2m="d2m"))
    with pytest.raises(InputError, match="share no place"):
        estimate_correlation(forecast, analysis.assign_coords(place=list("abcdefgh")))
