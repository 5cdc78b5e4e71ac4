"""Reader of the hourly wide files of the Chinese national network (CNEMC).

Layout: ``date,hour,type,1001A,1002A,…``, one file a day (``china_sites_20150101.csv``), one row an
hour and type, UTF-8, missing cells empty. `date` is ``20150101``, `hour` 0…23 of the network's
clock. Types: AQI, PM2.5, PM10, SO2, NO2, O3, CO, the 24 h running means of the six, O3_8h and
O3_8h_24h. Read are the six hourly concentrations; index and running means are computed anew.
Units are the network's: CO in mg/m³, the rest in µg/m³.

Hour convention: official hour labels are **hour-ending** (the value labelled X is the mean of the
hour before X) and these files are read so: label 0 of a date is 23:00–24:00 of the day before.
``hour_label="beginning"`` reads label 0 as 00:00–01:00.
"""

from __future__ import annotations

import codecs
import io
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from forecast.archives import gunzipped
from forecast.errors import InputError
from forecast.observations.limits import HIGHEST, possible
from forecast.observations.rows import YEARS
from forecast.observations.source import Reading, Source
from forecast.pollutants import LABELS, POLLUTANTS, UNITS

HEADER = ["date", "hour", "type"]
READ = {LABELS[name]: i for i, name in enumerate(POLLUTANTS)}
KNOWN = {
    *("AQI", "O3_8h", "O3_8h_24h"),
    *(label + span for label in READ for span in ("", "_24h")),
}
LONGEST = pd.Timedelta(days=366)
"""The network writes a file a day, some archives join them; a stray date would fill the memory."""
CO_TYPICAL = 50
"""mg/m³, above any file's median: ambient CO is 0.1 to 10 mg/m³, that is 100 to 10,000 µg/m³."""


class _Row(NamedTuple):
    """One line: its number, ``date hour``, index of the pollutant, and the stations' cells."""

    line: int
    clock: bytes
    kind: int
    cells: bytes


class Cnemc(Source):
    """CNEMC hourly wide files, all stations of a day a file."""

    format: Literal["cnemc"] = "cnemc"
    hour_label: Literal["ending", "beginning"] = "ending"

    def read(self, path: Path, utc_offset: float) -> Reading:
        """Read one file.

        Values below zero, 9999 and above, and CO above 150 mg/m³ are left out and counted.

        Raises
        ------
        InputError
            The file is empty or not UTF-8, has another header, a line with a field too few or too
            many, an unknown type, an impossible hour, an hour and type twice, text in a number, or
            CO in µg/m³.
        """
        lines = _lines(path)
        stations = _stations(path, lines[0])
        rows = _rows(path, lines, len(stations) + len(HEADER))
        start = _start(path, rows, utc_offset + (self.hour_label == "ending"))
        if start.max() - start.min() > LONGEST:
            raise InputError(
                f"{path}: the hours span {start.min()} to {start.max()} UTC; is a date wrong?"
            )
        hours = pd.date_range(start.min(), start.max(), freq="h")
        column, kind = hours.get_indexer(start), np.array([row.kind for row in rows])
        twice = pd.Series(column * len(POLLUTANTS) + kind).duplicated().to_numpy()
        if twice.any():
            row = rows[int(twice.argmax())]
            label = list(READ)[row.kind]
            raise InputError(f"{path}, line {row.line}: {label} of an hour that stands twice")
        grid = np.full((len(POLLUTANTS), len(stations), len(hours)), np.nan, np.float32)
        grid[kind, :, column] = _numbers(path, rows, stations)
        rejected = _reject(path, grid)
        fields = {
            name: (("station", "time"), grid[i], {"units": UNITS[name]})
            for i, name in enumerate(POLLUTANTS)
        }
        coords = {"station": np.array(stations, dtype=object), "time": hours}
        return Reading(xr.Dataset(fields, coords), rejected=rejected)


def _rows(path: Path, lines: list[bytes], fields: int) -> list[_Row]:
    """Rows of the six; the others are looked at only as far as their type."""
    rows = []
    for number, line in enumerate(lines[1:], start=2):
        if not line:
            continue
        found = line.count(b",") + 1
        if found != fields:
            raise InputError(f"{path}, line {number}: {found} fields; the header has {fields}")
        date, hour, label, cells = line.split(b",", 3)
        name = label.strip(b' "').decode()
        if name not in KNOWN:
            raise InputError(f"{path}, line {number}: {name!r} is not a type of a CNEMC file")
        if name in READ:
            rows.append(_Row(number, date + b" " + hour, READ[name], cells))
    if not rows:
        raise InputError(f"{path}: no row of {', '.join(READ)}")
    return rows


def _lines(path: Path) -> list[bytes]:
    try:
        raw = path.read_bytes()
        raw = gunzipped(path, raw) if path.suffix == ".gz" else raw
        raw.decode("utf-8")
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error}") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not text in UTF-8: {error}") from None
    if not raw.strip():
        raise InputError(f"{path}: the file is empty")
    return raw.removeprefix(codecs.BOM_UTF8).replace(b"\r\n", b"\n").split(b"\n")


def _stations(path: Path, header: bytes) -> tuple[str, ...]:
    names = [name.strip(' "') for name in header.decode().split(",")]
    if names[:3] != HEADER or len(names) == 3:
        raise InputError(
            f"{path}: the header begins {','.join(names[:4])!r}; expected date,hour,type and then "
            "stations"
        )
    stations = names[3:]
    if "" in stations:
        column = stations.index("") + 4
        raise InputError(f"{path}: column {column} of the header has no station")
    if len(set(stations)) < len(stations):
        twice = next(s for i, s in enumerate(stations) if s in stations[:i])
        raise InputError(f"{path}: station {twice} has two columns")
    return tuple(stations)


def _start(path: Path, rows: list[_Row], shift: float) -> pd.DatetimeIndex:
    """UTC start of each row's hour."""
    text, at = np.unique(np.array([row.clock for row in rows]), return_inverse=True)
    parts = pd.Series(np.char.decode(text, "utf-8")).str.extract(r'^"?(\d{8})"? "?(\d{1,2})"?$')
    day = pd.to_datetime(parts[0], format="%Y%m%d", errors="coerce")
    hour = pd.to_numeric(parts[1], errors="coerce")
    wrong = (~day.dt.year.between(*YEARS) | ~(hour <= 23)).to_numpy()
    if wrong.any():
        row = rows[int(wrong[at].argmax())]
        raise InputError(
            f"{path}, line {row.line}: {row.clock.decode()!r} is not a date (20150101) and an hour "
            "(0…23)"
        )
    start = day + pd.to_timedelta(hour - shift, unit="h")
    return pd.DatetimeIndex(start.to_numpy("M8[ns]")[at])


def _numbers(path: Path, rows: list[_Row], stations: tuple[str, ...]) -> np.ndarray:
    """Parse (row, station); as one long column, which the parser takes far faster than 1,498."""
    text = b"\n".join([row.cells for row in rows]).replace(b",", b"\n") + b"\n"
    with suppress(ValueError, pd.errors.ParserError):  # what is wrong is found again below
        column = pd.read_csv(
            io.BytesIO(text),
            header=None,
            dtype=np.float64,
            skip_blank_lines=False,
            keep_default_na=False,
            na_values=[""],
        )[0].to_numpy()
        if len(column) == len(rows) * len(stations) and not np.isinf(column).any():
            return column.reshape(len(rows), len(stations))
    return np.stack([_cells(path, row, stations) for row in rows])


def _cells(path: Path, row: _Row, stations: tuple[str, ...]) -> np.ndarray:
    """Parse one row cell by cell, naming the first that is wrong."""
    cells = pd.Series(row.cells.decode().split(",")).str.strip(' "\t')
    values = pd.to_numeric(cells, errors="coerce").to_numpy(np.float64)
    wrong = ~np.isfinite(values) & (cells != "").to_numpy()
    if wrong.any():
        station = int(wrong.argmax())
        raise InputError(
            f"{path}, line {row.line}: station {stations[station]} is {cells[station]!r}; expected "
            "a number or nothing"
        )
    return values


def _reject(path: Path, grid: np.ndarray) -> Counter[str]:
    """Set what is no concentration to NaN, in place, and count it."""
    co = grid[POLLUTANTS.index("co")]
    known = co[np.isfinite(co)]
    if known.size and np.median(known) > CO_TYPICAL:
        raise InputError(
            f"{path}: the median of CO is {np.median(known):g}; expected mg/m³, is it µg/m³?"
        )
    rejected: Counter[str] = Counter()
    for values, name in zip(grid, POLLUTANTS, strict=True):
        # one look at the extremes spares the copy where, as nearly always, nothing is wrong
        low, high = np.nanmin(values, initial=0), np.nanmax(values, initial=0)
        if low < 0 or high >= HIGHEST[name]:
            values[:] = possible(values, name, rejected, HIGHEST[name])
    return rejected
