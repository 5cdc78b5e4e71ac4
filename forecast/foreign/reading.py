"""Files of forecasts and of observations, whatever they are, as contents."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from forecast.errors import ConfigError, InputError
from forecast.foreign.content import Content, Note, union
from forecast.foreign.names import Side
from forecast.foreign.netcdf import read_netcdf
from forecast.foreign.tables import read_tables
from forecast.foreign.text import NETCDF, beginning
from forecast.issued import NAME
from forecast.training import ENSEMBLE

_DATE = re.compile(r"(?:19|20)\d{2}[-_.]?(?:0\d|1[0-2])[-_.]?[0-3]\d(?:[-_.]?[0-2]\d)?")


def read_forecasts(paths: Sequence[Path]) -> list[Content]:
    """Read forecasts, one content a model.

    Parameters
    ----------
    paths : sequence of Path
        CSV or NetCDF. A file is a model, called by its stem; files whose names differ only in a
        date are one model, and so are issued forecasts of ours, of which the last revision of a
        day counts. A column that names models parts a file.

    Returns
    -------
    list of Content
        Models in the order in which they appear.

    Raises
    ------
    ConfigError
        No file is given.
    InputError
        A file cannot be read, or a value stands in two files of a model.
    """
    if not paths:
        raise ConfigError("--forecast names no file")
    kept, dropped = _last_revisions([Path(p) for p in paths])
    stems = _model_names(kept)
    parts: dict[str, list[Content]] = {}
    for path in kept:
        for content in _read(path, "forecast"):
            model = stems[path] if content.name == path.stem else content.name
            parts.setdefault(model, []).append(replace(content, name=str(path)))
    found = [union(group, name) for name, group in parts.items()]
    if dropped:
        listed = ", ".join(p.name for p in dropped)
        note = Note(f"已被新版取代：{listed}", f"superseded by a later revision: {listed}")
        found = [replace(c, notes=(*c.notes, note)) if c.name == ENSEMBLE else c for c in found]
    return found


def read_observed(paths: Sequence[Path]) -> Content:
    """Read observations of one or several files as one content.

    Raises
    ------
    ConfigError
        No file is given.
    InputError
        A file cannot be read, or a value stands in two files.
    """
    if not paths:
        raise ConfigError("--observed names no file")
    parts = [replace(c, name=str(p)) for p in map(Path, paths) for c in _read(p, "observed")]
    name = Path(paths[0]).name if len(paths) == 1 else f"{Path(paths[0]).name} …"
    return union(parts, name)


def _read(path: Path, side: Side) -> list[Content]:
    first = beginning(path)
    found = read_netcdf(path, side) if first.startswith(NETCDF) else read_tables(path, side)
    for content in found:
        if side == "observed" and content.time != ("day",):
            raise InputError(f"{path}: is an issued forecast; expected observations")
    return found


def _last_revisions(paths: list[Path]) -> tuple[list[Path], list[Path]]:
    """Of several revisions of an issued file in one folder, the last."""
    best: dict[tuple[Path, str], tuple[int, Path]] = {}
    for path in paths:
        name = NAME.match(path.name)
        if name:
            key = (path.parent, name.group(1))
            best[key] = max(best.get(key, (0, path)), (int(name.group(2) or 1), path))
    dropped = [p for p in paths if (n := NAME.match(p.name)) and best[p.parent, n.group(1)][1] != p]
    return [p for p in paths if p not in dropped], dropped


def _model_names(paths: list[Path]) -> dict[Path, str]:
    """Name of the model of each file: its stem, without a date where that joins several."""
    bare = {p: _DATE.sub("", p.stem).strip("-_. ") for p in paths}
    shared = {(p.parent, bare[p]): 0 for p in paths}
    for p in paths:
        shared[p.parent, bare[p]] += 1
    names = {
        p: (bare[p] or p.parent.name)
        if shared[p.parent, bare[p]] > 1 and bare[p] != p.stem
        else p.stem
        for p in paths
    }
    folders: dict[str, set[Path]] = {}
    for p, name in names.items():
        folders.setdefault(name, set()).add(p.parent)
    return {p: f"{p.parent.name}/{n}" if len(folders[n]) > 1 else n for p, n in names.items()}
