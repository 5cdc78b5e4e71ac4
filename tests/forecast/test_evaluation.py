"""Evaluation: the scorecard against figures worked out from the files directly."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from forecast.config import Evaluation
from forecast.errors import InputError
from forecast.evaluation import evaluate, write_scorecard
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
    members = {
        f"member_{n}": (("member", *d), np.stack([v, v + (n == "concentration_mean")]))
        for n, (d, v) in base.items()
    }
    return xr.Dataset(
        {
            **base,
            **members,
            "member_weight": (("pollutant", "lead", "member"), np.full((6, 3, 2), 0.5)),
            "scenario_aqi": (("scenario", "lead", "place"), np.full((50, *shape), 80.0, "f4")),
        },
        coords={
            "issue": issue,
            "lead": LEADS,
            "place": PLACES,
            "kind": ("place", KINDS),
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
        *("model", "place_kind", "group", "pollutant", "lead"),
        *("score", "value", "low", "high", "pairs"),
    ]
    assert set(table["model"]) == {"ensemble", "persistence", "climatology"}
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
    assert pick(table, **at, score="pod")["value"] == 0
    assert np.isnan(pick(table, **at, score="far")["value"])


def test_common_days_are_those_every_lead_forecasts(table):
    at = {"model": "ensemble", "place_kind": "city", "pollutant": "pm25", "score": "bias"}
    # 40 issues, leads 1–3: valid days forecast by all three are 40 − 2
    for lead in (1, 2, 3):
        assert pick(table, **at, group="common", lead=lead)["pairs"] == 38
        assert pick(table, **at, group="all", lead=lead)["pairs"] == 40
    assert pick(table, **at, group="all", lead="all")["pairs"] == 120


def test_batches_change_nothing(files, table, monkeypatch):
    monkeypatch.setattr("forecast.evaluation.BATCH", 7)
    again = evaluate(files, observed_values(), Evaluation(block_days=5, replicates=200))
    pd.testing.assert_frame_equal(again, table)


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
