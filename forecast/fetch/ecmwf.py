"""ECMWF open data: IFS ensemble and deterministic, AIFS.

Addresses come from ECMWF's own client ``ecmwf-opendata``, which knows the streams of each cycle.
The index beside a file has one JSON object a message, with ``_offset`` and ``_length``.
The data are licensed CC BY 4.0: whoever uses them names ECMWF.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from forecast.errors import InputError, MissingExtraError
from forecast.fetch.index import Entry, judged
from forecast.fetch.request import FetchRequest, RemoteFile
from forecast.weather.fields import LEVELS_HPA

_SURFACE = {
    "u10": ("10u",),
    "v10": ("10v",),
    "t2m": ("2t",),
    "d2m": ("2d",),
    "sp": ("sp",),
    "msl": ("msl",),
    "blh": ("blh",),
    "tcc": ("tcc",),
    "tp": ("tp",),
    "ssrd": ("ssrd",),
}
_ALOFT = {
    "t": ("t",),
    "u": ("u",),
    "v": ("v",),
    "r": ("r",),
    "q": ("q",),
    "gh": ("gh", "z"),
    "w": ("w",),
}
NAMES: dict[str, tuple[tuple[str, ...], str | None]] = {
    **{name: (params, None) for name, params in _SURFACE.items()},
    **{
        f"{name}{level}": (params, str(level))
        for level in LEVELS_HPA
        for name, params in _ALOFT.items()
    },
}
"""Field to the parameters of the index it may go by, and its level (None at the surface)."""

CONTROL_IN_OPER = datetime(2026, 5, 12)
"""From IFS cycle 50r1 on, the control forecast is the stream ``oper``, no more in ``enfo``."""


def ifs_ens_files(request: FetchRequest, base: str) -> list[RemoteFile]:
    """Files of the IFS ensemble: all members of a step in one, the control since 50r1 apart."""
    members = request.members or ()
    apart = request.cycle >= CONTROL_IN_OPER
    within = tuple(m for m in members if m or not apart)
    files = []
    for step in request.steps:
        name = f"ifs-ens.{request.stamp}"
        if apart and 0 in members:
            url = _url(base, request, "ifs", "oper", ["fc"], step)
            files.append(_file(url, f"{name}.m00.f{step:03d}.grib2", step, request))
        if within:
            url = _url(base, request, "ifs", "enfo", ["cf", "pf"], step)
            files.append(_file(url, f"{name}.f{step:03d}.grib2", step, request, within))
    return files


def ifs_hres_files(request: FetchRequest, base: str) -> list[RemoteFile]:
    """Files of the deterministic IFS forecast, one a step."""
    return _deterministic(request, base, "ifs")


def aifs_files(request: FetchRequest, base: str) -> list[RemoteFile]:
    """Files of the deterministic AIFS forecast, one a step."""
    return _deterministic(request, base, "aifs-single")


def _deterministic(request: FetchRequest, base: str, model: str) -> list[RemoteFile]:
    return [
        _file(
            _url(base, request, model, "oper", ["fc"], step),
            f"{request.product}.{request.stamp}.f{step:03d}.grib2",
            step,
            request,
        )
        for step in request.steps
    ]


def _file(
    url: str, name: str, step: int, request: FetchRequest, members: tuple[int, ...] | None = None
) -> RemoteFile:
    index_url = f"{url.removesuffix('.grib2')}.index"
    return RemoteFile(url, index_url, name, step, request.fields, members)


def _url(
    base: str, request: FetchRequest, model: str, stream: str, types: list[str], step: int
) -> str:
    """Address of a file, worked out by ECMWF's client; nothing is sent."""
    try:
        from ecmwf.opendata import Client
    except ImportError:
        raise MissingExtraError("fetching ECMWF open data", "fetch") from None

    class Addresses(Client):
        """The client up to the addresses: bytes are fetched here with checks it does not make."""

        def _download(self, result: Any) -> Any:
            return result

    client = Addresses(source=base, model=model, maximum_retries=1, retry_after=1)
    result = client.download(
        date=f"{request.cycle:%Y%m%d}",
        time=request.cycle.hour,
        stream=stream,
        type=types,
        step=step,
        target="",
    )
    return str(result.urls[0])


def read_index(text: str, remote: RemoteFile, request: FetchRequest) -> list[Entry]:
    """Messages of the wanted fields and members an index lists, in the order of the file.

    Raises
    ------
    InputError
        A line is no JSON object with what is needed, of another cycle or step, lists a field twice,
        or its offsets cannot be true.
    """
    fields = {
        (param, level): (field, rank)
        for field in remote.fields
        for params, level in [NAMES[field]]
        for rank, param in enumerate(params)
    }
    lines = [_line(t, i, remote, request) for i, t in enumerate(text.splitlines(), 1) if t.strip()]
    best: dict[tuple[str, int | None], tuple[int, int]] = {}
    for i, line in enumerate(lines):
        member = _member(line, remote)
        level = None if line.get("levtype") == "sfc" else str(line.get("levelist"))
        if member is _NOT_WANTED or line.get("levtype") not in ("sfc", "pl"):
            continue
        field, rank = fields.get((str(line.get("param")), level), (None, 0))
        if field is None:
            continue
        known = best.get((field, member))
        if known is not None and known[0] == rank:
            who = "" if member is None else f" of member {member}"
            raise InputError(f"{remote.index_url}: the index lists {field}{who} twice")
        if known is None or rank < known[0]:
            best[field, member] = rank, i
    chosen = {i: key for key, (_, i) in best.items()}
    entries = [
        Entry(line["_offset"], line["_offset"] + line["_length"], *chosen.get(i, (None, None)))
        for i, line in enumerate(lines)
    ]
    return [e for e in judged(entries, remote.index_url) if e.field is not None]


_NOT_WANTED = -1


def _member(line: dict[str, Any], remote: RemoteFile) -> int | None:
    """Member of a message; None in a file of one forecast; `_NOT_WANTED` if not asked for."""
    kind = line.get("type")
    if remote.members is None:
        return None if kind == "fc" else _NOT_WANTED
    number = str(line.get("number", "")) if kind == "pf" else "0" if kind == "cf" else ""
    member = int(number) if number.isascii() and number.isdigit() else _NOT_WANTED
    return member if member in remote.members else _NOT_WANTED


def _line(text: str, number: int, remote: RemoteFile, request: FetchRequest) -> dict[str, Any]:
    where = f"{remote.index_url}: line {number} of the index"
    try:
        line = json.loads(text)
    except (ValueError, RecursionError):
        line = None
    if not isinstance(line, dict) or any(
        type(line.get(key)) is not int or abs(line[key]) > 2**62 for key in ("_offset", "_length")
    ):
        raise InputError(
            f"{where} is {text[:60]!r}; expected a JSON object with the numbers _offset and _length"
        )
    found = f"{line.get('date')}{str(line.get('time'))[:2]} step {line.get('step')}"
    expected = f"{request.stamp} step {remote.step}"
    if found != expected:
        raise InputError(f"{where} is of {found}; expected {expected}")
    return line
