"""The briefing page in a real browser, where there is one: it shows, searches, sorts, switches."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest
from consultation_inputs import forecast_of

from forecast.consultation.areas import Area
from forecast.consultation.briefing import make_briefing
from forecast.consultation.cases.library import write_library
from forecast.consultation.performance.figures import Figure
from forecast.consultation.performance.layout import Column, Report, Table
from forecast.consultation.performance.page import performance_page
from forecast.consultation.products.page import briefing_page
from forecast.consultation.settings import Consultation

BROWSER = next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chrome"))), None)
OPTIONS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
NOTICE = (
    "<script>addEventListener('error', (e) => "
    "document.documentElement.setAttribute('data-error', e.message));</script>"
)

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")


@pytest.fixture(scope="module")
def page():
    cities = [f"City{k}" for k in range(40)]
    area = Area("nation", "nation", "全国", "China", tuple(cities))
    return briefing_page(make_briefing(forecast_of(cities), area, Consultation()))


def shown(page, tmp_path, act=""):
    """The document after the browser has shown the page and done `act`; no error is suffered."""
    file = tmp_path / "page.html"
    changed = page.replace("<head>", f"<head>{NOTICE}").replace(
        "</body>", f"<script>{act}</script></body>"
    )
    file.write_text(changed, encoding="utf-8")
    done = subprocess.run(
        [BROWSER, *OPTIONS, f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", file.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    error = re.search(r'data-error="([^"]*)"', done.stdout)
    assert error is None, error and error.group(1)
    return re.sub(r"<script.*?</script>", "", done.stdout, flags=re.S)


def names(document):
    """Cities of the heat table, in the order shown."""
    table = document.split('id="heat"')[1].split("</table>")[0]
    return re.findall(r'<td class="name">([^<]*)</td>', table)


def test_forty_cities_are_shown_whole_and_small(page, tmp_path):
    document = shown(page, tmp_path)
    assert len(names(document)) == 40
    assert document.count("<svg") == 5  # members, episodes, fan, probabilities, map
    assert "【模拟数据】试验空气质量预报：全国" in document
    for step in ("实况回顾", "形势分析", "客观预报", "会商研判", "发布评估"):
        assert step in document
    assert "NaN" not in document and "undefined" not in document
    assert len(page.encode()) < 3_000_000


def test_language_search_city_and_order(page, tmp_path):
    act = """
      document.getElementById('language').click();
      const box = document.getElementById('search');
      box.value = 'City1'; box.dispatchEvent(new Event('input'));
      const city = document.getElementById('city');
      city.value = '3'; city.dispatchEvent(new Event('change'));
    """
    document = shown(page, tmp_path, act)
    assert "Trial: air quality forecast: China" in document and "4 Consultation" in document
    assert names(document) == ["City1", *[f"City1{k}" for k in range(10)]]
    assert "AQI fan City3" in document


def test_a_column_sorts_by_key_and_back(page, tmp_path):
    press = """
      const press = () => document.querySelector('#heat th:nth-child(2)')
        .dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', bubbles: true}));
      press();
    """
    down = shown(page, tmp_path, press)
    table = down.split('id="heat"')[1].split("</table>")[0]
    rows = [re.findall(r">(\d+)–(\d+)</td>", row) for row in table.split("<tr>")]
    first = [sum(map(int, row[0])) for row in rows if row]
    assert len(first) == 40 and first == sorted(first, reverse=True)
    up = shown(page, tmp_path, press + "press();")
    assert names(up) != names(down) and sorted(names(up)) == sorted(names(down))


@pytest.mark.parametrize(
    ("act", "order"),
    [
        ("", ["b", "A", "c", "d"]),
        ("heads[1].click();", ["A", "c", "b", "d"]),  # the largest first, nothing last
        ("heads[1].click(); heads[1].click();", ["b", "c", "A", "d"]),
        ("heads[0].dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter'}));",
         ["d", "c", "b", "A"]),
    ],
)  # fmt: skip
def test_a_table_of_the_performance_report_is_sorted(tmp_path, act, order):
    nan = float("nan")
    values = {"b": -0.2, "A": 0.1, "c": 0.05, "d": nan}
    rows = [[name, Figure(value, nan, nan, 9)] for name, value in values.items()]
    columns = (Column("name", "text"), Column("gain", "points"))
    table = Table("t", "t", "", columns, rows, {})
    page = performance_page(Report("t", "", (), [table]), "en")
    document = shown(page, tmp_path, f"const heads = document.querySelectorAll('th'); {act}")
    assert re.findall(r'<td class="name"[^>]*>([^<]*)</td>', document) == order


def test_the_library_of_cases_searches_sorts_and_changes_its_language(tmp_path):
    row = {
        "first": "2015-12-06", "last": "2015-12-10", "level": "city", "simulated": "no",
        "peak_day": "2015-12-08", "peak_level": {"zh": "重度污染", "en": "heavy pollution"},
        "primary": ["PM2.5"], "held": True, "first_lead": 3.0, "unexplained": None,
    }  # fmt: skip
    rows = [
        {**row, "name": name, "area": name, "area_zh": zh, "area_en": name, "peak": peak}
        for name, zh, peak in (("Beijing", "北京", 278.0), ("Tianjin", "天津", 310.0))
    ]
    page = write_library(tmp_path, rows, "zh").read_text(encoding="utf-8")
    act = """
      document.querySelector('main[lang=zh] .language').click();
      const head = document.querySelector('main[lang=en] th:nth-child(4)');
      head.click(); head.click();
      const box = document.querySelector('main[lang=zh] input');
      box.value = '12月 天津'; box.dispatchEvent(new Event('input'));
    """
    document = shown(page, tmp_path, act)
    chinese, english = document.split('<main lang="en"')
    assert '<html lang="en">' in document and '<main lang="zh" hidden="">' in chinese
    assert english.index("Tianjin.html") < english.index("Beijing.html")  # the highest peak first
    hidden = re.findall(r'<tr data-search="[^"]*"( hidden="")?>', chinese)
    assert hidden == [' hidden=""', ""]
