"""The benchmark beside plain LightGBM: its loss by hand, and its table on a small back-test."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
import yaml
from benchmarks.bench_plain_lightgbm import LEVELS, _crps, main

from forecast.chain import backtest
from forecast.config import load_config
from forecast.workspace import Workspace


def test_loss_by_hand():
    # a sure forecast of 10 where 12 came: the mean of 2 · 2 · τ over the levels is 2
    sure = np.full((1, len(LEVELS)), 10.0)
    assert _crps(sure, np.array([12.0])) == pytest.approx(2.0)
    assert _crps(sure, np.array([10.0])) == 0
    assert np.isnan(_crps(sure, np.array([np.nan])))


@pytest.mark.slow
def test_table_of_a_small_back_test(small_world, winter_workspace, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("benchmarks.bench_plain_lightgbm.WHAT", ("aqi",))
    folder = tmp_path / "workspace"
    shutil.copytree(winter_workspace, folder)
    config_file = tmp_path / "c.yaml"
    settings = {**small_world.settings, "data": str(small_world.folder / "data")}
    config_file.write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")
    config = load_config(config_file, workspace=folder)
    backtest(config, Workspace(folder), "2014-02-11", "2014-02-14")
    main([str(config_file), "--workspace", str(folder)])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("2014-02-11_2014-02-14: CRPS at the stations")
    rows = {line.split()[0]: line.split()[1:] for line in lines[2:]}
    # 4 issues, 4 leads, 3 stations
    assert {name: row[-1] for name, row in rows.items()} == {"aqi": "48"}
