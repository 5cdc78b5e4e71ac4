"""The Word document of a briefing: what it says, how it looks, and that it opens everywhere."""

from __future__ import annotations

import datetime
import io
import json
import sys
import zipfile

import docx
import numpy as np
import openpyxl
import pytest
from consultation_inputs import forecast_of, observed_of, weather_of
from docx.oxml.ns import qn
from matplotlib.image import imread, imsave

from forecast.consultation.areas import Area
from forecast.consultation.briefing import make_briefing
from forecast.consultation.products.consultation_tables import episodes_table, warnings_table
from forecast.consultation.products.document import write_document
from forecast.consultation.products.pictures import drawn_cities, levels_picture
from forecast.consultation.products.tables import year_line
from forecast.consultation.products.wording import bulletin_lines
from forecast.consultation.products.workbook import write_workbook
from forecast.consultation.settings import Consultation
from forecast.errors import MissingExtraError

COLOURS = ("00E400", "FFFF00", "FF7E00", "FF0000", "99004C", "7E0023")
"""Official colours of the levels, HJ 633."""
TWIP = 635
"""The unit of widths in a Word document, in the library's own units."""
TWO = ("Beijing", "Tianjin")


def briefing_of(cities, leads=10, change=None, **context):
    data = forecast_of(list(cities), leads=leads)
    if change is not None:
        change(data)
    area = Area("nation", "nation", "全国", "China", tuple(cities))
    return make_briefing(data, area, Consultation(), **context)


def observed(cities):
    """Seven days: the first city 60 … 120, the second 40 higher, others 55."""
    aqi = np.full((7, len(cities)), 55.0)
    aqi[:, 0] = np.arange(60, 121, 10)
    aqi[:, 1] = aqi[:, 0] + 40
    return observed_of(cities, aqi)


@pytest.fixture(scope="module")
def nation():
    """Thirty-nine cities with every step."""
    cities = [f"City{k}" for k in range(39)]
    briefing = briefing_of(cities, observed=observed(cities), weather=weather_of(cities))
    worth = {
        "pairs": 390, "level": 0.62, "level_interval": [0.5, 0.74], "guidance": 0.6,
        "persistence": 0.41, "range": 0.708, "range_interval": [0.6, 0.806], "error": -3.4,
        "width": 31.0,
    }  # fmt: skip
    none = dict.fromkeys(("level", "level_interval", "guidance", "persistence"))
    second = {**worth, **none, "pairs": 351, "range": 0.5, "range_interval": None, "error": 12.0,
              "width": 30.0}  # fmt: skip
    briefing["evaluation"] = {
        "leads": [{"lead": 1, **worth}, {"lead": 2, **second}],
        "cities": [{"city": c, **worth, "pairs": 10, "level": 1.0} for c in cities[:2]],
    }
    briefing["review"]["forecasts"] = [
        {"lead": 1, "pairs": 39, "low": 85.0, "high": 115.5, "aqi": 55.0, "level": 0.62,
         "range": 0.71}
    ]  # fmt: skip
    days = len(briefing["head"]["valid_days"])
    briefing["guidance"]["contributions"] = {
        "groups": [{"zh": "气象条件", "en": "weather", "values": [-5.3] * days}],
        "total": [40.0] * days,
    }
    up = [{"city": "City1", "before": 2, "now": 5}]
    briefing["consultation"] |= {
        "change": {
            "issue": "2015-12-17",
            "days": [
                {"day": "2015-12-19", "aqi_mean_before": 90.0, "aqi_mean": 110.0,
                 "heavy_probability_before": 0.1, "heavy_probability": 0.3,
                 "up": up, "ups": 1, "down": [], "downs": 0}
            ],
        },
        "similar": [
            {"lead": 1,
             "days": [{"day": "2014-11-20", "weight": 0.64, "aqi": [210.0, 99.0, None, None]}]}
        ],
        "adjustments": [
            {"city": "City1", "day": "2015-12-20", "low": 210, "high": 260, "level": 5,
             "primary": "PM2.5", "reason": "静稳", "author": "王"}
        ],
    }  # fmt: skip
    return briefing


@pytest.fixture
def no_pictures(monkeypatch):
    """For tests that look at text alone: one small picture in place of all."""
    dot = io.BytesIO()
    imsave(dot, np.zeros((2, 2, 3)))
    for name in ("members_picture", "fans_picture", "levels_picture"):
        monkeypatch.setattr(
            f"forecast.consultation.products.document.{name}", lambda *_: dot.getvalue()
        )


@pytest.fixture
def document(nation, made, no_pictures):
    return made(nation)


@pytest.fixture
def made(tmp_path):
    def make(briefing, lang="zh"):
        return docx.Document(str(write_document(briefing, tmp_path / "b.docx", lang)))

    return make


def texts(document):
    return [p.text for p in document.paragraphs]


def table_of(document, *head):
    """Rows of the table whose head begins so, as text."""
    for table in document.tables:
        rows = [[cell.text for cell in row.cells] for row in table.rows]
        if tuple(rows[0][: len(head)]) == head:
            return rows
    raise AssertionError(f"no table {head}")


def shading(cell):
    mark = cell._tc.tcPr.find(qn("w:shd"))
    return None if mark is None else mark.get(qn("w:fill"))


def test_it_says_what_the_bulletin_says_in_five_steps(nation, document):
    said = texts(document)
    assert said[0] == "【模拟数据】试验空气质量预报：全国"
    assert document.paragraphs[0].runs[0].font.color.rgb == docx.shared.RGBColor(0xB0, 0, 0x20)
    assert "发布 2015-12-18 · 2015-12-19 – 2015-12-28 · 最新观测 2015-12-18 24:00" in said
    assert set(bulletin_lines(nation, "zh")) <= set(said)
    steps = [
        "预报结论",
        "一、实况回顾",
        "二、形势分析",
        "三、客观预报",
        "四、会商研判",
        "五、发布评估",
    ]
    assert [p.text for p in document.paragraphs if p.style.name == "Heading 1"] == steps
    assert "预警按2024年规则" in said[-1] and "HJ 633-2012" in said[-1]
    section = document.sections[0]
    assert section.header.paragraphs[0].text == said[0]
    fields = section.footer._element.iter(qn("w:fldSimple"))
    assert [f.get(qn("w:instr")) for f in fields] == ["PAGE", "NUMPAGES"]


def test_numbers_and_colours_of_the_cities_are_those_issued(nation, document):
    issued = forecast_of([f"City{k}" for k in range(39)])
    (table,) = [t for t in document.tables if len(t.rows) == 40 and len(t.columns) == 11]
    for j, row in enumerate(list(table.rows)[1:]):
        name, *cells = row.cells
        assert name.text == f"城{j}"
        for k, cell in enumerate(cells):
            low, high = (int(issued[n].values[k, j]) for n in ("aqi_low", "aqi_high"))
            primary = ["PM2.5"] if issued["primary"].values[k, j] else []
            assert cell.text.split("\n") == [f"{low}–{high}", *primary]
            level = int(issued["level"].values[k, j])
            assert shading(cell) == COLOURS[level - 1]
            white = cell.paragraphs[0].runs[0].font.color.rgb == docx.shared.RGBColor(255, 255, 255)
            assert white == (level >= 4)
    key = table_of(document, "优", "良")
    assert key[1] == ["0–50", "51–100", "101–150", "151–200", "201–300", "301–500"]


def test_tables_of_the_other_steps_by_hand(nation, document):
    review = table_of(document, "日期", "平均AQI", "城市")
    # the last day: 120, 160 and 37 cities of 55
    assert review[-1][:3] == ["2015-12-18", f"{(120 + 160 + 37 * 55) / 39:.0f}", "39"]
    assert review[-1][3:9] == ["0", "37", "1", "1", "0", "0"]
    assert review[-1][9] == "城1 160，城0 120，城2 55"
    weather = table_of(document, "日期", "风速 m/s")
    assert weather[1] == ["12月19日", "1.3", "62", "5.0", "1013", "10%", "偏不利 39/39"]
    assert weather[-1][-1] == "总体有利 39/39"
    members = table_of(document, "成员")
    medians = nation["guidance"]["members"]
    assert members[1] == ["EMOS", *(f"{v:.0f}" for v in medians[0]["aqi"])]
    assert members[2][0] == "提升树" and members[3][0] == "分歧（加权标准差）"
    # two members of equal weight differ by a tenth: half of the difference from their mean
    assert members[3][1] == f"{0.05 * medians[0]['aqi'][0]:.0f}"
    area = nation["consultation"]["days"]
    half = next((d for d in area if d["aqi_mean"] % 1 == 0.5), area[0])
    row = table_of(document, "日期", "平均AQI", "优")[half["lead"]]
    assert row[1].split(" ")[0] == str(int(half["aqi_mean"] + 0.5))  # as the page rounds
    weights = [t for t in document.tables if t.rows[1].cells[1].text == "50%"]
    assert len(weights) == 1
    said = table_of(document, "时效（天）", "样本", "平均范围")
    assert said[1:] == [["1", "39", "85–116", "55", "62%", "71%"]]
    score = table_of(document, "时效（天）", "样本", "级别准确率")
    assert score[1:] == [
        ["1", "390", "62%", "50–74%", "60%", "41%", "71%", "60–81%", "31", "-3.4"],
        ["2", "351", "–", "–", "–", "–", "50%", "–", "30", "+12.0"],
    ]
    by_city = table_of(document, "城市", "样本")
    assert by_city[1][:3] == ["城0", "10", "100%"] and len(by_city) == 3
    why = table_of(document, "贡献项")
    assert [row[:2] for row in why[1:]] == [["气象条件", "-5.3"], ["合计（发布均值）", "40.0"]]
    change = table_of(document, "日期", "平均AQI 上次")
    assert change[1] == ["12月19日", "90", "110", "10%", "30%", "城1 良→重度污染", "–"]
    similar = table_of(document, "日期", "相似度")
    assert similar[1] == ["2014-11-20", "64%", "210", "99", "–", "–"]
    adjusted = table_of(document, "城市", "日期", "范围")
    assert adjusted[1] == ["城1", "12月20日", "210–260", "重度污染", "PM2.5", "静稳", "王"]


def test_likely_warnings_come_first_and_others_are_left_out():
    def change(data):
        data["lat"].values[:], data["lon"].values[:] = 39.0, 116.0  # neighbours
        data["scenario_aqi"][:] = 80.0
        data["scenario_aqi"][:15, 0, 0] = 250.0  # yellow in 30 % of the scenarios
        data["scenario_aqi"][:, 1:3, 1] = 250.0  # orange in all
        data["scenario_aqi"][:5, 0, 2] = 250.0  # 10 %: too few to be named

    briefing = briefing_of(["A", "B", "C"], change=change)
    table = warnings_table(briefing, "en")
    assert [[c.text for c in row] for row in table.rows] == [
        ["B", "12-20–12-21", "100%", "100%", "0%"],
        ["A", "12-19", "30%", "0%", "0%"],
    ]
    table = episodes_table(briefing, "en")  # one stands upright: what is known of it below
    assert table.head == ["days", "12-19–12-21"]
    known = {row[0].text: row[1].text for row in table.rows}
    assert (known["probability"], known["primary"], known["cities"]) == ("100%", "PM2.5", "B A")


def test_many_episodes_stand_one_below_the_other():
    def change(data):
        data["lat"].values[:] = np.arange(5) * 5.0  # nobody has a neighbour
        data["scenario_aqi"][:] = 80.0
        data["scenario_aqi"][:, 1, :] = 250.0

    table = episodes_table(briefing_of(list("ABCDE"), change=change), "en")
    assert table.head == [
        "days", "cities", "probability", "peak day", "peak AQI", "end", "yellow", "orange", "red"
    ]  # fmt: skip
    assert [row[1].text for row in table.rows] == list("ABCDE")


def test_the_year_before_stands_beside_its_city_days():
    year = {"aqi": 120.4, "aqi_before": 95.0, "pm25": 88.0, "pm25_before": None, "pairs": 59}
    text = year_line({"review": {"year_on_year": year}}, "en")
    assert text.endswith("AQI 120 (95), PM2.5 88 (–) µg/m³, 59 city days")
    assert year_line({"review": {"year_on_year": None}}, "zh") == ""


@pytest.mark.parametrize(("leads", "sheet"), [(10, (210, 297)), (15, (297, 210))])
def test_it_fits_a4_and_heads_are_repeated(made, no_pictures, leads, sheet):
    document = made(briefing_of(TWO, leads, observed=observed(TWO), weather=weather_of(TWO, leads)))
    (section,) = document.sections
    assert (round(section.page_width.mm), round(section.page_height.mm)) == sheet
    room = section.page_width - section.left_margin - section.right_margin
    assert len(document.tables) == 8
    for table in document.tables:
        head, *rows = table.rows
        assert head._tr.trPr.find(qn("w:tblHeader")) is not None
        assert all(row._tr.trPr.find(qn("w:cantSplit")) is not None for row in rows)
        for row in table.rows:
            assert sum(cell.width for cell in row.cells) <= room + TWIP * len(row.cells)
        assert not table.autofit
    for picture in document.inline_shapes:
        assert picture.width <= room
        assert picture._inline.docPr.get("descr")
    assert len(document.inline_shapes) == 3


def test_fonts_of_both_scripts_are_named(tmp_path, no_pictures):
    path = write_document(briefing_of(TWO), tmp_path / "b.docx", "zh")
    styles = docx.Document(str(path)).styles
    every = list(styles.element.iter(qn("w:rFonts")))
    assert len(every) > 3
    assert not [key for fonts in every for key in fonts.attrib if key.endswith("Theme")]
    for name, font in (("Normal", "宋体"), ("Table text", "宋体"), ("Heading 1", "黑体")):
        assert styles[name].element.rPr.rFonts.get(qn("w:eastAsia")) == font
    table = zipfile.ZipFile(path).read("word/fontTable.xml").decode()
    assert '<w:font w:name="宋体"><w:altName w:val="SimSun"/>' in table


def test_the_same_briefing_gives_the_same_bytes(tmp_path):
    briefing = briefing_of(["A"])
    first, second = (write_document(briefing, tmp_path / f"{k}.docx", "en") for k in (1, 2))
    assert first.read_bytes() == second.read_bytes()
    dates = {entry.date_time for entry in zipfile.ZipFile(first).infolist()}
    assert dates == {(1980, 1, 1, 0, 0, 0)}  # no clock time
    properties = docx.Document(str(first)).core_properties
    assert properties.created.replace(tzinfo=None) == datetime.datetime(2015, 12, 18, 16)
    assert properties.modified == properties.created
    assert properties.title == "[SIMULATED DATA] Trial: air quality forecast: China"
    assert properties.author.startswith("wubu ")


def test_whatever_a_name_holds_is_shown_as_text(made, tmp_path):
    briefing = json.loads(json.dumps(briefing_of(TWO)))
    briefing["cities"][0]["name"] = '<b>&"\x00\x0b\ud800 $\\frac$'
    briefing["cities"][1]["name"] = "=1+1" + "长" * 300
    briefing["head"]["title"]["zh"] = "<w:p>&" + "\x1f" + "x" * 300
    document = made(briefing)
    cities = table_of(document, "城市", "12月19日")
    assert cities[1][0] == '<b>&"\ufffd\ufffd\ufffd $\\frac$'
    assert cities[2][0] == briefing["cities"][1]["name"]
    assert texts(document)[0].startswith("<w:p>&\ufffdxxx")
    assert len(document.core_properties.title) == 255
    book = openpyxl.load_workbook(write_workbook(briefing, tmp_path / "b.xlsx"))
    names = [cell.value for cell in book["四、会商研判"]["A"]]
    assert '<b>&"\ufffd\ufffd\ufffd $\\frac$' in names


def test_where_nothing_is_known_it_says_so(made):
    def change(data):
        for name in ("aqi_low", "aqi_high", "scenario_aqi", "heavy_probability", "aqi"):
            data[name][:] = np.nan
        data["level_probability"][:] = np.nan
        data["member_aqi"][:] = np.nan
        data["level"][:] = 0
        data["primary"][:] = -1

    document = made(briefing_of(TWO, change=change), "en")
    assert "No forecast is available." in texts(document)
    assert texts(document).count("No data.") == 3  # review, weather, evaluation
    assert len(document.inline_shapes) == 0
    assert table_of(document, "city", "12-19")[1][1:] == ["–"] * 10


def test_twelve_likeliest_cities_are_drawn_in_their_order():
    cities = [f"City{k}" for k in range(20)]

    def change(data):
        data["heavy_probability"][:] = 0.0
        data["heavy_probability"][3, 8:] = np.linspace(0.1, 0.9, 12)

    drawn = drawn_cities(briefing_of(cities, change=change))
    assert [c["city"] for c in drawn] == cities[8:]


def test_probabilities_are_drawn_in_the_official_colours():
    def change(data):
        data["level_probability"][:] = 0.0
        data["level_probability"][:, 0, 4] = 0.75
        data["level_probability"][:, 0, 0] = 0.25

    briefing = briefing_of(["A"], change=change)
    picture = imread(io.BytesIO(levels_picture(briefing, "en", drawn_cities(briefing), 4.0)))
    pixels = (picture[..., :3].reshape(-1, 3) * 255).round().astype(int)
    count = {c: int((pixels == [int(c[k : k + 2], 16) for k in (0, 2, 4)]).all(1).sum())
             for c in COLOURS}  # fmt: skip
    assert count["99004C"] / count["00E400"] == pytest.approx(3, rel=0.05)
    assert sum(count.values()) == count["99004C"] + count["00E400"] > 10_000


@pytest.mark.parametrize(("width", "height"), [(174, 261), (261, 174)])
def test_twelve_panels_fit_the_sheet_either_way(width, height, monkeypatch):
    monkeypatch.setattr("forecast.consultation.products.pictures.DPI", 30)
    briefing = briefing_of([f"City{k}" for k in range(12)])
    picture = imread(io.BytesIO(levels_picture(briefing, "en", briefing["cities"], width / 25.4)))
    shape = [round(n / 30 * 25.4) for n in picture.shape[:2]]
    assert shape[1] == pytest.approx(width, abs=1)
    assert shape[0] < height - 15  # room for what is said below


@pytest.mark.parametrize("library", ["docx", "matplotlib"])
def test_a_missing_library_is_named_and_nothing_written(library, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(MissingExtraError, match=r"wubu\[report\]"):
        write_document(briefing_of(TWO), tmp_path / "b.docx", "zh")
    assert list(tmp_path.iterdir()) == []


def test_the_workbook_keeps_numbers_and_bears_the_colours(nation, tmp_path):
    book = openpyxl.load_workbook(write_workbook(nation, tmp_path / "w.xlsx", "en"))
    score = [[c.value for c in row[:10]] for row in book["5 Evaluation"].iter_rows()]
    assert [1, 390, 0.62, "50–74%", 0.6, 0.41, 0.708, "60–81%", 31, -3.4] in score
    cells = [c for row in book["5 Evaluation"].iter_rows() for c in row if c.value == 0.62]
    assert [c.number_format for c in cells] == ["0%"]
    sheet = book["4 Consultation"]
    day = nation["cities"][5]["days"][2]
    row = [r for r in sheet.iter_rows() if r[0].value == "City5"][-1]  # after that of the warnings
    assert row[3].value.split("\n")[0] == f"{day['low']:.0f}–{day['high']:.0f}"
    assert row[3].fill.start_color.rgb == f"00{COLOURS[day['level'] - 1]}"
    assert sheet.page_setup.paperSize == "9" or sheet.page_setup.paperSize == 9
