"""Whether a file in the classic NetCDF format is whole.

The NetCDF library reads past the end of a cut-off classic file without an error and hands over
whatever the memory held, so the length is checked against the header. (HDF5, the NetCDF-4 format,
checks itself.)

References
----------
The NetCDF classic format specification, docs.unidata.ucar.edu/netcdf-c (versions 1, 2 and 5).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import BinaryIO

from forecast.errors import InputError

_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 4, 6: 8, 7: 1, 8: 2, 9: 4, 10: 8, 11: 8}
"""Bytes of a value by ``nc_type``."""
_MOST = 1 << 20
"""More dimensions, attributes or variables than this are no file's."""


def check_whole(path: Path) -> None:
    """Refuse a classic NetCDF file that is shorter than its header says; pass over other formats.

    Raises
    ------
    InputError
        The file is cut off, or its header cannot be followed.
    """
    with path.open("rb") as file:
        magic = file.read(4)
        if magic[:3] != b"CDF" or magic[3:] not in (b"\x01", b"\x02", b"\x05"):
            return
        try:
            expected = _length(_Header(file, magic[3]))
        except (struct.error, ValueError, KeyError, IndexError):
            raise InputError(f"{path}: the header of the NetCDF file is damaged") from None
    found = path.stat().st_size
    if found < expected:
        raise InputError(
            f"{path}: the NetCDF file is cut off: {found} bytes, its header tells of {expected}"
        )


@dataclass
class _Header:
    """Reads the numbers and names of a header in turn."""

    file: BinaryIO
    version: int

    def integer(self, wide: bool) -> int:
        form, size = (">q", 8) if wide else (">i", 4)
        return struct.unpack(form, self.file.read(size))[0]

    def count(self) -> int:
        found = self.integer(self.version == 5)
        if found < 0:
            raise ValueError
        return found

    def many(self) -> range:
        """One for each entry of a list, after its tag."""
        self.integer(False)
        found = self.count()
        if found > _MOST:
            raise ValueError
        return range(found)

    def skip(self, size: int) -> None:
        self.file.seek(_padded(size), 1)

    def skip_attributes(self) -> None:
        for _ in self.many():
            self.skip(self.count())
            size = _BYTES[self.integer(False)]
            self.skip(size * self.count())


def _padded(size: int) -> int:
    return -(-size // 4) * 4


def _length(header: _Header) -> int:
    """Bytes the file must hold for all values its header tells of."""
    records = header.integer(header.version == 5)
    lengths = []
    for _ in header.many():
        header.skip(header.count())
        lengths.append(header.count())
    header.skip_attributes()
    fixed, recorded = [0], []
    for _ in header.many():
        header.skip(header.count())
        dims = [lengths[header.count()] for _ in range(header.count())]
        header.skip_attributes()
        size = _BYTES[header.integer(False)]
        header.count()
        begin = header.integer(header.version != 1)
        if dims and dims[0] == 0:
            recorded.append((begin, size * prod(dims[1:])))
        else:
            fixed.append(begin + size * prod(dims))
    if recorded and records > 0:  # -1: still being written, the length is not known
        # a single record variable is not padded
        step = recorded[0][1] if len(recorded) == 1 else sum(_padded(s) for _, s in recorded)
        fixed += [begin + (records - 1) * step + size for begin, size in recorded]
    return max(fixed)
