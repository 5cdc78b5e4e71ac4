"""Kill an ingest at many moments: the store always opens and holds the old or the new month."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from forecast.config import load_config
from forecast.ingest import ingest
from forecast.workspace import Workspace

AGAIN = """
import sys, pathlib
from forecast.config import load_config
from forecast.ingest import ingest
from forecast.workspace import Workspace
config = load_config(sys.argv[1])
space = Workspace(config.workspace_folder)
print("ready", flush=True)
ingest(config, space)
print("done", flush=True)
"""


@pytest.mark.slow
def test_a_kill_leaves_each_month_old_or_new(small_world, tmp_path):
    shutil.copytree(small_world.folder / "data", tmp_path / "data")
    shutil.copy(small_world.config_file, tmp_path / "small.yaml")
    config = load_config(tmp_path / "small.yaml")
    workspace = Workspace(config.workspace_folder)
    ingest(config, workspace)
    old = workspace.observations("prsa").read()["pm25"].load()
    for path in (tmp_path / "data" / "observations").glob("PRSA_*.csv"):
        lines = path.read_text(encoding="utf-8").splitlines()
        changed = [lines[0]]
        for line in lines[1:]:
            fields = line.split(",")
            fields[5] = "7" if fields[5] != "NA" else "NA"
            changed.append(",".join(fields))
        path.write_text("\n".join(changed) + "\n", encoding="utf-8")
    rng = np.random.default_rng(1)
    seen = set()
    for _ in range(12):
        command = [sys.executable, "-c", AGAIN, str(tmp_path / "small.yaml")]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as running:
            assert running.stdout is not None
            running.stdout.readline()
            time.sleep(rng.uniform(0.0, 1.2))
            running.send_signal(signal.SIGKILL)
        for path in workspace.observations("prsa").files():
            seen.add(path.stem)
        stored = workspace.observations("prsa").read()["pm25"]
        assert stored.shape == old.shape
        months = stored["time"].to_index().to_period("M")
        for month in months.unique():
            rows = np.flatnonzero(months == month)
            now, was = stored.values[:, rows], old.values[:, rows]
            new = np.where(np.isfinite(was), np.float32(7), was)
            assert any(np.array_equal(now, v, equal_nan=True) for v in (was, new)), month
    assert len(seen) == 16  # March 2013 … May 2014 in UTC months, with the last of February
    ingest(config, workspace)
    final = workspace.observations("prsa").read()["pm25"].values
    assert (final[np.isfinite(final)] == 7).all()
