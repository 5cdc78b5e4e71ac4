"""The chain on real measurements: twelve Beijing stations, a fortnight with two red alerts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecast.chain import backtest
from forecast.config import load_config
from forecast.evaluation import evaluate
from forecast.ingest import ingest
from forecast.issued import latest_files, read_issued
from forecast.workspace import Workspace

CONFIG = Path(__file__).parents[2] / "configs" / "beijing.yaml"
FIRST, LAST = pd.Timestamp("2015-12-01"), pd.Timestamp("2015-12-21")

pytestmark = [pytest.mark.real, pytest.mark.slow]


@pytest.fixture(scope="module")
def run(real_data, tmp_path_factory):
    """Ingest and back-test three weeks of December 2015 with a small boosting."""
    config = load_config(CONFIG, data=real_data, workspace=tmp_path_factory.mktemp("beijing"))
    boosting = config.training.boosting.model_copy(update={"trees": 60, "learning_rate": 0.15})
    training = config.training.model_copy(
        update={"boosting": boosting, "members": ["boosting"], "folds": 2}
    )
    small = config.model_copy(update={"training": training})
    workspace = Workspace(config.workspace_folder)
    ingest(small, workspace)
    return small, workspace, backtest(small, workspace, FIRST, LAST)


def test_ingested_values_are_those_of_the_files(run, real_data):
    _, workspace, _ = run
    hourly = workspace.observations("prsa").read()
    assert hourly.sizes["station"] == 12
    raw = pd.read_csv(real_data / "beijing/PRSA_Data_Dongsi_20130301-20160229.csv")
    # local 2015-12-05 10:00 is 02:00 UTC
    row = raw.query("year == 2015 and month == 12 and day == 5 and hour == 10").iloc[0]
    at = hourly.sel(station="Dongsi", time="2015-12-05T02:00")
    assert float(at["pm25"]) == row["PM2.5"]
    assert float(at["co"]) == pytest.approx(row["CO"] / 1000)
    day = raw.query("year == 2015 and month == 12 and day == 1")["PM2.5"].mean()
    daily = workspace.observed_daily().sel(place="Dongsi", day="2015-12-01")
    assert float(daily["pm25"]) == pytest.approx(day, rel=1e-6)


def test_red_alert_days_are_seen_in_the_observed_index(run):
    _, workspace, _ = run
    city = workspace.observed_daily().sel(place="Beijing")
    # the first red alert: 8–9 December 2015; the heaviest day before it: 1 December
    assert float(city["aqi"].sel(day="2015-12-01")) > 300
    assert (city["level"].sel(day=slice("2015-12-08", "2015-12-09")) >= 5).all()
    assert (city["primary"].sel(day=slice("2015-12-08", "2015-12-09")) == 1).all()


def test_skill_over_both_references(run):
    config, workspace, folder = run
    table = evaluate(latest_files(folder / "issued"), workspace.observed_daily(), config.evaluation)
    chosen = (table["group"] == "all") & (table["lead"] == "all") & (table["pollutant"] == "pm25")
    crps = table[chosen & (table["score"] == "crps_quantiles")]
    by_model = crps[crps["place_kind"] == "station"].set_index("model")["value"]
    assert by_model["ensemble"] < 0.85 * by_model["climatology"]
    assert by_model["ensemble"] < 0.85 * by_model["persistence"]
    assert crps["pairs"].min() > 200


def test_the_day_before_the_red_alert_says_heavy(run):
    _, _, folder = run
    issued = read_issued(folder / "issued" / "2015-12-06.nc").sel(place="Beijing")
    assert float(issued["heavy_probability"].sel(lead=slice(1, 3)).max()) > 0.5
    assert np.isfinite(issued["aqi_low"]).all()
