"""Doors of a trained ensemble: each of its files changed, with the digest the manifest then needs.

Without that digest any change is refused before the file is read. Here it fits, so that the reader
of the file itself meets what is wrong; and whatever it lets pass is asked for a forecast, which may
fail but must not take the process down.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import xarray as xr

from doors.door import Door
from ensembles import (
    LEVELS,
    Boosting,
    Calibration,
    Climatology,
    Combination,
    Persistence,
)
from forecast.modelstore import load_ensemble
from forecast.pollutants import POLLUTANTS

DIMS = ("issue", "lead", "place")
DAY, POLLUTANT = "2015-01-01", "pm25"
PREDICTORS = ["signal", "latest"]


def small_cases() -> tuple[xr.Dataset, xr.DataArray]:
    rng = np.random.default_rng(1)
    days = np.datetime64("2014-01-01", "ns") + np.arange(80).astype("timedelta64[D]")
    cases = xr.Dataset(coords={"issue": days, "lead": [1, 2], "place": ["a", "b"]})
    cases["signal"] = (DIMS, rng.random((80, 2, 2), dtype=np.float32))
    cases["latest"] = (("issue", "place"), rng.uniform(10, 90, (80, 2)).astype(np.float32))
    target = 20 + 60 * cases["signal"] + xr.DataArray(rng.random((80, 2, 2)), dims=DIMS)
    return cases, target.transpose(*DIMS)


def save_small(folder: Path) -> xr.Dataset:
    """Save a small ensemble of one pollutant; return the cases it was fitted on."""
    cases, target = small_cases()
    members = {
        "climatology": Climatology(),
        "persistence": Persistence("latest"),
        "boosting": Boosting(PREDICTORS, trees=10, min_leaf=10, folds=2),
    }
    for name, member in members.items():
        member.fit(cases, target).save(folder / POLLUTANT / name)
    share = np.full((2, len(members)), 1 / len(members))
    weights = xr.DataArray(share, {"lead": [1, 2], "member": list(members)}, ("lead", "member"))
    seasons = ["DJF", "MAM", "JJA", "SON"]
    offset = xr.DataArray(
        np.zeros((4, 2, len(LEVELS)), np.float32),
        {"season": seasons, "lead": [1, 2], "quantile": LEVELS},
        ("season", "lead", "quantile"),
    )
    state = {
        "combination": Combination(weights).to_dict(),
        "calibration": Calibration(offset).to_dict(),
    }
    (folder / POLLUTANT / "ensemble.json").write_text(json.dumps(state), encoding="utf-8")
    manifest = {
        "known_until": DAY,
        "config": "",
        "inputs": "",
        "version": "",
        "pollutants": {p: list(members) for p in POLLUTANTS},
        "kinds": {},
        "files": {},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    sign(folder)
    return cases


def sign(folder: Path) -> None:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["files"] = {
        str(f.relative_to(folder)): hashlib.sha256(f.read_bytes()).hexdigest()
        for f in sorted(folder.rglob("*"))
        if f.is_file() and f != path
    }
    path.write_text(json.dumps(manifest), encoding="utf-8")


def _door(kind: str, ending: str) -> Door:
    """Files of an ensemble with this ending; one is called by its path, with ``__`` for ``/``."""
    home = Path(tempfile.mkdtemp(prefix="wubu-doors-"))
    whole = home / DAY
    whole.mkdir()
    cases = save_small(whole)
    names = sorted(str(f.relative_to(whole)) for f in whole.rglob(f"*{ending}") if f.is_file())

    def read(path: Path) -> None:
        name = path.name.replace("__", "/")
        folder = path.parent / DAY
        shutil.copytree(whole, folder)
        try:
            shutil.copyfile(path, folder / name)
            if name != "manifest.json":
                sign(folder)
            ensemble = load_ensemble(folder, (POLLUTANT,)).pollutants[POLLUTANT]
            for member in ensemble.members.values():
                with suppress(ArithmeticError, LookupError, ValueError, TypeError, RuntimeError):
                    member.predict(cases.isel(issue=slice(3)))
        finally:
            shutil.rmtree(folder)

    files = tuple((n.replace("/", "__"), (whole / n).read_bytes()) for n in names)
    return Door(kind, files, read, named=DAY)


MODELS: dict[str, Callable[[], Door]] = {
    "model_json": lambda: _door("tree", ".json"),
    "model_netcdf": lambda: _door("netcdf", ".nc"),
    "model_lightgbm": lambda: _door("text", ".txt"),
}
