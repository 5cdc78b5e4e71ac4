"""Adjustments: a workbook comes back as edited, and bad edits are refused by sheet and cell."""

from __future__ import annotations

import json
import sys
import zipfile

import numpy as np
import openpyxl
import pandas as pd
import pytest
from consultation_inputs import forecast_of

from forecast.consultation.adjusting.adjustments import (
    Adjustment,
    AdjustmentFile,
    adjusted,
    merge_adjustments,
)
from forecast.consultation.adjusting.files import read_adjustments
from forecast.consultation.areas import Area
from forecast.consultation.briefing import make_briefing
from forecast.consultation.products.workbook import ADJUST, write_workbook
from forecast.consultation.settings import Consultation
from forecast.errors import InputError, MissingExtraError
from forecast.issued import GUIDANCE, write_issued
from forecast.pollutants import MASK_BITS

CITIES = ("Beijing", "Tianjin")
# city A, name B, day C, lead D, guidance E–H; free: low I, high J, level K, primary L, reason M,
# author N; the first city and day stand in row 4
GOOD = {"I4": 210, "J4": 260, "K4": 5, "L4": "PM2.5", "M4": "静稳", "N4": "王"}


@pytest.fixture(scope="module")
def issued():
    data = forecast_of(list(CITIES), leads=3)
    data["aqi_low"][:], data["aqi_high"][:], data["level"][:] = 85.0, 115.0, 3
    data["primary"][:] = 1
    return data


@pytest.fixture
def edited(issued, tmp_path):
    """Write the workbook, set some cells, and give back its path."""
    area = Area("nation", "nation", "全国", "China", CITIES)
    path = write_workbook(make_briefing(issued, area, Consultation()), tmp_path / "w.xlsx")

    def edit(changes):
        book = openpyxl.load_workbook(path)
        for cell, value in changes.items():
            book[ADJUST][cell] = value
        book.save(path)
        return path

    return edit


def test_nothing_filled_in_is_no_adjustment(issued, edited):
    assert read_adjustments(edited({}), issued).adjustments == ()


def test_an_edit_comes_back_as_made(issued, edited):
    changes = {**GOOD, "I7": 30, "J7": 45, "K7": 1, "L7": "无", "M7": "冷空气", "N7": "李"}
    file = read_adjustments(edited(changes), issued)
    when = file.adjustments[0].when
    assert file.role == "nation" and file.places == ("row 4", "row 7")
    assert pd.Timestamp(when) <= pd.Timestamp.now("UTC")
    told = ("nation", when)
    assert file.adjustments == (
        Adjustment("Beijing", "2015-12-19", 210, 260, 5, "PM2.5", "静稳", "王", *told),
        Adjustment("Tianjin", "2015-12-19", 30, 45, 1, "无", "冷空气", "李", *told),
    )
    after = adjusted(issued, file.adjustments)
    assert after["adjusted_by"].values[0].tolist() == [1, 1] and not after["adjusted_by"][1:].any()
    assert after["adjusted_by"].flag_meanings == "none nation region province city"
    assert after["aqi_low"].values[0].tolist() == [210, 30]
    assert after["level"].values[0].tolist() == [5, 1]
    assert after["primary"].values[0].tolist() == [1, 0]
    np.testing.assert_array_equal(after["aqi_low"].values[1:], issued["aqi_low"].values[1:])
    for name in ("aqi_low", "aqi_high", "level", "primary"):
        np.testing.assert_array_equal(after[GUIDANCE + name], issued[name])
    told = json.loads(after.attrs["adjustments"])
    assert told[0]["reason"] == "静稳" and told[1]["author"] == "李"
    assert issued["aqi_low"].values[0].tolist() == [85, 85]  # the forecast itself is untouched


def test_what_is_left_empty_stays_as_guidance_says(issued, edited):
    (found,) = read_adjustments(edited({"J4": 130, "M4": "r", "N4": "a"}), issued).adjustments
    assert (found.low, found.high, found.level, found.primary) == (85, 130, 3, "PM2.5")


@pytest.mark.parametrize("text", ["PM2.5 O3", "PM2.5,O3", "PM2.5、O3", " PM2.5 ； O3 "])
def test_primary_pollutants_are_parted_as_people_do(issued, edited, text):
    (found,) = read_adjustments(edited({**GOOD, "L4": text}), issued).adjustments
    assert found.primary == "PM2.5 O3"


def test_a_second_adjustment_keeps_the_first_guidance(issued, edited):
    first = adjusted(issued, read_adjustments(edited(GOOD), issued).adjustments)
    again = Adjustment("Beijing", "2015-12-19", 160, 190, 4, "PM10", "r", "b")
    second = adjusted(first, [again])
    assert second["aqi_low"].values[0, 0] == 160
    assert second[GUIDANCE + "aqi_low"].values[0, 0] == 85
    assert [t["author"] for t in json.loads(second.attrs["adjustments"])] == ["王", "b"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"I4": "many"}, r"cell I4: 低值 low holds 'many'; expected a whole number 0 … 500"),
        ({"I4": 210.5}, "cell I4: .* holds '210.5'; expected a whole number"),
        ({"I4": -1}, "cell I4: .* expected a whole number 0 … 500"),
        ({"J4": 501}, "cell J4: .* expected a whole number 0 … 500"),
        ({"J4": "=1+1"}, "cell J4: .* holds '=1\\+1'; expected a whole number"),
        ({"I4": 261}, "cell J4: .* expected at least the low end, 261"),
        ({"K4": 7}, "cell K4: .* expected a whole number 1 … 6"),
        ({"K4": "heavy"}, "cell K4: .* expected a whole number 1 … 6"),
        ({"K4": 4}, "cell K4: .* expected a level of the range 210–260: 5 … 5"),
        ({"I4": 190, "J4": 310}, "cell J4: .* expected a range within two neighbouring levels"),
        ({"I4": None, "J4": None, "K4": None, "L4": None}, "cell I4: .* expected a value: a reas"),
        ({"L4": "smoke"}, "cell L4: .* expected 无 or some of PM2.5, PM10"),
        ({"L4": "无"}, "cell L4: .* expected 无 up to AQI 50, a pollutant above"),
        ({"I4": 20, "J4": 40, "K4": 1}, "cell L4: .* expected 无 up to AQI 50"),
        ({"M4": None}, "cell M4: .* expected who adjusts and why"),
        ({"N4": "  "}, "cell N4: .* expected who adjusts and why"),
        ({"M4": "x" * 501}, "cell M4: .* up to 500 signs"),
        (
            {"A4": "Nowhere"},
            "cell A4: .* holds 'Nowhere'; expected a city of the forecast of nation",
        ),
        ({"C4": "2015-12-31"}, "cell C4: .* expected a day of 2015-12-19 … 2015-12-21"),
        ({"C4": "2015-12-20", "D4": 2}, "cell A5: Beijing of 2015-12-20 stands in row 4 too"),
        ({"D4": 2}, "cell D4: .* expected 1, as issued: this cell is not to be changed"),
        ({"E4": 80}, "cell E4: .* expected 85, as issued"),
        ({"F4": None}, "cell F4: .* holds ''; expected 115, as issued"),
        ({"G4": 2}, "cell G4: .* expected 3, as issued"),
        ({"H4": "O3"}, "cell H4: .* expected PM2.5, as issued"),
        ({"B1": "2015-12-17"}, "cell B1: '2015-12-17'; expected 2015-12-18, the issue"),
        ({"D1": 2}, "cell D1: '2'; expected 1, the revision"),
        ({"F1": "planet"}, "cell F1: 'planet'; expected one of nation, province, city"),
        ({"H1": "Hebei"}, "cell H1: 'Hebei'; expected a nation: nation"),
        ({"F1": "city", "H1": "Tianjin"}, "cell A4: .* expected a city of the forecast of city T"),
        ({"I3": "low"}, "cell I3: 'low'; expected 低值 low"),
    ],
)
def test_a_bad_edit_is_refused_by_sheet_and_cell(issued, edited, changes, message):
    path = edited({**GOOD, **changes})
    with pytest.raises(InputError, match=message) as refused:
        read_adjustments(path, issued)
    assert f"{path}, sheet {ADJUST}" in str(refused.value)


def test_an_adjustment_of_no_forecast_is_refused(issued, edited):
    data = issued.copy(deep=True)
    data["aqi_low"][0, 0] = data["aqi_high"][0, 0] = np.nan
    data["level"][0, 0], data["primary"][0, 0] = 0, -1
    path = edited({**GOOD, "E4": None, "F4": None, "G4": None, "H4": None})
    with pytest.raises(InputError, match=r"cell I4: .* there is no forecast to adjust"):
        read_adjustments(path, data)


def test_files_that_are_no_workbook(issued, tmp_path):
    path = tmp_path / "x.xlsx"
    with pytest.raises(InputError, match=r"x\.xlsx: no such file of adjustments"):
        read_adjustments(path, issued)
    path.write_bytes(b"PK\x03\x04 garbage")
    with pytest.raises(InputError, match=r"x\.xlsx: not a readable workbook"):
        read_adjustments(path, issued)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb", bytes(201_000_000))
    with pytest.raises(InputError, match=r"x\.xlsx: 201,000,000 bytes unpacked"):
        read_adjustments(path, issued)
    openpyxl.Workbook().save(path)
    with pytest.raises(InputError, match=r"no sheet '调整 adjust'; found Sheet"):
        read_adjustments(path, issued)


def test_the_workbook_holds_the_steps_and_no_formula(issued, tmp_path):
    data = issued.assign_coords(name=("place", ["=1+1", "天津"]))
    area = Area("nation", "nation", "全国", "China", CITIES)
    made = make_briefing(data, area, Consultation())
    book = openpyxl.load_workbook(write_workbook(made, tmp_path / "w.xlsx"))
    assert len(book.sheetnames) == 6 and book.sheetnames[-1] == ADJUST
    cells = [c for sheet in book for row in sheet.iter_rows() for c in row]
    assert not [c for c in cells if c.data_type == "f"]
    assert [c for c in cells if c.value == "=1+1"]
    assert "【模拟数据】" in book.worksheets[0]["A1"].value
    sheet = book[ADJUST]
    assert sheet.protection.sheet and sheet["A4"].protection.locked
    assert not sheet["I4"].protection.locked
    rules = {str(r.sqref): r.formula1 for r in sheet.data_validations.dataValidation}
    assert rules["K4:K9"] == '"1,2,3,4,5,6"' and rules["L4:L9"].startswith('"无,PM2.5')
    assert sheet["E4"].value == 85 and sheet["H4"].value == "PM2.5"
    assert sheet["G4"].value == 3


def test_without_its_library_the_command_that_installs_it(issued, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    area = Area("nation", "nation", "全国", "China", CITIES)
    made = make_briefing(issued, area, Consultation())
    book = tmp_path / "b.xlsx"
    book.write_bytes(b"")
    with pytest.raises(MissingExtraError, match=r"pip install 'wubu\[report\]'"):
        write_workbook(made, tmp_path / "w.xlsx")
    with pytest.raises(MissingExtraError, match=r"pip install 'wubu\[report\]'"):
        read_adjustments(book, issued)
    assert list(tmp_path.iterdir()) == [book]


def of_json(path, **changes):
    """A file of adjustments as another system writes it."""
    one = {"city": "Beijing", "day": "2015-12-19", "low": 210, "high": 260, "level": 5,
           "reason": "静稳", "author": "王"}  # fmt: skip
    content = {"issue": "2015-12-18", "revision": 1, "level": "city", "area": "Beijing",
               "made": "2015-12-18T07:30Z", "adjustments": [one]}  # fmt: skip
    for name, value in changes.items():
        of_row = name.removeprefix("row_")
        (one if of_row != name else content)[of_row] = value
    path.write_text(json.dumps({k: v for k, v in content.items() if v != "gone"}), "utf-8")
    return path


def test_json_comes_back_as_given(issued, tmp_path):
    file = read_adjustments(of_json(tmp_path / "a.json"), issued)
    expected = ("Beijing", "2015-12-19", 210, 260, 5, "PM2.5", "静稳", "王")
    assert file.adjustments == (Adjustment(*expected, "city", "2015-12-18T07:30Z"),)
    assert adjusted(issued, file.adjustments)["adjusted_by"].values[0].tolist() == [4, 0]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"issue": "2015-12-17"}, "issue: holds '2015-12-17'; expected 2015-12-18"),
        ({"revision": 2}, "revision: holds 2; expected 1"),
        ({"level": "town"}, "level: holds 'town'; expected one of nation"),
        ({"area": "Hebei"}, "area: holds 'Hebei'; expected a city: Beijing, Tianjin"),
        ({"made": "yesterday"}, "made: holds 'yesterday'; expected a time in UTC"),
        ({"made": "gone"}, "the file: field made is missing"),
        ({"more": 1}, "the file: field 'more' is unknown"),
        ({"adjustments": 3}, "adjustments: holds 3; expected a list"),
        ({"adjustments": [3]}, r"adjustments\[0\]: expected an object, found int"),
        ({"row_city": "Tianjin"}, r"adjustments\[0\].city: .* of the forecast of city Beijing"),
        ({"row_day": "2016-01-01"}, r"adjustments\[0\].day: .* expected a day of 2015-12-19"),
        ({"row_low": "x"}, r"adjustments\[0\].low: holds 'x'; expected a whole number"),
        ({"row_low": True}, r"adjustments\[0\].low: holds True; expected a whole number"),
        ({"row_high": 100}, r"adjustments\[0\].high: .* expected at least the low end, 210"),
        ({"row_primary": "dust"}, r"adjustments\[0\].primary: holds 'dust'"),
        ({"row_low": 10**400}, r"low: holds '1000.* \(403 signs\); expected a whole number"),
        ({"row_reason": ["a"]}, r"reason: holds \['a'\]; expected text"),
        ({"row_reason": "a\nb"}, r"reason: .* expected who adjusts and why"),
        ({"row_reason": "\ud800"}, r"reason: .* expected who adjusts and why"),
        ({"row_primary": "无 PM2.5"}, r"primary: holds '无 PM2.5'; expected 无 or some of"),
        ({"row_reason": ""}, r"adjustments\[0\].reason: .* who adjusts and why"),
    ],
)
def test_bad_json_is_refused_by_field(issued, tmp_path, changes, message):
    with pytest.raises(InputError, match=message) as refused:
        read_adjustments(of_json(tmp_path / "a.json", **changes), issued)
    assert str(refused.value).startswith(str(tmp_path / "a.json"))


def test_files_that_are_no_json(issued, tmp_path):
    path = tmp_path / "a.json"
    for text, message in (
        ("{", "not readable as JSON"),
        ("[" * 100_000, "not readable as JSON"),
        ("[]", "expected an object, found list"),
    ):
        path.write_text(text)
        with pytest.raises(InputError, match=message):
            read_adjustments(path, issued)


def test_a_field_given_twice_is_refused(issued, tmp_path):
    path = of_json(tmp_path / "a.json")
    twice = path.read_text("utf-8").replace('"low": 210', '"low": 210, "low": 250')
    path.write_text(twice, "utf-8")
    with pytest.raises(InputError, match="field 'low' stands there twice"):
        read_adjustments(path, issued)


def test_a_pollutant_named_twice_is_one(issued, tmp_path):
    file = read_adjustments(of_json(tmp_path / "a.json", row_primary="O3 PM2.5 O3"), issued)
    assert file.adjustments[0].primary == "PM2.5 O3"
    bits = MASK_BITS["pm25"] + MASK_BITS["o3"]
    assert adjusted(issued, file.adjustments)["primary"].values[0, 0] == bits


def test_a_sheet_that_reaches_too_far_is_refused(issued, edited):
    with pytest.raises(InputError, match="cell A200: the sheet reaches so far; expected 6 rows"):
        read_adjustments(edited({"A200": " "}), issued)


@pytest.mark.parametrize("text", ["not json", "[1]", "5", "[" * 100_000])
def test_damaged_adjustments_of_a_forecast_are_said(issued, text):
    with pytest.raises(InputError, match="attribute adjustments is damaged"):
        adjusted(issued.assign_attrs(adjustments=text), [])


def test_a_revision_is_made_of_the_last_one_or_not_at_all(issued, tmp_path):
    write_issued(issued, tmp_path)
    assert write_issued(issued, tmp_path, after=1).name == "2015-12-18.r2.nc"
    with pytest.raises(InputError, match="revision 2 of 2015-12-18 was issued meanwhile"):
        write_issued(issued, tmp_path, after=1)
    assert len(list(tmp_path.iterdir())) == 2


def file_of(tmp_path, role, *rows):
    made = [Adjustment(c, d, low, low + 30, 3, "PM2.5", "r", role, role) for c, d, low in rows]
    return AdjustmentFile(
        tmp_path / f"{role}.xlsx", role, tuple(made), tuple(f"row {k}" for k in range(len(made)))
    )


def test_the_word_of_the_lower_level_counts(tmp_path):
    nation = file_of(tmp_path, "nation", ("A", "d1", 100), ("B", "d1", 100), ("C", "d2", 100))
    province = file_of(tmp_path, "province", ("A", "d1", 110), ("B", "d1", 100))
    city = file_of(tmp_path, "city", ("A", "d1", 120))
    for files in ([nation, province, city], [city, nation, province]):
        merged, overruled = merge_adjustments(files)
        assert [(m.city, m.day, m.low, m.role) for m in merged] == [
            ("A", "d1", 120, "city"), ("B", "d1", 100, "province"), ("C", "d2", 100, "nation"),
        ]  # fmt: skip
        # B was said alike at both levels: nobody was overruled
        assert [each.text("en") for each in overruled] == [
            f"A d1: 120–150 of the city (city.xlsx, row 0), not {low}–{low + 30} of the {role} "
            f"({role}.xlsx, row 0)"
            for low, role in ((110, "province"), (100, "nation"))
        ]
        assert overruled[1].text("zh") == (
            "A d1：市级120–150（city.xlsx, row 0）；国家级100–130（nation.xlsx, row 0）未采用"
        )


def test_centres_of_one_level_must_agree(tmp_path):
    city = file_of(tmp_path, "city", ("A", "d1", 120))
    one = file_of(tmp_path, "province", ("A", "d1", 110))
    other = file_of(tmp_path, "province", ("A", "d1", 115), ("B", "d1", 90))
    message = r"A d1: 110–140 of the province .*, not 115–145 of the province"
    for files in ([one, other], [one, other, city]):  # a city's word settles no quarrel above
        with pytest.raises(InputError, match=message):
            merge_adjustments(files)
    assert len(merge_adjustments([one, one])[0]) == 1
