"""The performance report as tables, page and workbook, and the command."""

from __future__ import annotations

import re
import shutil
import sys

import numpy as np
import openpyxl
import pandas as pd
import pytest
from performance_inputs import AREAS, decided, observed_of
from typer.testing import CliRunner

from forecast.cli.main import app
from forecast.consultation.performance.figures import Figure, performance
from forecast.consultation.performance.layout import Column, Report, Table
from forecast.consultation.performance.page import performance_page
from forecast.consultation.performance.periods import periods_of
from forecast.consultation.performance.report import report_span
from forecast.consultation.performance.tables import report_of
from forecast.consultation.performance.words import WORDS
from forecast.consultation.performance.workbook import write_performance
from forecast.errors import ConfigError, InputError, MissingExtraError
from forecast.evaluation import Evaluation, evaluate
from forecast.issued import latest_files, read_issued, write_issued
from forecast.workspace import Workspace

UNTIL, ISSUE = pd.Timestamp("2014-02-10"), pd.Timestamp("2014-02-20")


def reported(areas=AREAS, *, lang="en", adjusted=True):
    decisions = decided(adjusted=adjusted)
    periods = periods_of(pd.Timestamp("2015-12-01"), pd.Timestamp("2015-12-31"), "month")
    (found,) = performance(decisions, observed_of(), areas, periods, Evaluation())
    return report_of(found, areas, decisions, confidence=0.9, fewest_pairs=3, lang=lang)


def rows_of(report, name):
    (table,) = [t for t in report.tables if t.name == name]
    titles = [c.title for c in table.columns]
    return [dict(zip(titles, row, strict=True)) for row in table.rows]


def test_a_report_says_what_is_simulated_and_what_is_missing():
    report = reported()
    assert report.title.startswith("[SIMULATED DATA] Trial") and report.title.endswith("2015-12")
    assert report.incomplete == (
        "INCOMPLETE: 3 of the 31 days of 2015-12-01 to 2015-12-31 have pairs (2015-12-01 to "
        "2015-12-03)."
    )
    assert report.lines[0] == "Pairs adjusted in consultation: 1."
    assert "HJ 633-2012" in report.lines[-1] and "90 %" in report.lines[-1]
    chinese = reported(lang="zh", adjusted=False)
    assert chinese.title == "【模拟数据】试验空气质量预报 · 预报评估报告 · 2015-12"
    assert "全期2015-12-01至2015-12-31共31天，其中3天有样本" in chinese.incomplete
    assert chinese.lines[0].startswith("本期没有经会商调整的预报")


def test_tables_of_leads_areas_and_adjustments():
    report = reported()
    # the region is all cities, the whole again
    assert [t.name for t in report.tables] == [
        *("By lead", "Ranking provinces", "Ranking cities", "Provinces", "Cities"),
        *("Value added", "Levels"),
    ]
    rows = rows_of(report, "By lead")
    assert [(r["lead, days"], r["forecast"], r["pairs"]) for r in rows] == [
        ("1", "issued", 3), ("1", "guidance", 3), ("1", "persistence", 1),
        ("2", "issued", 3), ("2", "guidance", 3),
        ("1–2", "issued", 6), ("1–2", "guidance", 6), ("1–2", "persistence", 1),
        ("all", "issued", 6), ("all", "guidance", 6), ("all", "persistence", 1),
    ]  # fmt: skip
    whole = rows[-3]
    assert whole["level"].value == pytest.approx(2 / 6) and whole["primary pairs"] == 5
    assert (whole["heavy observed"], whole["heavy forecast"]) == (2, 2)
    cities = rows_of(report, "Cities")
    assert [(r["city"], r["pairs"], r["level: persistence"].pairs) for r in cities] == [
        ("A", 4, 0), ("B", 2, 1),
    ]  # fmt: skip
    provinces = rows_of(report, "Provinces")
    assert [(r["province"], r["cities"]) for r in provinces] == [("P", 1), ("Q", 1)]
    ranks = rows_of(report, "Ranking cities")
    assert [(r["rank"], r["city"], r["against the first"]) for r in ranks] == [
        (1, "A", "no interval"), (None, "B", "few pairs, not ranked"),
    ]  # fmt: skip
    added = rows_of(report, "Value added")
    assert [(r["area"], r["lead, days"]) for r in added] == [
        ("Land", "1"), ("Land", "2"), ("Land", "1–2"), ("Land", "all"), ("P", "1–2"),
        ("Q", "1–2"), ("A", "1–2"), ("B", "1–2"),
        ("province", "1–2"), ("province", "all"),
    ]  # fmt: skip
    by_role = added[-1]
    # the one pair that the province adjusted: right as issued, wrong as guidance said
    assert by_role["level of area"] == "adjusted by" and by_role["pairs"] == 1
    assert by_role["level"].value == 1.0 and by_role["range"].value == 1.0
    assert added[3]["level"].value == pytest.approx(1 / 6)
    heavy = rows_of(report, "Levels")[4]
    assert heavy["observed"] == "heavy pollution" and heavy["moderate pollution"] == 1
    assert heavy["level"][::3] == (1 / 2, 2)


def test_without_adjustments_guidance_is_not_repeated():
    report = reported(adjusted=False)
    assert "Value added" not in [t.name for t in report.tables]
    assert "guidance" not in {r["forecast"] for r in rows_of(report, "By lead")}
    assert "level: guidance" not in rows_of(report, "Cities")[0]


ODD = "=1+1<script>alert(1)</script>&\"'"


def odd_report():
    """A table with every form of a column, and a name that would be code."""
    columns = (
        Column(ODD, "text"), Column("n", "count"), Column("s", "share", ("interval", "pairs")),
        Column("p", "points", ("interval",)), Column("w", "number"), Column("t", "ratio"),
    )  # fmt: skip
    nan = float("nan")
    rows = [
        [ODD, 1234, Figure(0.714, 0.66, 0.761, 1234), Figure(-0.0312, -0.05, 0.0001, 9),
         Figure(41.25, nan, nan, 9), Figure(0.5, nan, nan, 9)],
        ["b", None, Figure(nan, nan, nan, 0), Figure(0.02, nan, nan, 9), Figure(3.0, nan, nan, 9),
         Figure(nan, nan, nan, 9)],
    ]  # fmt: skip
    table = Table("Sheet", ODD, ODD, columns, rows, {(0, 0): "#7e0023", (-1, 1): "#ffff00"})
    return Report(ODD, "", (ODD,), [table])


def test_the_page_needs_nothing_else_and_shows_text_as_text():
    page = performance_page(odd_report(), "en")
    assert "<script>alert" not in page and page.count("<script>") == 1
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;&amp;&quot;&#x27;") == 8
    assert not re.search(r"(?:src|href)=|https?://|@import|url\(", page)
    assert "A4 landscape" in page and '<table class="sortable">' in page
    assert not re.search(r"<!--|/\*[A-Z]+\*/", page)


def test_figures_on_the_page():
    page = performance_page(odd_report(), "en")
    first, second = (re.findall(r"<td[^>]*>.*?</td>", row) for row in page.split("<tr>")[2:4])
    assert first[0].startswith(
        '<td class="name" style="background:#7e0023;color:#fff" data-key="=1'
    )
    assert first[1:] == [
        '<td data-key="1234">1,234</td>',
        '<td data-key="0.714">71.4 <small>[66.0, 76.1]</small> <small>(1,234)</small></td>',
        '<td data-key="-0.0312">-3.1 <small>[-5.0, 0.0]</small></td>',
        '<td data-key="41.25">41.2</td>',
        '<td data-key="0.5">0.50</td>',
    ]
    assert second[1:] == [
        '<td data-key="">–</td>', '<td data-key="">–</td>', '<td data-key="0.02">+2.0</td>',
        '<td data-key="3">3.0</td>', '<td data-key="">–</td>',
    ]  # fmt: skip
    assert '<th scope="col" style="background:#ffff00;color:#1c2430">n</th>' in page
    assert '<th scope="col">s %</th>' in page


def test_the_workbook_holds_numbers_and_no_formula(tmp_path):
    path = write_performance(odd_report(), tmp_path / "a" / "2015-12.xlsx", "en")
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["About", "Sheet"]
    sheet = book["Sheet"]
    assert sheet.freeze_panes == "A4" and sheet["A1"].data_type == "s"
    heads = [c.value for c in sheet[3]]
    assert heads == [ODD, "n", "s", "s low", "s high", "s pairs", "p", "p low", "p high", "w", "t"]
    assert [c.value for c in sheet[4]] == [
        ODD, 1234, 0.714, 0.66, 0.761, 1234, -0.0312, -0.05, 0.0001, 41.25, 0.5,
    ]  # fmt: skip
    assert [c.value for c in sheet[5]] == [
        "b", None, None, None, None, 0, 0.02, None, None, 3, None,
    ]  # fmt: skip
    assert sheet["A4"].data_type == "s" and sheet["C4"].data_type == "n"
    formats = {cell: sheet[cell].number_format for cell in ("B4", "C4", "F4", "G4", "K4")}
    assert formats == {
        "B4": "0", "C4": "0.0%", "F4": "0", "G4": "+0.0%;-0.0%;0.0%", "K4": "0.00",
    }  # fmt: skip
    assert sheet["A4"].fill.start_color.rgb == "007E0023"
    assert sheet["B3"].fill.start_color.rgb == "00FFFF00"
    assert sheet.column_dimensions["A"].width == 30 and sheet.column_dimensions["B"].width == 8


def test_every_sheet_name_can_be_one():
    names = [v[lang] for k, v in WORDS.items() if k.endswith("_sheet") for lang in ("zh", "en")]
    assert all(len(name) <= 31 and not re.search(r"[\[\]:*?/\\]", name) for name in names)


@pytest.fixture(scope="module")
def adjusted_world(ready, tmp_path_factory):
    """The three issues of the small world, the second adjusted, in a workspace of their own."""
    folder = tmp_path_factory.mktemp("report") / "workspace"
    shutil.copytree(ready[1].folder, folder)
    workspace = Workspace(folder)
    second = read_issued(workspace.issued / "2014-02-19.nc")
    changed = second.copy(deep=True)
    for name in ("aqi_low", "aqi_high", "level", "primary"):
        changed[f"guidance_{name}"] = second[name]
    changed["level"][0] = 6
    changed["aqi_low"][0], changed["aqi_high"][0] = 305.0, 355.0
    write_issued(changed, workspace.issued)
    return ready[0].model_copy(update={"workspace": folder}), workspace


def test_the_whole_agrees_with_verify(adjusted_world):
    config, workspace = adjusted_world
    span = (pd.Timestamp("2014-02-19"), pd.Timestamp("2014-02-24"))
    written, without = report_span(config, workspace, *span, lang="en")
    assert [p.relative_to(workspace.products).as_posix() for p in written] == [
        "performance/2014-02.xlsx", "performance/2014-02.html",
    ]  # fmt: skip
    assert without == []
    sheet = openpyxl.load_workbook(written[0])["By lead"]
    assert sheet["A1"].value.startswith("[SIMULATED DATA]")
    assert sheet["A2"].value.startswith("INCOMPLETE: 6 of the 28 days")
    titles, *rows = [[c.value for c in row] for row in sheet.iter_rows(min_row=3)]
    got = {(r[0], r[1]): dict(zip(titles, r, strict=True)) for r in rows}
    table = evaluate(latest_files(workspace.issued), workspace.observed_daily(), config.evaluation)
    table = table[(table["place_kind"] == "city") & (table["pollutant"] == "aqi")]
    table = table[table["group"] == "all"].set_index(["model", "lead", "score"])
    models = {"issued": "ensemble", "guidance": "unadjusted", "persistence": "persistence"}
    scores = {"level": "level_accuracy", "cross-level": "level_range_accuracy"}
    scores |= {"range": "range_accuracy", "mean width": "mean_width", "over": "over_rate"}
    scores |= {"under": "under_rate", "primary": "category_accuracy"}
    for (lead, model), row in got.items():
        if lead == "1–3" or model not in models:
            continue
        at = lead if lead == "all" else int(lead)
        for title, score in scores.items():
            own = table.loc[(models[model], at, score)]
            expected = own["value"].iloc[0] if isinstance(own, pd.DataFrame) else own["value"]
            value = np.nan if row[title] is None else row[title]
            assert value == pytest.approx(expected, nan_ok=True), (lead, model, title)
    assert got["1", "issued"]["level"] != got["1", "guidance"]["level"]
    page = written[1].read_text(encoding="utf-8")
    assert "SIMULATED DATA" in page and "INCOMPLETE: 6 of the 28 days" in page


def test_the_command_writes_and_says_what_it_cannot(adjusted_world, small_world):
    _, workspace = adjusted_world
    runner = CliRunner()
    base = ["report", str(small_world.config_file), "--workspace", str(workspace.folder)]
    span = ["--from", "2013-12-01", "--to", "2014-03-31", "--period", "quarter"]
    done = runner.invoke(app, [*base, *span, "--format", "html", "--lang", "zh"])
    assert done.exit_code == 0, done.output
    assert "2014-Q1.html" in done.output and "2013-Q4没有样本" in done.output
    page = (workspace.products / "performance" / "2014-Q1.html").read_text(encoding="utf-8")
    assert "【模拟数据】" in page and 'lang="zh"' in page and "会商调整的增益" in page
    assert not (workspace.products / "performance" / "2013-Q4.html").exists()


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"formats": "pdf"}, ConfigError, "--format: 'pdf' is unknown; known are xlsx, html"),
        ({"last": pd.Timestamp("2014-02-01")}, ConfigError, "--to 2014-02-01 is before --from"),
        (
            {"first": pd.Timestamp("2014-05-01"), "last": pd.Timestamp("2014-05-31")},
            InputError,
            "nothing issued for 2014-05-01 to 2014-05-31; there are issues of 2014-02-18 to",
        ),
        ({"backtest": "latest"}, InputError, "no back-test 'latest'"),
    ],
)
def test_what_cannot_be_reported_is_said(adjusted_world, change, error, message):
    config, workspace = adjusted_world
    given = {"first": pd.Timestamp("2014-02-19"), "last": pd.Timestamp("2014-02-24"), **change}
    first, last = given.pop("first"), given.pop("last")
    with pytest.raises(error, match=message):
        report_span(config, workspace, first, last, **given)


def test_nothing_issued_and_nothing_observed(adjusted_world, tmp_path, monkeypatch):
    config, workspace = adjusted_world
    span = (pd.Timestamp("2014-02-19"), pd.Timestamp("2014-02-24"))
    with pytest.raises(InputError, match="2014-02-24; run `wubu issue` or `wubu backtest` first"):
        report_span(config, Workspace(tmp_path), *span)
    seen = workspace.observed_daily()
    monkeypatch.setattr(Workspace, "observed_daily", lambda _: seen.sel(day=slice("2014-02-01")))
    with pytest.raises(InputError, match="none of the forecasts for 2014-02-19 to 2014-02-24"):
        report_span(config, workspace, *span)
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(MissingExtraError, match=r"wubu\[report\]"):
        report_span(config, workspace, *span)
