"""Adjustments: an edited workbook back into a new revision of the issued forecast.

Every cell is checked before anything is written; the first that is wrong is named by sheet and
cell. The revision keeps what guidance said (``guidance_aqi_low`` …) beside what is issued now, and
who changed what, why, in the attribute ``adjustments``.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from forecast.aqi import level
from forecast.consultation.workbook import (
    ADJUST,
    FREE,
    HEADER_ROW,
    HEADINGS,
    KEYS,
    openpyxl_library,
)
from forecast.errors import InputError
from forecast.issued import DECISION, GUIDANCE
from forecast.pollutants import LABELS, MASK_BITS
from forecast.standard import as_date, standard_for

NONE = "无"
MOST_BYTES, MOST_UNPACKED = 20_000_000, 200_000_000
"""Size of a workbook that is opened, packed and unpacked."""
MOST_TEXT = 500
"""Signs of a reason or a name."""


@dataclass(frozen=True)
class Adjustment:
    """What one row changes.

    Attributes
    ----------
    city, day : str
        Id, and valid day as ``2015-12-06``.
    low, high, level : int
    primary : str
        Such as ``PM2.5``; ``无`` for none.
    reason, author : str
    """

    city: str
    day: str
    low: int
    high: int
    level: int
    primary: str
    reason: str
    author: str


def read_adjustments(path: Path, issued: xr.Dataset) -> list[Adjustment]:
    """Read and check the sheet of adjustments of a workbook.

    Parameters
    ----------
    path : Path
        Workbook from `write_workbook`, with cells filled in. A row is an adjustment where any of
        its free cells holds something; what it leaves empty stays as guidance says.
    issued : xarray.Dataset
        Forecast it was made of.

    Returns
    -------
    list of Adjustment

    Raises
    ------
    InputError
        The file is no workbook of this forecast, a locked cell was changed, or a value cannot be;
        sheet and cell are named.
    """
    sheet = _sheet(path)
    where = f"{path}, sheet {ADJUST}"
    issue = f"{pd.Timestamp(issued['issue'].values):%Y-%m-%d}"
    for cell, expected in (("B1", issue), ("D1", str(int(issued.attrs["revision"])))):
        if _text(sheet[cell].value) != expected:
            raise InputError(
                f"{where}, cell {cell}: {_text(sheet[cell].value)!r}; expected {expected}, the "
                f"{'issue' if cell == 'B1' else 'revision'} of the forecast to be adjusted"
            )
    for k, name in enumerate((*KEYS, *FREE), start=1):
        cell = sheet.cell(HEADER_ROW, k)
        if _text(cell.value) != HEADINGS[name]:
            raise InputError(
                f"{where}, cell {cell.coordinate}: {_text(cell.value)!r}; expected {HEADINGS[name]}"
            )
    found: list[Adjustment] = []
    seen: dict[tuple[str, str], str] = {}
    for row in sheet.iter_rows(min_row=HEADER_ROW + 1, max_col=len(KEYS) + len(FREE)):
        cells = dict(zip((*KEYS, *FREE), row, strict=True))
        if all(_text(c.value) == "" for c in row):
            continue
        key = (_text(cells["city"].value), _text(cells["day"].value))
        if key in seen:
            raise InputError(
                f"{where}, cell {row[0].coordinate}: {key[0]} of {key[1]} stands in row "
                f"{seen[key]} too"
            )
        seen[key] = str(row[0].row)
        made = _adjustment(cells, issued, where)
        if made:
            found.append(made)
    return found


def adjusted(issued: xr.Dataset, adjustments: Sequence[Adjustment]) -> xr.Dataset:
    """The forecast with the adjustments in, and what it was before beside it.

    Parameters
    ----------
    issued : xarray.Dataset
    adjustments : sequence of Adjustment
        From `read_adjustments`.

    Returns
    -------
    xarray.Dataset
        To be written as a new revision. Guidance of a forecast adjusted before stays the first.
    """
    out = issued.copy(deep=True)
    for name in DECISION:
        if GUIDANCE + name not in out:
            out[GUIDANCE + name] = issued[name].copy(deep=True)
    days = [f"{pd.Timestamp(d):%Y-%m-%d}" for d in issued["valid_day"].values]
    places = issued["place"].values.tolist()
    bits = {LABELS[p]: bit for p, bit in MASK_BITS.items()}
    for change in adjustments:
        at = {"lead": days.index(change.day), "place": places.index(change.city)}
        out["aqi_low"][at], out["aqi_high"][at] = change.low, change.high
        out["level"][at] = change.level
        out["primary"][at] = sum(bits[p] for p in change.primary.split() if p != NONE)
    before = json.loads(issued.attrs.get("adjustments", "[]"))
    told = [*before, *map(asdict, adjustments)]
    out.attrs["adjustments"] = json.dumps(told, ensure_ascii=False)
    return out


def _sheet(path: Path) -> Any:
    """The sheet of adjustments, of a file that is small enough to be opened."""
    library = openpyxl_library()
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError(f"{path}: over {MOST_BYTES // 1_000_000} MB; no workbook of this kind")
        with zipfile.ZipFile(path) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
        if size > MOST_UNPACKED:
            raise InputError(f"{path}: {size:,} bytes unpacked; no workbook of this kind")
        book = library.load_workbook(path, data_only=False)
    except InputError:
        raise
    except FileNotFoundError:
        raise InputError(f"{path}: no such workbook") from None
    except Exception as error:  # whatever a damaged archive or XML brings
        raise InputError(f"{path}: not a readable workbook (.xlsx): {error}") from None
    if ADJUST not in book.sheetnames:
        raise InputError(f"{path}: no sheet {ADJUST!r}; found {', '.join(book.sheetnames)}")
    return book[ADJUST]


def _adjustment(cells: dict[str, Any], issued: xr.Dataset, where: str) -> Adjustment | None:
    """One row, checked; None where nothing is filled in."""

    def wrong(name: str, expected: str) -> InputError:
        cell = cells[name]
        return InputError(
            f"{where}, cell {cell.coordinate}: {HEADINGS[name]} holds {_text(cell.value)!r}; "
            f"expected {expected}"
        )

    days = [f"{pd.Timestamp(d):%Y-%m-%d}" for d in issued["valid_day"].values]
    cities = issued["place"].values[issued["kind"].values == "city"].tolist()
    city, day = _text(cells["city"].value), _text(cells["day"].value)
    if city not in cities:
        raise wrong("city", "a city of the forecast")
    if day not in days:
        raise wrong("day", f"a day of {days[0]} … {days[-1]}")
    own = issued.sel(place=city).isel(lead=days.index(day))
    held = _held(own)
    for name in ("lead", "low", "high", "level", "primary"):
        if _text(cells[name].value) != held[name]:
            raise wrong(
                name, f"{held[name] or 'nothing'}, as issued: this cell is not to be changed"
            )
    if all(_text(cells[name].value) == "" for name in FREE):
        return None
    if not held["low"]:
        raise wrong("new_low", "nothing: there is no forecast to adjust")
    low = _whole(cells, "new_low", held["low"], (0, 500), wrong)
    high = _whole(cells, "new_high", held["high"], (0, 500), wrong)
    if low > high:
        raise wrong("new_high", f"at least the low end, {low}")
    ends = level(np.array([low, high], float), standard_for(as_date(day)))
    number = _whole(cells, "new_level", held["level"], (1, 6), wrong)
    if not ends[0] <= number <= ends[1]:
        raise wrong("new_level", f"a level of the range {low}–{high}: {ends[0]} … {ends[1]}")
    primary = _text(cells["new_primary"].value) or held["primary"] or NONE
    if any(p not in (*LABELS.values(), NONE) for p in primary.split()):
        raise wrong("new_primary", f"{NONE} or some of {', '.join(LABELS.values())}")
    if (primary == NONE) != (high <= 50):
        raise wrong("new_primary", f"{NONE} up to AQI 50, a pollutant above")
    for name in ("reason", "author"):
        text = _text(cells[name].value)
        if not text or len(text) > MOST_TEXT:
            raise wrong(name, f"who adjusts and why, up to {MOST_TEXT} signs")
    return Adjustment(
        city, day, low, high, number, primary,
        _text(cells["reason"].value), _text(cells["author"].value),
    )  # fmt: skip


def _held(own: xr.Dataset) -> dict[str, str]:
    """What the locked cells of a city and day hold, as text."""
    low, high = (float(own[n]) for n in ("aqi_low", "aqi_high"))
    mask = max(int(own["primary"]), 0)
    return {
        "lead": str(int(own["lead"])),
        "low": "" if np.isnan(low) else f"{low:g}",
        "high": "" if np.isnan(high) else f"{high:g}",
        "level": str(int(own["level"]) or ""),
        "primary": " ".join(LABELS[p] for p, bit in MASK_BITS.items() if mask & bit),
    }


def _whole(
    cells: dict[str, Any], name: str, otherwise: str, within: tuple[int, int], wrong: Any
) -> int:
    """Whole number of a free cell, or what guidance says."""
    text = _text(cells[name].value) or otherwise
    try:
        number = float(text)
    except ValueError:
        number = np.nan
    if not (number == np.floor(number) and within[0] <= number <= within[1]):
        raise wrong(name, f"a whole number {within[0]} … {within[1]}")
    return int(number)


def _text(value: Any) -> str:
    """A cell as text: numbers without a needless decimal, days as 2015-12-06."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, int | float):
        return f"{value:g}"
    return str(value).strip()
