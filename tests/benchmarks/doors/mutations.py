"""How a valid file is spoilt: in its bytes, its text, its structure, its archive or its arrays.

A mutation is four numbers, so that a failure is told and repeated by them; what they do to a file
follows from its kind.
"""

from __future__ import annotations

import json
import re
import zipfile
import zlib
from collections.abc import Callable, Sequence
from io import BytesIO
from typing import Any, NamedTuple

from hypothesis import strategies as st

from doors.arrays import spoil_arrays

HOSTILE = (
    *("", " ", "NaN", "inf", "-inf", "1e999", "-1e308", "1e-400", "9" * 400, "0", "-1", "0.5"),
    *(
        "1e24",
        "2147483648",
        "-9223372036854775809",
        "1_000",
        "0x10",
        "١٢",
        "１２",
        "+5",
        "5.",
        "1,5",
    ),
    *("2015-13-45", "9999-12-31", "0001-01-01", "1677-01-01", "2262-04-12", "2015-02-29", "24:00"),
    *("1970-01-01T00:00:00Z", "2015-01-01T00:00:00+99:00", "20150101", "NaT", "null", "None"),
    *("true", "[]", "{}", "[[[[]]]]", "=1+1", "@x", "\t", "\x00", "\r", "\u2028", "\ufeff", "é"),
    *("中文", "\U0001f32b", "a" * 10_000, '"', "'", "../../etc/passwd", "%s%n", "{0}", "<script>"),
    *("*a", "&a", "!!python/object:os.system", "- - -", "a: b: c", "µg/m³", "hours since 0000"),
)
ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 10**400, 1e308, -0.0, float("nan"), float("inf"), 2**63, 2**31),
    *([], {}, [[]], [None], {"a": None}, [[1, 2], [3]], "x", ""),
)
"""Values that JSON can hold, or what reads it lets pass."""


class Mutation(NamedTuple):
    """What is done, where (a share of the file), how far, and with which hostile value."""

    kind: int
    where: float
    size: int
    value: int


mutations = st.lists(
    st.builds(
        Mutation,
        st.integers(0, 11),
        st.floats(0, 1, exclude_max=True, allow_nan=False, width=32),
        st.integers(1, 64),
        st.integers(0, 10_000),
    ),
    min_size=1,
    max_size=3,
)
"""One to three mutations."""


def spoilt(data: bytes, kind: str, steps: Sequence[Mutation]) -> bytes:
    """A file after some mutations.

    Parameters
    ----------
    data : bytes
        Of a valid file.
    kind : {"text", "tree", "zip", "netcdf", "binary"}
        What it is: lines of fields, JSON, an archive of XML, NetCDF, or anything else.
    steps : sequence of Mutation
    """
    for step in steps:
        if step.kind >= 4:
            try:
                data = STRUCTURED[kind](data, step)
                continue
            except (ValueError, LookupError, RuntimeError, OSError, TypeError, KeyError):
                pass  # spoilt so far that its structure is gone: bytes are what is left
            except (zipfile.BadZipFile, zlib.error, RecursionError, AttributeError):
                pass
            except (NotImplementedError, EOFError):
                pass
        data = _bytes(data, step)
    return data


def _bytes(data: bytes, step: Mutation) -> bytes:
    """Flip, cut, repeat or overwrite bytes."""
    at = int(step.where * len(data))
    end = min(at + step.size, len(data))
    choice = step.kind % 4
    if choice == 0 and data:
        return data[:at] + bytes([data[at] ^ (1 << step.value % 8)]) + data[at + 1 :]
    if choice == 1:
        return data[:at] if step.value % 2 else data[:at] + data[end:]
    if choice == 2:
        return data[:end] + data[at:end] * (1 + step.value % 3) + data[end:]
    fill = (b"\x00", b"\xff", b"\x7f", b"\x80")[step.value % 4]
    return data[:at] + fill * (end - at) + data[end:]


def _hostile(step: Mutation) -> str:
    return HOSTILE[step.value % len(HOSTILE)]


def _text(data: bytes, step: Mutation) -> bytes:
    """Drop, repeat, move or shorten a line, or replace a field by something hostile."""
    lines = data.split(b"\n")
    row = int(step.where * len(lines))
    choice = step.kind % 8
    if choice == 0:
        del lines[row]
    elif choice == 1:
        lines[row:row] = [lines[row]] * (1 + step.size)
    elif choice == 2:
        lines.insert(step.size % len(lines), lines.pop(row))
    else:
        fields = re.split(rb"([,;|:\t ]+)", lines[row])
        place = 2 * (step.size % ((len(fields) + 1) // 2))
        if choice == 3:
            del fields[place : place + 2]
        else:
            fields[place] = _hostile(step).encode("utf-8", "surrogatepass")
        lines[row] = b"".join(fields)
    return b"\n".join(lines)


def _tree(data: bytes, step: Mutation) -> bytes:
    """Replace, drop, repeat or rename a node of JSON."""
    root = json.loads(data)
    nodes = list(_nodes(root))
    holder, key = nodes[int(step.where * len(nodes))]
    choice = step.kind % 8
    if choice == 0:
        del holder[key]
    elif choice == 1 and isinstance(holder, list):
        holder[key:key] = [holder[key]] * step.size
    elif choice == 2 and isinstance(holder, dict):
        holder[_hostile(step)] = holder.pop(key)
    elif choice == 3:
        holder[key] = _hostile(step)
    elif choice == 4:
        holder[key] = [holder[key]]
    else:
        holder[key] = ODD[step.value % len(ODD)]
    return json.dumps(root, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _nodes(root: Any) -> list[tuple[Any, Any]]:
    keys = root.keys() if isinstance(root, dict) else range(len(root))
    found = []
    for key in keys:
        found.append((root, key))
        if isinstance(root[key], dict | list):
            found += _nodes(root[key])
    return found


def _zip(data: bytes, step: Mutation) -> bytes:
    """Spoil one entry of an archive: its text between tags, its bytes, or that it is there."""
    with zipfile.ZipFile(BytesIO(data)) as archive:
        entries = [(e.filename, archive.read(e)) for e in archive.infolist()]
    at = step.size % len(entries)
    name, content = entries[at]
    choice = step.kind % 8
    if choice == 0:
        del entries[at]
    elif choice == 1:
        entries[at] = (f"../{name}", content)
    elif choice == 2:
        entries[at] = (name, _bytes(content, step))
    else:
        spans = [m.span(1) for m in re.finditer(rb'(?:>|=")([^<>"]*)(?:<|")', content)]
        begin, end = spans[int(step.where * len(spans))]
        hostile = _hostile(step).encode("utf-8", "surrogatepass")
        entries[at] = (name, content[:begin] + hostile + content[end:])
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return out.getvalue()


def _netcdf(data: bytes, step: Mutation) -> bytes:
    return spoil_arrays(data, step.kind % 8, step.where, step.size, _hostile(step))


STRUCTURED: dict[str, Callable[[bytes, Mutation], bytes]] = {
    "text": _text,
    "tree": _tree,
    "zip": _zip,
    "netcdf": _netcdf,
    "binary": _bytes,
}
