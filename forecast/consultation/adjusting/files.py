"""Files of adjustments: an edited workbook, or JSON of another system.

Every cell and field is checked before anything is written; the first that is wrong is named.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import xarray as xr

from forecast.archives import check_archive, check_xml
from forecast.consultation.adjusting.adjustments import (
    FREE,
    Adjustment,
    AdjustmentFile,
    check_row,
    days_of,
    held_values,
)
from forecast.consultation.areas import Area, areas_of
from forecast.consultation.products.workbook import (
    ADJUST,
    BELONGS,
    HEADER_ROW,
    HEADINGS,
    KEYS,
    openpyxl_library,
)
from forecast.errors import InputError

MOST_BYTES, MOST_UNPACKED = 20_000_000, 60_000_000
"""Size of a file that is opened, packed and unpacked."""
FIELDS = {n.removeprefix("new_"): n for n in FREE}
"""Fields of an adjustment in JSON, by the names they have there."""
NUMBERS = ("low", "high", "level")
"""Those of them that are numbers; the others are text."""
MOST_SHOWN = 80
"""Signs of a value that an error shows."""
SPARE_ROWS = 100
"""Rows below those of the forecast that are looked at."""
WHEN = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}Z")


def read_adjustments(path: Path, issued: xr.Dataset, areas: Sequence[Area] = ()) -> AdjustmentFile:
    """Read and check a file of adjustments.

    Parameters
    ----------
    path : Path
        ``.xlsx``: a workbook from `write_workbook` with cells filled in; a row is an adjustment
        where any of its free cells holds something. ``.json``: an object with ``issue, revision,
        level, area, made`` (UTC, as ``2015-12-05T07:30Z``) and ``adjustments``, a list of objects
        with ``city, day, reason, author`` and any of ``low, high, level, primary``. What is left
        out stays as guidance says.
    issued : xarray.Dataset
        Forecast they are of.
    areas : sequence of Area
        Of the consultation; by default those of the station table.

    Returns
    -------
    AdjustmentFile

    Raises
    ------
    InputError
        The file cannot be read, is not of this forecast or of a known area, a locked cell was
        changed, or a value cannot be; sheet and cell, or the field, are named.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file of adjustments")
    if path.stat().st_size > MOST_BYTES:
        raise InputError(f"{path}: over {MOST_BYTES // 1_000_000} MB; no file of this kind")
    known = areas or areas_of(issued)
    if path.suffix.lower() == ".json":
        return _from_json(path, issued, known)
    return _from_workbook(path, issued, known)


def _from_workbook(path: Path, issued: xr.Dataset, areas: Sequence[Area]) -> AdjustmentFile:
    book = _book(path)
    sheet = book[ADJUST]
    where = f"{path}, sheet {ADJUST}"

    def belongs(name: str) -> str:
        return _text(sheet[BELONGS[name]].value)

    def wrong_head(name: str, expected: str) -> InputError:
        return InputError(f"{where}, cell {BELONGS[name]}: {belongs(name)!r}; expected {expected}")

    _check_forecast(belongs("issue"), belongs("revision"), issued, wrong_head)
    area = _area(belongs("level"), belongs("area"), areas, wrong_head)
    for k, name in enumerate((*KEYS, *FREE), start=1):
        cell = sheet.cell(HEADER_ROW, k)
        if _text(cell.value) != HEADINGS[name]:
            raise InputError(
                f"{where}, cell {cell.coordinate}: {_text(cell.value)!r}; expected {HEADINGS[name]}"
            )
    modified = book.properties.modified
    when = f"{modified:%Y-%m-%dT%H:%M}Z" if isinstance(modified, datetime) else ""
    found: dict[str, Adjustment] = {}
    seen: dict[tuple[str, str], int] = {}
    rows = int((issued["kind"].values == "city").sum()) * issued.sizes["lead"]
    if sheet.max_row > HEADER_ROW + rows + SPARE_ROWS:
        raise InputError(
            f"{where}, cell A{sheet.max_row}: the sheet reaches so far; expected {rows} rows from "
            f"row {HEADER_ROW + 1} on"
        )
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
        seen[key] = row[0].row
        made = _of_cells(cells, issued, area, where)
        if made:
            found[f"row {row[0].row}"] = replace(made, role=area.level, when=when)
    return AdjustmentFile(path, area.level, tuple(found.values()), tuple(found))


def _of_cells(
    cells: dict[str, Any], issued: xr.Dataset, area: Area, where: str
) -> Adjustment | None:
    """One row of the sheet, checked; None where nothing is filled in."""

    def wrong(name: str, expected: str) -> InputError:
        cell = cells[name]
        return InputError(
            f"{where}, cell {cell.coordinate}: {HEADINGS[name]} holds {_shown(_text(cell.value))}; "
            f"expected {expected}"
        )

    city, day = _text(cells["city"].value), _text(cells["day"].value)
    _check_place(city, day, issued, area, wrong)
    held = held_values(issued.sel(place=city).isel(lead=days_of(issued).index(day)))
    for name in ("lead", "low", "high", "level", "primary"):
        if _text(cells[name].value) != held[name]:
            expected = f"{held[name] or 'nothing'}, as issued: this cell is not to be changed"
            raise wrong(name, expected)
    for name in FREE:
        if cells[name].data_type in ("f", "e") and name in ("reason", "author", "new_primary"):
            raise wrong(name, "plain text, no formula nor error")
    return check_row(city, day, {n: _text(cells[n].value) for n in FREE}, issued, wrong)


def _from_json(path: Path, issued: xr.Dataset, areas: Sequence[Area]) -> AdjustmentFile:
    try:
        content = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: not readable as JSON: {error}") from None
    needed = ("issue", "revision", "level", "area", "made", "adjustments")
    _check_fields(content, needed, needed, f"{path}: the file")

    def wrong_head(name: str, expected: str) -> InputError:
        return InputError(f"{path}, {name}: holds {_shown(content[name])}; expected {expected}")

    _check_forecast(_text(content["issue"]), _text(content["revision"]), issued, wrong_head)
    area = _area(_text(content["level"]), _text(content["area"]), areas, wrong_head)
    when = _text(content["made"])
    if not WHEN.fullmatch(when):
        raise wrong_head("made", "a time in UTC such as 2015-12-05T07:30Z")
    if not isinstance(content["adjustments"], list):
        raise wrong_head("adjustments", "a list")
    found: dict[str, Adjustment] = {}
    seen: dict[tuple[str, str], str] = {}
    for k, one in enumerate(content["adjustments"]):
        place = f"adjustments[{k}]"
        fields = ("city", "day", *FIELDS)
        _check_fields(one, ("city", "day", "reason", "author"), fields, f"{path}, {place}")
        texts = {name: _text(one.get(name)) for name in fields}
        for name in fields:
            kind = int if name in NUMBERS else str
            value = one.get(name)
            if value is not None and (isinstance(value, bool) or not isinstance(value, kind)):
                what = "a whole number" if kind is int else "text"
                raise InputError(f"{path}, {place}.{name}: holds {_shown(value)}; expected {what}")

        def wrong(name: str, expected: str, place: str = place, texts: Any = texts) -> InputError:
            field = name.removeprefix("new_")
            return InputError(
                f"{path}, {place}.{field}: holds {_shown(texts[field])}; expected {expected}"
            )

        key = (texts["city"], texts["day"])
        if key in seen:
            raise wrong("city", f"each city and day once; they stand in {seen[key]} too")
        seen[key] = place
        _check_place(*key, issued, area, wrong)
        free = {long: texts[short] for short, long in FIELDS.items()}
        made = check_row(*key, free, issued, wrong)
        if made:
            found[place] = replace(made, role=area.level, when=when)
    return AdjustmentFile(path, area.level, tuple(found.values()), tuple(found))


def _check_fields(content: Any, needed: Sequence[str], known: Sequence[str], where: str) -> None:
    if not isinstance(content, dict):
        raise InputError(f"{where}: expected an object, found {type(content).__name__}")
    for name in needed:
        if name not in content:
            raise InputError(f"{where}: field {name} is missing")
    for name in content:
        if name not in known:
            raise InputError(f"{where}: field {name!r} is unknown; known are {', '.join(known)}")


def _check_forecast(issue: str, revision: str, issued: xr.Dataset, wrong: Any) -> None:
    expected = f"{pd.Timestamp(issued['issue'].values):%Y-%m-%d}"
    if issue != expected:
        raise wrong("issue", f"{expected}, the issue of the forecast to be adjusted")
    expected = str(int(issued.attrs["revision"]))
    if revision != expected:
        raise wrong(
            "revision",
            f"{expected}, the revision of the forecast to be adjusted: write the workbook anew and "
            "enter the adjustments there",
        )


def _area(level: str, name: str, areas: Sequence[Area], wrong: Any) -> Area:
    of_level = {a.name: a for a in areas if a.level == level}
    if not of_level:
        raise wrong("level", f"one of {', '.join(dict.fromkeys(a.level for a in areas))}")
    if name not in of_level:
        raise wrong("area", f"a {level}: {', '.join(list(of_level)[:20])}")
    return of_level[name]


def _check_place(city: str, day: str, issued: xr.Dataset, area: Area, wrong: Any) -> None:
    if city not in area.cities:
        raise wrong("city", f"a city of the forecast of {area.level} {area.name}")
    days = days_of(issued)
    if day not in days:
        raise wrong("day", f"a day of {days[0]} … {days[-1]}")


def _book(path: Path) -> Any:
    """A workbook with the sheet of adjustments, small enough to be opened."""
    library = openpyxl_library()
    try:
        check_archive(path, MOST_UNPACKED)
        check_xml(path)
        book = library.load_workbook(path, data_only=False)
    except InputError:
        raise
    except Exception as error:  # whatever a damaged archive or XML brings
        raise InputError(f"{path}: not a readable workbook (.xlsx): {error}") from None
    if ADJUST not in book.sheetnames:
        raise InputError(f"{path}: no sheet {ADJUST!r}; found {', '.join(book.sheetnames)}")
    return book


def _text(value: Any) -> str:
    """A cell or field as text: numbers without a needless decimal, days as 2015-12-06."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, float):
        return f"{value:.0f}" if value.is_integer() else repr(value)
    return str(value).strip()


def _shown(value: Any) -> str:
    """A value as an error shows it: whatever it is, it takes one short line."""
    text = repr(value)
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}… ({len(text)} signs)"


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose names differ."""
    names = [name for name, _ in pairs]
    twice = [name for k, name in enumerate(names) if name in names[:k]]
    if twice:
        raise ValueError(f"field {twice[0]!r} stands there twice")
    return dict(pairs)
