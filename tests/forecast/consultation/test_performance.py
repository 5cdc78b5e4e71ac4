"""Counting and scoring what was issued: a few pairs by hand, intervals, rankings."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from performance_inputs import AREAS, NATION, decided, observed_of

from forecast.consultation.areas import Area
from forecast.consultation.performance.decisions import read_decisions
from forecast.consultation.performance.figures import Figure, performance
from forecast.consultation.performance.periods import periods_of
from forecast.consultation.performance.ranking import ranking
from forecast.errors import InputError
from forecast.evaluation import Evaluation
from verification import block_bootstrap, bootstrap_difference, level_accuracy, level_hit_sums

A, B = AREAS[-2:]


def found_in(first="2015-12-01", last="2015-12-03", kind="month", **change):
    decisions, observed = decided(**change), observed_of()
    periods = periods_of(pd.Timestamp(first), pd.Timestamp(last), kind)
    return performance(decisions, observed, AREAS, periods, Evaluation())


@pytest.fixture(scope="module")
def december():
    (found,) = found_in()
    return found


@pytest.mark.parametrize(
    ("score", "value", "pairs"),
    [
        ("level_accuracy", 2 / 6, 6),
        ("level_range_accuracy", 3 / 6, 6),
        ("range_accuracy", 2 / 6, 6),
        ("mean_width", (30 + 30 + 50 + 30 + 50 + 40) / 6, 6),
        ("over_rate", 3 / 6, 6),
        ("under_rate", 1 / 6, 6),
        ("category_accuracy", 4 / 5, 5),  # A on 3 December is at AQI 40
        ("pod", 1 / 2, 6),
        ("far", 1 / 2, 6),
        ("ts", 1 / 3, 6),
        ("heavy_observed", 2, 6),
        ("heavy_forecast", 2, 6),
    ],
)
def test_scores_of_six_pairs_by_hand(december, score, value, pairs):
    figure = december.figure("issued", NATION, "all", score)
    assert figure.value == pytest.approx(value) and figure.pairs == pairs
    assert np.isnan(figure.low)  # three days tell no interval
    assert december.figure("issued", NATION, "1–2", score) == pytest.approx(figure, nan_ok=True)


def test_leads_areas_and_models_by_hand(december):
    assert (december.leads, december.bands) == (("1", "2"), ("1–2",))
    strict = {
        (model, area.name, lead): december.figure(model, area, lead, "level_accuracy")[::3]
        for model, area, lead in [
            ("issued", NATION, "1"), ("issued", NATION, "2"), ("issued", A, "1–2"),
            ("issued", B, "1–2"), ("guidance", A, "1–2"), ("persistence", NATION, "all"),
            ("climatology", NATION, "all"),
        ]
    }  # fmt: skip
    assert strict == {
        ("issued", "nation", "1"): (2 / 3, 3),
        ("issued", "nation", "2"): (0, 3),
        ("issued", "A", "1–2"): (2 / 4, 4),
        ("issued", "B", "1–2"): (0, 2),
        ("guidance", "A", "1–2"): (1 / 4, 4),
        ("persistence", "nation", "all"): (1, 1),  # it has one of the pairs
        ("climatology", "nation", "all"): pytest.approx((np.nan, 0), nan_ok=True),
    }
    # a region is all of its cities
    north = next(a for a in AREAS if a.level == "region")
    assert december.figure("issued", north, "1–2", "level_accuracy")[::3] == (2 / 6, 6)


def test_adjustments_are_counted_and_their_gain_is_paired(december):
    assert december.adjusted == 1
    gain = december.added[("nation:nation", "all", "level_accuracy")]
    assert gain.value == pytest.approx(1 / 6) and gain.pairs == 6
    assert december.added[("city:B", "1–2", "level_accuracy")].value == 0
    (same,) = found_in(adjusted=False)
    assert same.adjusted == 0 and same.added == {}
    assert same.figure("guidance", NATION, "all", "ts").value == pytest.approx(1 / 3)


def test_levels_of_forecast_and_observed(december):
    expected = np.zeros((6, 6), int)
    for forecast, observed in ((2, 2), (4, 5), (5, 5), (2, 1), (5, 3), (3, 4)):
        expected[forecast - 1, observed - 1] += 1
    np.testing.assert_array_equal(december.levels, expected)


def test_the_valid_day_decides_to_which_period_a_pair_belongs():
    (found,) = found_in(last="2015-12-02")
    assert (found.days, found.period.days) == (2, 31)
    assert found.figure("issued", NATION, "all", "level_accuracy")[::3] == (2 / 4, 4)
    assert found_in("2015-11-01", "2015-11-30") == []  # nothing was issued for November
    assert found_in("2016-01-01", "2016-01-31") == []
    (year,) = found_in("2014-06-01", "2015-12-31", "year")
    assert year.period.name == "2015" and year.days == 3 and f"{year.first:%m-%d}" == "12-01"


def test_a_place_nobody_observes_counts_for_nothing():
    (found,) = found_in(places=("A", "X"))
    assert found.figure("issued", NATION, "all", "level_accuracy")[::3] == (2 / 4, 4)


@pytest.fixture(scope="module")
def long():
    """Sixty days of one city and lead, half of the decisions adjusted, with what came."""
    days = pd.date_range("2015-11-01", periods=60)
    rng = np.random.default_rng(3)
    seen, issued, guided = (rng.integers(1, 4, 60) for _ in range(3))
    seen[10:30] = issued[10:30]
    guided[::2] = issued[::2]
    shape = (4, 60, 1, 1)
    levels = np.stack([issued, guided, issued, issued]).astype(float).reshape(shape)
    decisions = xr.Dataset(
        {
            "level": (("model", "issue", "lead", "place"), levels),
            "aqi_low": (("model", "issue", "lead", "place"), levels * 50 - 20),
            "aqi_high": (("model", "issue", "lead", "place"), levels * 50 - 10),
            "primary": (("model", "issue", "lead", "place"), levels * 0 + 1),
            "adjusted_by": (("issue", "lead", "place"), np.zeros(levels.shape[1:], np.int8)),
        },
        {"model": ["issued", "guidance", "persistence", "climatology"],
         "issue": days - pd.Timedelta(days=1), "lead": [1], "place": ["A"]},
    )  # fmt: skip
    observed = observed_of(days, ("A",), aqi=(seen * 50.0 - 15)[None])
    return decisions, observed, (seen, issued, guided)


def test_intervals_are_those_of_blocks_of_valid_days(long):
    decisions, observed, (seen, issued, guided) = long
    area = Area("nation", "nation", "甲", "A", ("A",))
    span = (pd.Timestamp("2015-11-01"), pd.Timestamp("2015-12-30"))
    settings = Evaluation(replicates=200)
    (found,) = performance(decisions, observed, [area], periods_of(*span, "year"), settings)
    day = {"day": pd.date_range(*span)}
    sums = [
        level_hit_sums(*(xr.DataArray(v, day, ["day"]) for v in (forecast, seen)), keep="day")
        for forecast in (issued, guided)
    ]
    options = {"dim": "day", "block": 15, "replicates": 200, "level": 0.9}
    ends = ("value", "low", "high")
    own = block_bootstrap(sums[0], level_accuracy, **options)
    figure = found.figure("issued", area, "1", "level_accuracy")
    assert figure == pytest.approx((*(float(own[n]) for n in ends), 60))
    assert figure.low < figure.value < figure.high
    pair = bootstrap_difference(*sums, level_accuracy, **options)
    gain = found.added[("nation:nation", "1", "level_accuracy")]
    assert gain == pytest.approx((*(float(pair[n]) for n in ends), 60))
    assert found.adjusted == (issued != guided).sum()


def test_versions_of_the_index_are_not_mixed(long):
    decisions, observed, (seen, issued, _) = long
    shift = pd.Timestamp("2026-02-01") - pd.Timestamp("2015-11-01")
    later = decisions.assign_coords(issue=decisions["issue"] + shift)
    came = observed.assign_coords(day=observed["day"] + shift)
    area = Area("nation", "nation", "甲", "A", ("A",))
    periods = periods_of(pd.Timestamp("2026-02-01"), pd.Timestamp("2026-04-01"), "quarter")
    found = performance(later, came, [area], periods, Evaluation())
    assert [p.period.name for p in found] == [
        "2026-Q1-HJ-633-2012", "2026-Q1-HJ-633-2026", "2026-Q2",
    ]  # fmt: skip
    strict = [p.figure("issued", area, "1", "level_accuracy") for p in found]
    assert [s.pairs for s in strict] == [28, 31, 1]
    assert strict[1].value == pytest.approx((seen == issued)[28:59].mean())


def test_a_ranking_says_who_cannot_be_told_from_the_first(december):
    figures = {
        "a": Figure(0.8, 0.7, 0.9, 90), "b": Figure(0.6, 0.5, 0.69, 90),
        "c": Figure(0.8, np.nan, np.nan, 60), "d": Figure(0.7, 0.6, 0.75, 90),
        "e": Figure(0.99, 0.9, 1.0, 10), "g": Figure(0.5, 0.5, 0.5, 90),
    }  # fmt: skip
    areas = [Area("city", name, name, name, (name,)) for name in "abcdefg"]
    given = {("issued", f"city:{n}", "1–2", "level_accuracy"): f for n, f in figures.items()}
    found = ranking(replace(december, figures=given), areas, lead="1–2", fewest_pairs=30)
    assert [(e.area.name, e.place, e.like_first) for e in found] == [
        ("a", 1, True), ("c", 1, None), ("d", 3, True), ("b", 4, False),
        ("g", 5, None), ("e", None, None),
    ]  # fmt: skip


def one_file(folder, day, cities, *, simulated="no", weather="[]", leads=(1, 2), **more):
    """A small issued file; `more` are variables on (lead, place)."""
    places = [*cities, "s1"]
    shape = (len(leads), len(places))
    values = {
        "aqi_low": np.full(shape, 40.0), "aqi_high": np.full(shape, 70.0),
        "level": np.full(shape, 2, np.int8), "primary": np.full(shape, 1, np.int16),
    } | {name: np.full(shape, value) for name, value in more.items()}  # fmt: skip
    place = {n: ("place", [f"{n} {p} {day[-2:]}" for p in places]) for n in
             ("name", "province", "province_zh", "region")}  # fmt: skip
    data = xr.Dataset(
        {name: (("lead", "place"), v) for name, v in values.items()},
        {"lead": list(leads), "place": places, "issue": pd.Timestamp(day), **place,
         "kind": ("place", ["city"] * len(cities) + ["station"])},
        {"simulated": simulated, "weather": weather, "title": day},
    )  # fmt: skip
    for name in ("aqi_low", "aqi_high", "level", "primary"):
        both = np.stack([data[name].values, data[name].values + 1])
        data[f"member_{name}"] = (("member", "lead", "place"), both)
    path = folder / f"{day}.nc"
    data.assign_coords(member=["climatology", "emos"]).to_netcdf(path)
    return {pd.Timestamp(day): path}


def test_decisions_of_files_whose_cities_and_leads_come_and_go(tmp_path):
    files = one_file(tmp_path, "2015-12-01", ["A", "B"], simulated="data")
    files |= one_file(
        tmp_path, "2015-12-02", ["B", "C"], leads=(1,), guidance_level=3, guidance_aqi_low=60.0
    )
    found = read_decisions(files)
    assert found["place"].values.tolist() == ["B", "C", "A"]  # no station
    assert found["name"].values.tolist() == ["name B 02", "name C 02", "name A 01"]
    assert found.attrs["simulated"] == "data" and found.attrs["title"] == "2015-12-01"
    level = found["level"].sel(place="B")
    nan = np.nan
    expected = {
        "issued": [[2, 2], [2, nan]], "guidance": [[2, 2], [3, nan]],
        "climatology": [[2, 2], [2, nan]], "persistence": [[nan, nan], [nan, nan]],
    }  # fmt: skip
    for model, values in expected.items():
        np.testing.assert_array_equal(level.sel(model=model), values)
    guided = found.sel(model="guidance", issue="2015-12-02", lead=1, place="C")
    assert float(guided["aqi_low"]) == 60 and float(guided["aqi_high"]) == 70


def test_dressed_weather_is_called_simulated(tmp_path):
    served = (
        '[{"product": "w", "cycle": "2015-12-01", "older_days": 0, "dressed": "analyses as they '
        'are", "damage": "", "filled": ""}]'
    )
    files = one_file(tmp_path, "2015-12-01", ["A"], weather=served)
    assert read_decisions(files).attrs["simulated"] == "weather"
    files = one_file(tmp_path, "2015-12-02", ["A"])
    assert read_decisions(files).attrs["simulated"] == "no"


def test_what_cannot_be_read_is_said(tmp_path):
    files = one_file(tmp_path, "2015-12-01", [])
    with pytest.raises(InputError, match=r"2015-12-01\.nc: no city is forecast"):
        read_decisions(files)
    path = one_file(tmp_path, "2015-12-02", ["A"])[pd.Timestamp("2015-12-02")]
    with xr.open_dataset(path) as data:
        short = data.load().drop_vars("region")
    short.to_netcdf(tmp_path / "2015-12-03.nc")
    with pytest.raises(InputError, match=r"2015-12-03\.nc: not .*variable region is missing"):
        read_decisions({pd.Timestamp("2015-12-03"): tmp_path / "2015-12-03.nc"})
