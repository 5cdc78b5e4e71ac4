"""Evaluation: the scorecard against figures worked out from the files directly."""

from __future__ import annotations

import os

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from forecast.config import Evaluation
from forecast.errors import ConfigError, InputError
from forecast.evaluation import evaluate, evaluate_against, scoring, write_scorecard
from forecast.evaluation.mean_index import MEAN_INDEX
from forecast.evaluation.workers import spread
from forecast.pollutants import POLLUTANTS

DAYS = pd.date_range("2015-11-01", periods=40)
LEVELS = np.arange(5, 100, 5) / 100
PLACES, KINDS = ["s1", "s2", "c"], ["station", "station", "city"]
LEADS = np.arange(1, 4)


def observed_values():
    """Observed: PM2.5 = 50 + 10 on odd days; AQI, level and primary from simple rules."""
    days = pd.date_range(DAYS[0], periods=len(DAYS) + 5)
    aqi = np.where(np.arange(len(days)) % 4 == 0, 210.0, 80.0)
    both = np.tile(aqi, (3, 1)).astype("f4")
    data = {p: (("place", "day"), np.full((3, len(days)), 50.0, "f4")) for p in POLLUTANTS}
    data["pm25"] = (("place", "day"), np.tile(50.0 + 10 * (np.arange(len(days)) % 2), (3, 1)))
    data["aqi"] = (("place", "day"), both)
    data["level"] = (("place", "day"), np.where(both > 200, 5, 2).astype("i1"))
    data["primary"] = (("place", "day"), np.full((3, len(days)), 1, "i2"))
    return xr.Dataset(data, coords={"place": PLACES, "day": days})


def forecast_of(issue, shift):
    """Forecast whose PM2.5 is 40 + `shift` for the ensemble, its level always 2."""
    shape = (len(LEADS), len(PLACES))
    quantiles = np.full((*shape, 6, 19), 50.0, "f4")
    quantiles[:, :, 0] = 40.0 + shift + (LEVELS - 0.5) * 40
    aqi = np.full((*shape, 19), 80.0, "f4")
    base = {
        "concentration": (("lead", "place", "pollutant", "quantile"), quantiles),
        "concentration_mean": (("lead", "place", "pollutant"), quantiles.mean(-1)),
        "aqi": (("lead", "place", "quantile"), aqi),
        "aqi_low": (("lead", "place"), np.full(shape, 65.0, "f4")),
        "aqi_high": (("lead", "place"), np.full(shape, 105.0, "f4")),
        "level": (("lead", "place"), np.full(shape, 2, "i1")),
        "primary": (("lead", "place"), np.full(shape, 1 if shift else 2, "i2")),
        "heavy_probability": (("lead", "place"), np.full(shape, 0.1, "f4")),
    }
    certain = np.zeros((*shape, 6), "f4")
    certain[..., 1] = 1.0
    members = {
        f"member_{n}": (("member", *d), np.stack([v, v + (n == "concentration_mean")]))
        for n, (d, v) in base.items()
    }
    return xr.Dataset(
        {
            **base,
            **members,
            "level_probability": (("lead", "place", "level_number"), certain),
            "member_weight": (("pollutant", "lead", "member"), np.full((6, 3, 2), 0.5)),
            "scenario_aqi": (("scenario", "lead", "place"), np.full((50, *shape), 80.0, "f4")),
        },
        coords={
            "issue": issue,
            "lead": LEADS,
            "place": PLACES,
            "kind": ("place", KINDS),
            "city": ("place", ["c", "c", "c"]),
            "province": ("place", ["north", "south", "north"]),
            "region": ("place", ["", "", ""]),
            "level_number": np.arange(1, 7),
            "pollutant": list(POLLUTANTS),
            "quantile": LEVELS,
            "member": ["persistence", "climatology"],
            "valid_day": ("lead", issue + pd.to_timedelta(LEADS, "D")),
        },
    )


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("issued")
    found = {}
    for i, day in enumerate(DAYS):
        found[day] = folder / f"{day:%Y-%m-%d}.nc"
        forecast_of(day, 12.0 if i < 20 else 0.0).to_netcdf(found[day])
    return found


@pytest.fixture(scope="module")
def table(files):
    return evaluate(files, observed_values(), Evaluation(block_days=5, replicates=200))


def pick(table, **labels):
    rows = table
    for column, value in labels.items():
        rows = rows[rows[column] == value]
    assert len(rows) == 1, rows
    return rows.iloc[0]


def test_columns_and_labels(table):
    assert table.columns.tolist() == [
        *("model", "place_kind", "group", "pollutant", "threshold", "lead"),
        *("score", "value", "low", "high", "pairs"),
    ]
    assert set(table["model"]) == {"ensemble", "persistence", "climatology", MEAN_INDEX}
    decided = table[table["model"] == MEAN_INDEX]
    assert set(decided["pollutant"]) == {"aqi"}
    assert {"level_accuracy", "range_accuracy", "ts"} < set(decided["score"])
    assert not {"crps_quantiles", "brier_score", "rps"} & set(decided["score"])
    assert set(table["group"]) == {"all", "common"}
    assert set(table["pollutant"]) == {*POLLUTANTS, "aqi"}


def test_bias_and_crps_by_hand(table):
    at = {"model": "ensemble", "place_kind": "station", "group": "all", "pollutant": "pm25"}
    # lead 1 of day i is valid on day i + 1; observed 50 or 60 in turn, forecast mean 52 then 40
    observed = np.array([50.0 + 10 * ((i + 1) % 2) for i in range(40)])
    mean = np.where(np.arange(40) < 20, 52.0, 40.0)
    row = pick(table, **at, lead=1, score="bias")
    assert row["value"] == pytest.approx((mean - observed).mean(), abs=1e-4)
    assert row["pairs"] == 80  # 40 days × 2 stations
    quantiles = mean[:, None] + (LEVELS - 0.5) * 40
    error = observed[:, None] - quantiles
    pinball = np.maximum(LEVELS * error, (LEVELS - 1) * error)
    crps = pick(table, **at, lead=1, score="crps_quantiles")
    assert crps["value"] == pytest.approx(2 * pinball.mean(), rel=1e-5)
    assert crps["low"] < crps["value"] < crps["high"]


def test_each_model_is_scored_under_its_own_name(table):
    at = {"place_kind": "city", "group": "all", "pollutant": "pm25", "lead": 2, "score": "bias"}
    ensemble = pick(table, model="ensemble", **at)["value"]
    assert pick(table, model="persistence", **at)["value"] == pytest.approx(ensemble)
    # the second member's mean is one unit higher
    assert pick(table, model="climatology", **at)["value"] == pytest.approx(ensemble + 1)


def test_levels_ranges_primary_and_heavy_days(table):
    at = {"model": "ensemble", "place_kind": "city", "group": "all", "pollutant": "aqi", "lead": 1}
    # observed AQI 210 every fourth day (valid days 4, 8, … 40 of lead 1): 10 of 40
    assert pick(table, **at, score="level_accuracy")["value"] == pytest.approx(30 / 40)
    assert pick(table, **at, score="range_accuracy")["value"] == pytest.approx(30 / 40)
    assert pick(table, **at, score="under_rate")["value"] == pytest.approx(10 / 40)
    assert pick(table, **at, score="mean_width")["value"] == pytest.approx(40)
    # 65–105 spans levels 2 and 3
    assert pick(table, **at, score="mean_level_span")["value"] == pytest.approx(2)
    # primary right in the first 20 issues only
    assert pick(table, **at, score="category_accuracy")["value"] == pytest.approx(20 / 40)
    assert pick(table, **at, score="pod", threshold=200)["value"] == 0
    assert np.isnan(pick(table, **at, score="far", threshold=200)["value"])


def test_official_forms_by_hand(table):
    at = {"model": "ensemble", "place_kind": "city", "group": "all", "pollutant": "aqi", "lead": 1}
    # the AQI of the forecast is the middle of 65-105, 85; observed 80 (30 days) or 210 (10 days)
    # HJ 1130: 0.75 x 85 = 63.75 <= 80 <= 106.25 = 1.25 x 85, and 210 is not
    assert pick(table, **at, score="hj1130_range_accuracy")["value"] == pytest.approx(30 / 40)
    # the 10 days above 200 were all forecast at level 2
    assert pick(table, **at, score="hj1130_heavy_accuracy")["value"] == 0
    # half-levels by upper ends 25, 50, 75, 100, ...: 85 and 80 are both in the fourth
    assert pick(table, **at, score="half_level_accuracy")["value"] == pytest.approx(30 / 40)
    assert pick(table, **at, score="half_level_under_rate")["value"] == pytest.approx(10 / 40)
    # NMC: an error of 5 has 100 points, of 125 has 30; levels 2 and 2 100 points, 2 and 5 none
    aqi, level = (30 * 100 + 10 * 30) / 40, (30 * 100 + 10 * 0) / 40
    assert pick(table, **at, score="nmc_aqi_points")["value"] == pytest.approx(aqi)
    assert pick(table, **at, score="nmc_level_points")["value"] == pytest.approx(level)
    # the primary pollutant is right in the first 20 issues
    assert pick(table, **at, score="nmc_primary_points")["value"] == pytest.approx(20 / 40 * 100)
    whole = (aqi + level + 50) / 3
    assert pick(table, **at, score="nmc_composite")["value"] == pytest.approx(whole)


def test_probability_scores_by_hand(table):
    at = {"model": "ensemble", "place_kind": "city", "group": "all", "pollutant": "aqi", "lead": 1}
    # P(AQI > 200) is 0.1: (30 x 0.1^2 + 10 x 0.9^2) / 40
    brier = (30 * 0.01 + 10 * 0.81) / 40
    assert pick(table, **at, score="brier_score")["value"] == pytest.approx(brier)
    # all of level 2; on days of level 5 the cumulative probability is 1 too high at 2, 3 and 4
    assert pick(table, **at, score="rps")["value"] == pytest.approx(10 * 3 / 40)
    # every scenario is 80: the CRPS is the absolute error, 0 or 130
    assert pick(table, **at, score="crps_fair")["value"] == pytest.approx(10 * 130 / 40)


def test_common_days_are_those_every_lead_forecasts(table):
    at = {"model": "ensemble", "place_kind": "city", "pollutant": "pm25", "score": "bias"}
    # 40 issues, leads 1–3: valid days forecast by all three are 40 − 2
    for lead in (1, 2, 3):
        assert pick(table, **at, group="common", lead=lead)["pairs"] == 38
        assert pick(table, **at, group="all", lead=lead)["pairs"] == 40
    assert pick(table, **at, group="all", lead="all")["pairs"] == 120


def test_batches_change_nothing(files, table, monkeypatch):
    monkeypatch.setattr("forecast.evaluation.batches.BATCH", 7)
    again = evaluate(files, observed_values(), Evaluation(block_days=5, replicates=200))
    pd.testing.assert_frame_equal(again, table)


def test_groups_scored_one_by_one_give_the_same(files, monkeypatch):
    """The size of a share decides how many groups are scored in one go, and nothing else."""
    options = {"by": ["place", "province"], "scores": ["bias", "ts"]}
    settings = Evaluation(block_days=5, replicates=100)
    seen = []
    score = scoring._score

    def spied(names, **given):
        seen.append(list(names))
        return score(names, **given)

    monkeypatch.setattr(scoring, "_score", spied)
    together = evaluate(files, observed_values(), settings, **options)
    assert [len(names) for names in seen] == [1, 5]  # all pairs; three places and two provinces
    seen.clear()
    monkeypatch.setattr(scoring, "SHARE_BYTES", 1)
    alone = evaluate(files, observed_values(), settings, **options)
    assert [len(names) for names in seen] == [1] * 6
    keys = ["model", "place_kind", "group", "pollutant", "threshold", "lead", "score"]
    pd.testing.assert_frame_equal(
        *(t.sort_values(keys, key=lambda c: c.astype(str)).reset_index(drop=True)
          for t in (together, alone))
    )  # fmt: skip


def test_an_ended_worker_is_told_in_one_sentence():
    with pytest.raises(InputError, match="a worker process was ended by the system"):
        list(spread(os._exit, [1, 1], workers=2))


@pytest.mark.slow
def test_several_processes_change_nothing(files, monkeypatch):
    few = {day: files[day] for day in DAYS[:12]}
    options = {"by": ["province"], "scores": ["bias", "ts"]}
    settings = Evaluation(block_days=2, replicates=100)
    monkeypatch.setattr("forecast.evaluation.batches.BATCH", 6)
    one = evaluate(few, observed_values(), settings, **options)
    two = evaluate(few, observed_values(), settings, workers=2, **options)
    pd.testing.assert_frame_equal(one, two)


def test_groups_by_hand(files):
    groupings = ["place", "province", "region", "month", "level", "dust", "heating"]
    found = evaluate(
        files,
        observed_values(),
        Evaluation(block_days=5, replicates=100),
        by=groupings,
        scores=["bias", "level_accuracy"],
    )
    at = {"model": "ensemble", "lead": "all", "score": "bias", "pollutant": "pm25"}
    # two stations of 120 pairs each, one in each province; the city lies in the north
    for group in ("province: north", "province: south", "place: s1", "place: s2"):
        assert pick(found, **at, place_kind="station", group=group)["pairs"] == 120
    assert pick(found, **at, place_kind="city", group="province: north")["pairs"] == 120
    # no city lies in the south, no city is a station: such rows would say nothing
    kinds = found.groupby("group")["place_kind"].agg(set)
    assert kinds["province: south"] == kinds["place: s1"] == {"station"}
    assert kinds["place: c"] == {"city"} and kinds["province: north"] == {"station", "city"}
    assert not found["group"].str.startswith("region").any()  # no place names its region
    # valid days of lead 1 are 2 November to 11 December, of leads 2 and 3 one and two days later
    months = {"month: 2015-11": 29 + 28 + 27, "month: 2015-12": 11 + 12 + 13}
    # the heating season begins on 15 November: 14 days of lead 1 before it, 12 of lead 3
    seasons = {"heating: rest of the year": 13 + 12 + 11, "heating: heating season": 27 + 28 + 29}
    for group, pairs in {**months, **seasons}.items():
        assert pick(found, **at, place_kind="city", group=group)["pairs"] == pairs
    # PM10 is 50 everywhere, which is not dusty
    assert pick(found, **at, place_kind="city", group="dust: without")["pairs"] == 120
    assert pick(found, **at, place_kind="city", group="dust: with")["pairs"] == 0
    level = {**at, "score": "level_accuracy", "pollutant": "aqi", "place_kind": "city"}
    # level 2 is always forecast; level 5 observed on the valid days 4, 8, ..., 40 counted from 0
    assert pick(found, **level, group="level: 2")["value"] == 1
    assert pick(found, **level, group="level: 5")["value"] == 0
    assert pick(found, **level, group="level: 5")["pairs"] == 10 + 10 + 10


def test_comparison_with_a_member(files):
    settings = Evaluation(block_days=5, replicates=200)
    table, found = evaluate_against(
        files, observed_values(), settings, against="climatology", scores=["mae", "bias"]
    )
    at = {"place_kind": "city", "group": "all", "pollutant": "pm25", "lead": "all"}
    row = pick(found, model="ensemble", score="mae", **at)
    assert row["reference"] == "climatology"
    assert row["value"] == pick(table, model="ensemble", score="mae", **at)["value"]
    assert row["value_reference"] == pick(table, model="climatology", score="mae", **at)["value"]
    assert row["difference"] == pytest.approx(row["value"] - row["value_reference"])
    # persistence is the ensemble once more: the same difference, and no difference between them
    other = pick(found, model="persistence", score="mae", **at)
    assert other["difference"] == pytest.approx(row["difference"])
    assert set(found["verdict"]) <= {"better", "worse", "equal", "undefined"}
    with pytest.raises(ConfigError, match=r"'wrf'.*ensemble, persistence, climatology"):
        evaluate_against(files, observed_values(), settings, against="wrf", scores=["mae"])


def test_a_comparison_counts_only_pairs_that_every_model_forecast(tmp_path):
    paths = {}
    for day in DAYS[:10]:
        forecast = forecast_of(day, 0.0)
        if day == DAYS[3]:
            for name in ("member_concentration", "member_concentration_mean"):
                forecast[name][0, :, 2] = np.nan  # persistence lacks the city
        paths[day] = tmp_path / f"{day:%Y-%m-%d}.nc"
        forecast.to_netcdf(paths[day])
    settings = Evaluation(block_days=2, replicates=100)
    at = {"place_kind": "city", "group": "all", "pollutant": "pm25", "lead": 1, "score": "mae"}
    alone = evaluate(paths, observed_values(), settings, scores=["mae"])
    assert pick(alone, model="ensemble", **at)["pairs"] == 10
    assert pick(alone, model="persistence", **at)["pairs"] == 9
    table, found = evaluate_against(
        paths, observed_values(), settings, against="persistence", scores=["mae"]
    )
    assert pick(table, model="ensemble", **at)["pairs"] == 9
    assert pick(found, model="ensemble", **{**at, "group": "common"})["pairs"] == 7  # of 8 days


def test_unknown_names_are_one_sentence(files):
    with pytest.raises(ConfigError, match="--by 'county': expected one of place, city"):
        evaluate(files, observed_values(), Evaluation(), by=["county"])
    with pytest.raises(ConfigError, match="--score 'wit': expected one of "):
        evaluate(files, observed_values(), Evaluation(), scores=["wit"])


def test_versions_of_the_index_are_not_mixed(tmp_path):
    days = pd.date_range("2026-02-20", periods=15)
    paths = {}
    for day in days:
        paths[day] = tmp_path / f"{day:%Y-%m-%d}.nc"
        forecast_of(day, 0.0).to_netcdf(paths[day])
    observed = observed_values().isel(day=slice(0, 20))
    observed = observed.assign_coords(day=pd.date_range("2026-02-20", periods=20))
    found = evaluate(paths, observed, Evaluation(block_days=2, replicates=100))
    assert set(found["group"]) == {
        f"{g} {s}" for g in ("all", "common") for s in ("HJ 633-2012", "HJ 633-2026")
    }
    at = {"model": "ensemble", "place_kind": "city", "pollutant": "aqi", "lead": 1}
    old = pick(found, **at, group="all HJ 633-2012", score="level_accuracy")
    new = pick(found, **at, group="all HJ 633-2026", score="level_accuracy")
    assert (old["pairs"], new["pairs"]) == (8, 7)  # valid 21–28 February, 1–7 March


def test_nothing_to_verify_is_one_sentence(files):
    with pytest.raises(InputError, match="no issued forecast to verify"):
        evaluate({}, observed_values(), Evaluation())
    later = observed_values().assign_coords(
        day=observed_values()["day"] + np.timedelta64(3000, "D")
    )
    with pytest.raises(InputError, match="none of the issued forecasts has been observed"):
        evaluate(files, later, Evaluation())


def test_scorecard_file_reads_back(table, tmp_path):
    path = write_scorecard(table, tmp_path / "scores" / "scorecard.csv")
    back = pd.read_csv(path)
    np.testing.assert_allclose(back["value"], table["value"], rtol=1e-5)
    assert back["lead"].tolist() == [str(lead) for lead in table["lead"]]
