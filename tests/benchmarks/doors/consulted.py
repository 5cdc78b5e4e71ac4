"""Doors of the consultation: the adjustments of a forecast, as a workbook and as JSON."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path

from consultation_inputs import forecast_of

from doors.door import Door
from forecast.consultation.adjusting.files import read_adjustments
from forecast.consultation.areas import Area
from forecast.consultation.briefing import make_briefing
from forecast.consultation.products.workbook import ADJUST, write_workbook
from forecast.consultation.settings import Consultation

CITIES = ("Beijing", "Tianjin")
CHANGES = {"I4": 210, "J4": 260, "K4": 5, "L4": "PM2.5", "M4": "静稳", "N4": "王"}


def workbook() -> Door:
    import openpyxl

    issued = forecast_of(list(CITIES), leads=3)
    area = Area("nation", "nation", "全国", "China", CITIES)
    with tempfile.TemporaryDirectory() as room:
        path = write_workbook(make_briefing(issued, area, Consultation()), Path(room) / "w.xlsx")
        book = openpyxl.load_workbook(path)
        for cell, value in CHANGES.items():
            book[ADJUST][cell] = value
        book.save(path)
        content = path.read_bytes()
    return Door("zip", (("w.xlsx", content),), lambda p: read_adjustments(p, issued))


def adjustments() -> Door:
    issued = forecast_of(list(CITIES), leads=3)
    change = {"low": 210, "high": 260, "level": 5, "primary": "PM2.5"}
    content = {
        "issue": "2015-12-18",
        "revision": 1,
        "level": "nation",
        "area": "nation",
        "made": "2015-12-18T07:30Z",
        "adjustments": [
            {"city": city, "day": "2015-12-19", **change, "reason": "静稳", "author": "王"}
            for city in CITIES
        ],
    }
    files = (("a.json", json.dumps(content, ensure_ascii=False).encode()),)
    return Door("tree", files, lambda p: read_adjustments(p, issued))


CONSULTED: dict[str, Callable[[], Door]] = {"workbook": workbook, "adjustments": adjustments}
