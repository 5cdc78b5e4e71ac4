"""The demonstration from the command line; a file of its own, as it takes longest."""

from __future__ import annotations

import subprocess
import sys

import pandas as pd
import pytest


@pytest.mark.slow
def test_demo_from_an_empty_folder(tmp_path):
    """The README's first command, in a process of its own."""
    command = [sys.executable, "-m", "forecast.cli", "demo"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    assert "SIMULATED data. Daily PM2.5 at stations" in done.stdout
    for name in ("issued/2016-02-12.nc", "products/2016-02-12/bulletin.zh.txt"):
        assert f"demo/{name}" in done.stdout
        assert (tmp_path / "demo" / name).is_file()
    table = pd.read_csv(next((tmp_path / "demo/backtests").glob("*/scores/scorecard.csv")))
    crps = table[
        (table["score"] == "crps_quantiles")
        & (table["group"] == "common")
        & (table["pollutant"] == "pm25")
        & (table["place_kind"] == "station")
    ].pivot_table(index="lead", columns="model", values="value")
    assert len(crps) == 10
    assert (crps["ensemble"] < crps["persistence"]).all()
    assert (crps["ensemble"] < crps["climatology"]).all()
