"""GFS and GEFS: addresses, names of the fields in the ``.idx`` index, and its lines.

Layout of NOMADS and of NOAA's open data on AWS, Google Cloud and Azure:
https://www.nco.ncep.noaa.gov/pmb/products/gfs/ and .../gens/. A line of the index, written by
``wgrib2 -s``, is ``number:first byte:d=YYYYMMDDHH:variable:level:forecast:…``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from forecast.errors import InputError
from forecast.fetch.index import Entry, judged
from forecast.fetch.request import FetchRequest, RemoteFile
from forecast.weather.fields import LEVELS_HPA

Kind = str


@dataclass(frozen=True)
class _Line:
    """A line of the index."""

    start: int
    cycle: str
    variable: str
    level: str
    forecast: str


_SURFACE: dict[str, tuple[str, str, tuple[Kind, ...]]] = {
    "u10": ("UGRD", "10 m above ground", ("instant",)),
    "v10": ("VGRD", "10 m above ground", ("instant",)),
    "t2m": ("TMP", "2 m above ground", ("instant",)),
    "d2m": ("DPT", "2 m above ground", ("instant",)),
    "r2": ("RH", "2 m above ground", ("instant",)),
    "q2": ("SPFH", "2 m above ground", ("instant",)),
    "sp": ("PRES", "surface", ("instant",)),
    "msl": ("PRMSL", "mean sea level", ("instant",)),
    "blh": ("HPBL", "surface", ("instant",)),
    "tcc": ("TCDC", "entire atmosphere", ("instant", "ave")),
    "tp": ("APCP", "surface", ("acc",)),
    "ssrd": ("DSWRF", "surface", ("ave",)),
}
_ALOFT = {"t": "TMP", "u": "UGRD", "v": "VGRD", "r": "RH", "q": "SPFH", "gh": "HGT", "w": "VVEL"}
NAMES: dict[str, tuple[str, str, tuple[Kind, ...]]] = {
    **_SURFACE,
    **{
        f"{name}{level}": (variable, f"{level} mb", ("instant",))
        for level in LEVELS_HPA
        for name, variable in _ALOFT.items()
    },
}
"""Field to variable, level and kind of the index: the kinds in order of preference."""

GEFS_PRIMARY = tuple(
    name
    for name in NAMES
    if name in {"u10", "v10", "t2m", "r2", "sp", "msl", "tcc", "tp", "ssrd"}
    or name.rstrip("0123456789") in {"t", "u", "v", "r", "gh"}
)
"""Fields of GEFS in the primary files, ``pgrb2a``; the others are in the secondary, ``pgrb2b``."""


def gfs_files(request: FetchRequest, base: str) -> list[RemoteFile]:
    """Files of GFS at 0.25 degrees, one a step."""
    day, hour = f"{request.cycle:%Y%m%d}", f"{request.cycle:%H}"
    files = []
    for step in request.steps:
        url = f"{base}/gfs.{day}/{hour}/atmos/gfs.t{hour}z.pgrb2.0p25.f{step:03d}"
        name = f"gfs.{request.stamp}.f{step:03d}.grib2"
        files.append(RemoteFile(url, f"{url}.idx", name, step, request.fields))
    return files


def gefs_files(request: FetchRequest, base: str) -> list[RemoteFile]:
    """Files of GEFS at 0.5 degrees: one a step and member, two where secondary fields are asked."""
    day, hour = f"{request.cycle:%Y%m%d}", f"{request.cycle:%H}"
    primary = tuple(f for f in request.fields if f in GEFS_PRIMARY)
    secondary = tuple(f for f in request.fields if f not in GEFS_PRIMARY)
    files = []
    for step in request.steps:
        for member in request.members or ():
            who = f"gep{member:02d}" if member else "gec00"
            for letter, fields in (("a", primary), ("b", secondary)):
                if not fields:
                    continue
                folder = f"{base}/gefs.{day}/{hour}/atmos/pgrb2{letter}p5"
                url = f"{folder}/{who}.t{hour}z.pgrb2{letter}.0p50.f{step:03d}"
                tail = "" if letter == "a" else ".secondary"
                name = f"gefs.{request.stamp}.m{member:02d}.f{step:03d}{tail}.grib2"
                files.append(RemoteFile(url, f"{url}.idx", name, step, fields, (member,)))
    return files


def read_index(text: str, remote: RemoteFile, request: FetchRequest) -> list[Entry]:
    """Messages of the wanted fields that an ``.idx`` index lists, in the order of the file.

    Precipitation is listed twice, since the last reset of the accumulation and since the
    reference time: the first counts, which is the shorter and keeps its precision.

    Raises
    ------
    InputError
        A line is of another form or of another cycle, or its offsets cannot be true.
    """
    lines = [_line(t, i, remote.index_url) for i, t in enumerate(text.splitlines(), 1) if t.strip()]
    for line in lines:
        if line.cycle != request.stamp:
            raise InputError(
                f"{remote.index_url}: the index is of cycle {line.cycle}; expected {request.stamp}"
            )
    wanted = _wanted(lines, remote)
    member = remote.members[0] if remote.members else None
    fields: dict[int, str | None] = {}  # by first byte: several lines may be of one message
    for i, line in enumerate(lines):
        fields[line.start] = fields.get(line.start) or wanted.get(i)
    starts = [*fields, None]  # a message ends where the next one listed begins
    entries = [
        Entry(start, stop, field, member)
        for (start, field), stop in zip(fields.items(), starts[1:], strict=True)
    ]
    return [e for e in judged(entries, remote.index_url) if e.field is not None]


def _line(text: str, number: int, where: str) -> _Line:
    parts = text.split(":")
    message = re.fullmatch(r"\d{1,6}(\.\d{1,3})?", parts[0], re.ASCII)
    if len(parts) >= 6 and message and re.fullmatch(r"-?\d{1,18}", parts[1], re.ASCII):
        cycle = parts[2].removeprefix("d=")
        return _Line(int(parts[1]), cycle, parts[3], parts[4], parts[5])
    raise InputError(
        f"{where}: line {number} of the index is {text[:60]!r}; "
        "expected number:byte:d=YYYYMMDDHH:variable:level:forecast"
    )


def _wanted(lines: Sequence[_Line], remote: RemoteFile) -> dict[int, str]:
    """Line to field, one line for each wanted field that is there."""
    listed: dict[tuple[str, str, Kind], int] = {}
    for i, line in enumerate(lines):
        level = line.level.removesuffix(" (considered as a single layer)")
        kind = _kind(line.forecast, remote.step)
        if kind is not None:
            listed.setdefault((line.variable, level, kind), i)
    found: dict[int, str] = {}
    for field in remote.fields:
        variable, level, kinds = NAMES[field]
        keys = [(variable, level, kind) for kind in kinds if (variable, level, kind) in listed]
        if keys:
            found[listed[keys[0]]] = field
    return found


def _kind(forecast: str, step: int) -> Kind | None:
    """Whether a value is of the instant of `step`, or gathered up to it; None if of neither."""
    if forecast == f"{step} hour fcst" or (step == 0 and forecast == "anl"):
        return "instant"
    found = re.fullmatch(r"\d{1,4}-(\d{1,4}) (hour|day) (acc|ave) fcst", forecast, re.ASCII)
    if found and int(found[1]) * (24 if found[2] == "day" else 1) == step:
        return found[3]
    return None
