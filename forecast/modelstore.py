"""Trained ensembles on disk: NetCDF, JSON and LightGBM text, read without executing anything.

``models/<YYYY-MM-DD>/`` is named by the last issue day known in training. It is written into a
temporary folder and renamed, so it is there whole or not at all; one that was put aside for a new
one when the process was killed is put back by the next that looks. ``manifest.json`` lists every
file with its SHA-256, which is checked before a file is read.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pandas as pd

from ensembles import (
    Calibration,
    Combination,
    FittedAnalog,
    FittedBoosting,
    FittedClimatology,
    FittedEmos,
    FittedKalman,
    FittedLinearMos,
    FittedMember,
    FittedPersistence,
    FittedQuantileMapping,
    FittedRawGuidance,
)
from forecast.errors import InputError
from forecast.leftovers import is_left, mark, sweep
from forecast.pollutants import POLLUTANTS
from forecast.training import TrainedEnsemble, TrainedPollutant
from forecast.version import version

KINDS: dict[str, Any] = {
    "climatology": FittedClimatology,
    "persistence": FittedPersistence,
    "linear_mos": FittedLinearMos,
    "emos": FittedEmos,
    "analog": FittedAnalog,
    "boosting": FittedBoosting,
    "raw_guidance": FittedRawGuidance,
    "quantile_mapping": FittedQuantileMapping,
    "kalman": FittedKalman,
}
"""Fitted members by kind. A member's name is its kind, but for those named after a guidance, whose
kinds the manifest lists."""


def save_ensemble(trained: TrainedEnsemble, models: Path) -> Path:
    """Write a trained ensemble below `models`, replacing one of the same day; return its folder."""
    import lightgbm

    folder = models / f"{trained.known_until:%Y-%m-%d}"
    models.mkdir(parents=True, exist_ok=True)
    _put_back(models)
    sweep(models)
    part = Path(tempfile.mkdtemp(prefix=f".{folder.name}.{mark()}.", suffix=".part", dir=models))
    try:
        part.chmod(0o755)
        _save_into(part, trained)
        _replace_folder(part, folder)
    except (OSError, RuntimeError, lightgbm.basic.LightGBMError) as error:
        raise OSError(
            None, f"cannot be written ({error}); is the disk full?", str(folder)
        ) from None
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return folder


def _save_into(part: Path, trained: TrainedEnsemble) -> None:
    for pollutant, ensemble in trained.pollutants.items():
        for name, member in ensemble.members.items():
            member.save(part / pollutant / name)
        state = {
            "combination": ensemble.combination.to_dict(),
            "calibration": ensemble.calibration.to_dict(),
        }
        (part / pollutant / "ensemble.json").write_text(json.dumps(state), encoding="utf-8")
    manifest = {
        "known_until": f"{trained.known_until:%Y-%m-%d}",
        "config": trained.config_digest,
        "inputs": trained.inputs,
        "version": version(),
        "pollutants": {p: list(e.members) for p, e in trained.pollutants.items()},
        "kinds": _kinds(trained),
        "files": {
            str(f.relative_to(part)): _sha256(f) for f in sorted(part.rglob("*")) if f.is_file()
        },
    }
    (part / "manifest.json").write_text(json.dumps(manifest, indent=1), encoding="utf-8")


def _kinds(trained: TrainedEnsemble) -> dict[str, str]:
    """Kind of each member whose name is not that of its kind."""
    of_class = {fitted: kind for kind, fitted in KINDS.items()}
    kinds: dict[str, str] = {}
    for ensemble in trained.pollutants.values():
        kinds |= {name: of_class[type(member)] for name, member in ensemble.members.items()}
    return {name: kind for name, kind in kinds.items() if name != kind}


def load_ensemble(folder: Path, pollutants: Sequence[str] = POLLUTANTS) -> TrainedEnsemble:
    """Read a trained ensemble.

    Parameters
    ----------
    folder : Path
    pollutants : sequence of str
        Those to read; files of others are neither read nor compared with their digests.

    Raises
    ------
    InputError
        The manifest is missing or broken, or a file differs from it; the message names it.
    """
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        if manifest["known_until"] != folder.name:
            raise InputError(
                f"{folder}: trained until {manifest['known_until']}; was the folder renamed?"
            )
        _check_files(folder, manifest["files"])
        for name, digest in manifest["files"].items():
            path = (folder / name).resolve()
            if not path.is_relative_to(folder.resolve()):
                raise InputError(f"{folder}: the manifest names a file outside it: {name}")
            if Path(name).parts[0] in set(POLLUTANTS).difference(pollutants):
                continue
            if _sha256(path) != digest:
                raise InputError(f"{path}: differs from what the manifest says was saved")
        kinds = manifest.get("kinds", {})
        if list(manifest["pollutants"]) != list(POLLUTANTS):
            held = ", ".join(manifest["pollutants"])
            raise InputError(f"{folder}: holds {held}; expected all pollutants")
        read = {
            p: _load_pollutant(folder / p, {m: kinds.get(m, m) for m in members})
            for p, members in manifest["pollutants"].items()
            if p in pollutants
        }
        known_until = pd.Timestamp(manifest["known_until"])
        return TrainedEnsemble(known_until, read, manifest["config"], manifest.get("inputs", ""))
    except InputError:
        raise
    except Exception as error:  # whatever a damaged or foreign file makes of the loading
        raise InputError(f"{folder}: not a usable trained ensemble: {error}") from None


def same_ensemble(models: Path, until: pd.Timestamp, inputs: str) -> TrainedEnsemble | None:
    """Ensemble of day `until` if it was trained from the same `inputs` and is whole, else None.

    Parameters
    ----------
    models : Path
        Folder of trained ensembles.
    until : pandas.Timestamp
        Last issue day known in training.
    inputs : str
        From `forecast.fingerprint.fingerprint`.
    """
    folder = models / f"{until:%Y-%m-%d}"
    _put_back(models)
    with suppress(OSError, ValueError, KeyError, TypeError):
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        if manifest["inputs"] == inputs:
            return load_ensemble(folder)
    return None


def newest_ensemble(models: Path, issue: pd.Timestamp) -> Path:
    """Folder of the newest ensemble trained on what was known by `issue`.

    Raises
    ------
    InputError
        There is none.
    """
    found = [f for f in saved_ensembles(models) if f.name <= f"{issue:%Y-%m-%d}"]
    if not found:
        raise InputError(
            f"{models}: no ensemble trained by {issue:%Y-%m-%d}; run `wubu train` first"
        )
    return found[-1]


def config_of(folder: Path) -> str:
    """Digest of the configuration an ensemble was trained with, as its manifest says.

    Raises
    ------
    InputError
        The manifest is missing or broken.
    """
    path = folder / "manifest.json"
    try:
        return str(json.loads(path.read_text(encoding="utf-8"))["config"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: not a usable manifest of an ensemble: {error}") from None


def saved_ensembles(models: Path) -> list[Path]:
    """Folders of the saved ensembles, named by their day, the oldest first."""
    _put_back(models)
    return sorted(models.glob("[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]"))


def _check_files(folder: Path, listed: dict[str, str]) -> None:
    """Every file there must be listed: one that is not has not been checked."""
    there = {str(f.relative_to(folder)) for f in folder.rglob("*") if f.is_file()}
    unlisted = sorted(there - set(listed) - {"manifest.json"})
    if unlisted:
        raise InputError(f"{folder / unlisted[0]}: not listed in the manifest")


def _load_pollutant(folder: Path, members: dict[str, str]) -> TrainedPollutant:
    """Load one pollutant; `members` are kinds by name."""
    unknown = [m for m, kind in members.items() if kind not in KINDS]
    if unknown:
        raise InputError(f"{folder}: unknown member {unknown[0]!r}; known: {', '.join(KINDS)}")
    fitted: dict[str, FittedMember] = {m: KINDS[k].load(folder / m) for m, k in members.items()}
    state = json.loads((folder / "ensemble.json").read_text(encoding="utf-8"))
    return TrainedPollutant(
        fitted,
        Combination.from_dict(state["combination"]),
        Calibration.from_dict(state["calibration"]),
    )


def _replace_folder(part: Path, folder: Path) -> None:
    old = part.with_suffix(".old")
    if folder.exists():
        folder.rename(old)
    try:
        part.rename(folder)
    except OSError:
        if old.exists():
            old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _put_back(models: Path) -> None:
    """Give an ensemble its name again that a killed process put aside without a successor."""
    for old in models.glob(".????-??-??.*.old"):
        folder = models / old.name[1:11]
        if is_left(old.name) and not folder.exists():
            with suppress(OSError):  # a folder that cannot be written, or another was quicker
                old.rename(folder)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
