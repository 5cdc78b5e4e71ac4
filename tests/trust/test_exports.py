"""What people open: spreadsheets compute nothing from names, and pages run nothing from them."""

from __future__ import annotations

import csv
import io
from html.parser import HTMLParser

import numpy as np
import openpyxl
import pandas as pd
import pytest
from consultation_inputs import forecast_of

from forecast.consultation.adjusting.adjustments import Adjustment, adjusted
from forecast.consultation.areas import Area
from forecast.consultation.briefing import make_briefing
from forecast.consultation.products.exchange import write_table
from forecast.consultation.products.page import briefing_page
from forecast.consultation.products.workbook import write_workbook
from forecast.consultation.settings import Consultation
from forecast.evaluation.scorefile import write_scorecard
from forecast.export import write_products
from forecast.spreadsheet import FORMULA, harmless, harmless_table

NAMES = ["=1+1", "+A1", "-A1", "@SUM(A1)", "\t=1", "＝1+1", "'=1", "城 = 1"]
SCRIPTS = ("</script><script>alert(1)</script>", "\"'><img src=x onerror=alert(1)>", "<!--<script>")


@pytest.fixture(scope="module")
def issued():
    """A forecast of cities whose names a spreadsheet would compute."""
    data = forecast_of([f"c{k}" for k in range(len(NAMES))], leads=2)
    concentration = np.ones((2, len(NAMES), 6))
    data["concentration_mean"] = (("lead", "place", "pollutant"), concentration)
    return data.assign_coords(name=("place", NAMES), province=("place", NAMES[::-1]))


def briefing_of(data):
    cities = tuple(data["place"].values.tolist())
    area = Area("nation", "nation", "=全国", "=China", cities)
    return make_briefing(data, area, Consultation())


def cells_of(text: str) -> list[str]:
    return [cell for row in csv.reader(io.StringIO(text.lstrip("\ufeff"))) for cell in row]


def is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def test_every_first_sign_and_nothing_else():
    assert [harmless(f"{sign}x") for sign in FORMULA] == [f"'{sign}x" for sign in FORMULA]
    kept = ["", "a=1", "'=1", " =1", -1.5, None, 3]
    assert [harmless(cell) for cell in kept] == kept
    days = pd.to_datetime(["2015-01-01"] * 2)
    table = pd.DataFrame({"n": [-1.0, 2.0], "t": ["=1", "a"], "d": days})
    found = harmless_table(table)
    assert found["t"].tolist() == ["'=1", "a"] and found["n"].tolist() == [-1.0, 2.0]
    assert found.dtypes.tolist()[::2] == table.dtypes.tolist()[::2]
    kinds = pd.DataFrame({"c": pd.Categorical(["=1", "a"])})
    assert harmless_table(kinds)["c"].tolist() == ["'=1", "a"]


def test_no_cell_of_a_table_is_a_formula(issued, tmp_path):
    table = pd.DataFrame({"model": NAMES, "value": np.arange(len(NAMES)) - 4.0})
    paths = [
        write_products(issued, tmp_path)[0],
        *write_table(briefing_of(issued), tmp_path / "nation"),
        write_scorecard(table, tmp_path / "scores.csv"),
    ]
    for path in paths:
        cells = cells_of(path.read_bytes().decode())
        assert not [c for c in cells if c.startswith(FORMULA) and not is_number(c)], path.name
        assert {f"'{name}" for name in NAMES[:6]} <= set(cells)
        assert {"'=1", "城 = 1"} <= set(cells)
    values = pd.read_csv(tmp_path / "scores.csv")["value"]
    assert values.tolist() == (np.arange(len(NAMES)) - 4.0).tolist()


def test_reasons_of_adjustments_are_text_in_a_workbook(issued, tmp_path):
    said = Adjustment("c0", "2015-12-19", 210, 260, 5, "PM2.5", "=HYPERLINK(1)", "@王", "city", "")
    book = openpyxl.load_workbook(
        write_workbook(briefing_of(adjusted(issued, [said])), tmp_path / "w.xlsx")
    )
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [c.coordinate for c in cells if c.data_type == "f"]
    assert {*NAMES[:6], "=HYPERLINK(1)"} <= {c.value for c in cells}


class Tags(HTMLParser):
    """Tags of a page with their attributes."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def test_names_and_reasons_add_no_tag_to_a_page(issued):
    plain = Tags()
    plain.feed(briefing_page(briefing_of(issued), "zh"))
    hostile = issued.assign_coords(
        name=("place", [*SCRIPTS, *NAMES[3:]]), province_zh=("place", [*SCRIPTS, *NAMES[3:]])
    )
    reasons = [
        Adjustment(f"c{k}", "2015-12-19", 210, 260, 5, "PM2.5", text, text, "city", "")
        for k, text in enumerate(SCRIPTS)
    ]
    for lang in ("zh", "en"):
        page, tags = briefing_page(briefing_of(adjusted(hostile, reasons)), lang), Tags()
        tags.feed(page)
        assert [t for t, _ in tags.found] == [t for t, _ in plain.found]
        assert not [a for _, a in tags.found if any(k.startswith("on") for k in a)]
        assert all(text not in page for text in SCRIPTS)
