"""The briefing of a forecast of the small world, and everything written from it."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from zlib import crc32

import docx
import numpy as np
import openpyxl
import pandas as pd
import pytest
import xarray as xr
from bulletin_checker import contradictions
from jsonschema import ValidationError, validate
from typer.testing import CliRunner

from forecast.cli.main import app
from forecast.cli.show_scores import show_scores
from forecast.consultation import consult as consult_module
from forecast.consultation.areas import Area, areas_of, parts_of
from forecast.consultation.briefing import STEPS, make_briefing
from forecast.consultation.consult import consult_day
from forecast.consultation.consulted import read_consulted
from forecast.consultation.dispersion import dispersion
from forecast.consultation.products.exchange import briefing_table, city_records, geojson
from forecast.consultation.products.page import briefing_page, page_part
from forecast.consultation.products.wording import area_bulletin
from forecast.consultation.products.workbook import ADJUST
from forecast.consultation.products.writers import FORMATS, write_briefing
from forecast.consultation.review import year_on_year
from forecast.consultation.roll_up import area_days
from forecast.consultation.settings import Consultation
from forecast.errors import ConfigError, InputError
from forecast.evaluation import evaluate
from forecast.issued import latest_files, read_issued
from forecast.known import known_at
from forecast.workspace import Workspace

ISSUE = pd.Timestamp("2014-02-20")


def test_it_holds_the_five_steps_as_plain_values(briefing):
    assert set(briefing) == {"head", "cities", *STEPS}
    assert json.loads(json.dumps(briefing, allow_nan=False)) == briefing
    assert briefing["head"]["simulated"] == "data" and "模拟" in briefing["head"]["title"]["zh"]
    assert [d["lead"] for d in briefing["consultation"]["days"]] == [1, 2, 3, 4]


def test_review_is_what_was_observed_and_forecast(ready, issued, briefing):
    _, workspace = ready
    daily = workspace.observed_daily()
    cities = [c["city"] for c in briefing["cities"]]
    last = briefing["review"]["days"][-1]
    assert last["day"] == "2014-02-20" and len(briefing["review"]["days"]) == 7
    aqi = daily["aqi"].sel(place=cities, day=ISSUE).values
    assert last["aqi"] == pytest.approx(aqi.mean(), abs=1e-4)
    assert last["worst"][0]["aqi"] == aqi.max() and sum(last["levels"].values()) == len(cities)
    # what was said of that day: two days before at lead 2, the day before at lead 1
    said = {f["lead"]: f for f in briefing["review"]["forecasts"]}
    assert {k: f["pairs"] for k, f in said.items()} == {1: len(cities), 2: len(cities)}
    before = read_issued(latest_files(workspace.issued)[ISSUE - pd.Timedelta(days=2)])
    own = before.sel(place=cities).isel(lead=1)
    assert said[2]["low"] == pytest.approx(float(own["aqi_low"].mean()), abs=1e-3)
    assert said[2]["aqi"] == pytest.approx(aqi.mean(), abs=1e-3)
    # two issues before: the first was seen at leads 1 and 2, the second at lead 1
    found = {f["lead"]: f for f in briefing["evaluation"]["leads"]}
    assert {k: f["pairs"] for k, f in found.items()} == {1: 2 * len(cities), 2: len(cities)}
    middle = (own["aqi_low"] + own["aqi_high"]) / 2
    assert found[2]["error"] == pytest.approx(float((middle.values - aqi).mean()), abs=1e-3)
    level = daily["level"].sel(place=cities, day=ISSUE).values
    assert found[2]["level"] == pytest.approx((own["level"].values == level).mean(), abs=1e-4)
    kept = daily["level"].sel(place=cities, day=ISSUE - pd.Timedelta(days=2)).values
    assert found[2]["persistence"] == pytest.approx((kept == level).mean(), abs=1e-4)
    assert found[2]["guidance"] == found[2]["level"]  # nothing was adjusted
    assert {c["city"] for c in briefing["evaluation"]["cities"]} == set(cities)
    assert briefing["review"]["year_on_year"] is None  # no winter before is known


def test_year_on_year_compares_the_days_both_years_have():
    days = pd.date_range("2014-01-22", "2015-02-20")
    aqi = np.where(days.year == 2014, 100.0, 150.0)[:, None] * [1.0, 2.0]
    aqi[days == "2015-02-10", 0] = np.nan
    seen = xr.Dataset(
        {"aqi": (("day", "place"), aqi), "pm25": (("day", "place"), aqi / 2)},
        {"day": days, "place": ["A", "B"]},
    )
    area = Area("nation", "nation", "全国", "China", ("A", "B"))
    found = year_on_year(seen, area, pd.Timestamp("2015-02-20"))
    # 30 days of two cities but one; later days are not looked at
    assert found["pairs"] == 59
    assert found["aqi"] == pytest.approx((29 * 150 + 30 * 300) / 59)
    assert found["aqi_before"] == pytest.approx((29 * 100 + 30 * 200) / 59)
    assert found["pm25"] == pytest.approx(found["aqi"] / 2)
    assert year_on_year(seen, area, pd.Timestamp("2014-06-01")) is None


def test_cities_bear_the_numbers_of_the_issued_file(issued, briefing):
    for city in briefing["cities"]:
        own = issued.sel(place=city["city"])
        for k, day in enumerate(city["days"]):
            assert (day["low"], day["high"]) == (own["aqi_low"][k], own["aqi_high"][k])
            assert day["level"] == own["level"][k]
            assert day["heavy"] == pytest.approx(float(own["heavy_probability"][k]), abs=1e-4)
            np.testing.assert_allclose(sum(day["levels"]), 1, atol=1e-3)
            assert sorted(day["fan"]) == day["fan"]


def test_area_days_by_hand(issued):
    area = areas_of(issued)[0]
    rows = area_days(issued, area)
    own = issued.sel(place=list(area.cities))
    aqi = own["scenario_aqi"].transpose("scenario", "lead", "place").values
    np.testing.assert_allclose(rows["heavy_probability"], (aqi > 200).any(axis=2).mean(axis=0))
    np.testing.assert_allclose(rows["heavy_cities"], (aqi > 200).sum(axis=2).mean(axis=0))
    np.testing.assert_allclose(
        rows["aqi_mean"], np.quantile(aqi.mean(axis=2), 0.5, axis=0, method="hazen"), rtol=1e-6
    )
    levels = rows[[f"level_{n}" for n in range(1, 7)]].to_numpy()
    assert (levels.sum(axis=1) == len(area.cities)).all()
    # all weight on one city: its own scenarios
    first = area.cities[0]
    alone = area_days(issued, area, {c: float(c == first) for c in area.cities})
    expected = np.quantile(aqi[:, :, 0], 0.9, axis=0, method="hazen")
    np.testing.assert_allclose(alone["aqi_mean_high"], expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("weights", "message"),
    [(None, "no weight of"), (-1.0, "must be positive"), (0.0, "must be positive")],
)
def test_bad_weights(issued, weights, message):
    area = areas_of(issued)[0]
    given = {} if weights is None else dict.fromkeys(area.cities, weights)
    with pytest.raises(ValueError, match=message):
        area_days(issued, area, given)


def test_dispersion_is_the_rank_of_the_wind_in_its_season(ready):
    config, workspace = ready
    day = pd.Timestamp("2014-04-10")  # the spring before is known
    known = known_at(workspace, config, day)
    found = dispersion(known, day)
    forecast = known.weather(pd.DatetimeIndex([day]))["ensemble"].isel(issue=0)
    stations = known.stations.index[known.stations["city"] == found["place"].values[0]]
    speed = np.hypot(forecast["u10"], forecast["v10"]) if "ws" not in forecast else forecast["ws"]
    expected = speed.sel(place=list(stations)).mean(["member", "place"]).values
    np.testing.assert_allclose(found["ws"].values[:, 0], expected, rtol=1e-5)
    rank, classes = found["rank"].values, found["dispersion"].values
    assert ((rank >= 0) & (rank <= 1)).all()
    np.testing.assert_array_equal(classes, np.minimum(np.floor(rank * 3), 2))


def heavier(issued):
    """The same forecast with a polluted middle: heavy scenarios in one city and in both."""
    data = issued.copy(deep=True)
    cities = np.flatnonzero(data["kind"].values == "city")
    data["scenario_aqi"][:, 1:3, cities[0]] = 260.0
    data["scenario_aqi"][:15, 1, cities[1]] = 230.0
    data["heavy_probability"][1:3, cities[0]] = 1.0
    data["heavy_probability"][1, cities[1]] = 0.3
    data["level"][1:3, cities[0]] = 5
    data["aqi_low"][1:3, cities[0]], data["aqi_high"][1:3, cities[0]] = 235.0, 285.0
    return data


@pytest.mark.parametrize("change", [lambda d: d, heavier])
@pytest.mark.parametrize("position", [0, -1, -2])
def test_the_text_says_nothing_that_the_file_does_not_hold(issued, change, position):
    data = change(issued)
    areas = areas_of(data)
    area = areas[position]
    parts = parts_of(area, areas)
    made = make_briefing(data, area, Consultation(), parts=parts)
    text = area_bulletin(made, "zh")
    assert contradictions(text, data, area.cities, parts) == []
    assert text.startswith("【模拟数据】")
    english = area_bulletin(made, "en")
    assert english.startswith("[SIMULATED DATA]")
    # both languages bear the same percentages
    assert re.findall(r"\d+%", text) == re.findall(r"\d+%", english)


def test_a_false_text_is_noticed(issued):
    data = heavier(issued)
    area = areas_of(data)[0]
    text = area_bulletin(make_briefing(data, area, Consultation()), "zh")
    assert contradictions(text, data, area.cities) == []
    for true, false in (
        ("最高概率100%", "最高概率90%"), ("过程：预计", "过程：可能"), ("，概率100%", "，概率99%"),
        ("峰值AQI 260", "峰值AQI 261"), ("2月23日结束", "2月24日结束"), ("约24小时", "约48小时"),
    ):  # fmt: skip
        assert true in text and contradictions(text.replace(true, false), data, area.cities)


def test_an_episode_is_told_with_its_warnings(issued):
    data = heavier(issued)
    made = make_briefing(data, areas_of(data)[0], Consultation())
    (episode,) = made["consultation"]["episodes"]
    assert episode["probability"] == 1.0 and episode["colours"]["orange"] == 1.0
    text = area_bulletin(made, "zh")
    assert "重污染过程：预计2月22日—23日出现，概率100%" in text
    assert "期间达到预警条件的概率：黄色100%，橙色100%，红色" in text and "2024年规则" in text
    assert "健康提示（重度污染）：儿童、老年人" in text
    data["scenario_aqi"][:] = 80.0
    data["heavy_probability"][:] = 0.0
    calm = area_bulletin(make_briefing(data, areas_of(data)[0], Consultation()), "zh")
    assert "\n无重污染过程：各城市各日重度及以上污染的概率均不超过0%。" in calm


def test_nothing_forecast_is_said_so(issued):
    data = issued.copy(deep=True)
    for name in ("aqi_low", "aqi_high", "scenario_aqi", "heavy_probability"):
        data[name][:] = np.nan
    data["level"][:] = 0
    data["primary"][:] = -1
    made = make_briefing(data, areas_of(data)[0], Consultation())
    assert area_bulletin(made, "zh").endswith("无可用预报。\n")
    assert "No forecast" in area_bulletin(made, "en")
    assert city_records(made)[0]["ForecastInfo"] == "无"
    assert "无可用预报" in briefing_page(made)


def test_the_page_needs_nothing_else_and_shows_text_as_text(briefing):
    briefing = json.loads(json.dumps(briefing))
    briefing["cities"][0]["name"] = "</script><script>alert(1)</script>&\u2028"
    page = briefing_page(briefing)
    assert not re.search(r'(?:src|href)="(?!#)', page) and "http://www.w3.org" in page
    assert len(re.findall(r"https?://", page)) == 1  # the name space of SVG, no address
    assert page.count("<script") == 2 and "alert(1)</script>" not in page
    block = re.search(r'<script id="data" type="application/json">(.*?)</script>', page, re.S)
    data = json.loads(block.group(1))
    assert data["cities"] == briefing["cities"] and data["lang"] == "zh"
    assert len(page.encode()) < 200_000


def test_tables_and_points(briefing):
    table = briefing_table(briefing)
    assert len(table) == 4 * len(briefing["cities"])
    first = briefing["cities"][0]["days"][0]
    assert table["low"].iloc[0] == first["low"] and table["primary"].iloc[0] == " ".join(
        first["primary"]
    )
    points = geojson(briefing)
    assert points["type"] == "FeatureCollection"
    lon, lat = points["features"][0]["geometry"]["coordinates"]
    assert (lon, lat) == (briefing["cities"][0]["lon"], briefing["cities"][0]["lat"])
    validate(city_records(briefing), json.loads(page_part("records.schema.json")))
    record = city_records(briefing)[0]
    assert record["Days"][0]["MinAQI"] == first["low"]
    assert record["Days"][0]["Level"] == briefing["head"]["levels"][first["level"] - 1]["zh"]


@pytest.mark.parametrize(
    ("field", "value"), [("MinAQI", 12.5), ("Level", "heavy"), ("Pollutant", "dust"), ("Extra", 1)]
)
def test_the_schema_refuses_another_record(briefing, field, value):
    records = city_records(briefing)
    records[0]["Days"][0][field] = value
    with pytest.raises(ValidationError):
        validate(records, json.loads(page_part("records.schema.json")))


def test_a_record_names_the_likely_warning(issued):
    data = heavier(issued)
    made = make_briefing(data, areas_of(data)[0], Consultation())
    warned, other = (city_records(made)[k] for k in (0, 1))
    assert warned["WarningLevel"] == "橙色"
    assert warned["WarningInfo"].startswith("2014-02-22至2014-02-23")
    assert other["WarningLevel"] == "无" and other["WarningInfo"] == "无"


def test_no_cell_is_a_formula_and_no_name_a_path(briefing, tmp_path):
    briefing = json.loads(json.dumps(briefing))
    briefing["head"]["area"]["name"] = "../../x"
    briefing["cities"][0]["name"] = "=1+1"
    (path,) = write_briefing(briefing, tmp_path, ("csv",))
    assert path.parent == tmp_path and path.name == f"nation-______x-{crc32(b'../../x'):08x}.csv"
    assert "'=1+1" in path.read_text(encoding="utf-8")


def test_consult_writes_every_format_of_every_area(ready):
    config, workspace = ready
    written, texts, _ = consult_day(config, workspace, ISSUE, "city", formats=",".join(FORMATS))
    assert len(texts) == 2
    # two bulletins, and a schema that both share
    assert len(written) == len(set(written)) == 2 * (len(FORMATS) + 1) + 1
    assert all(p.exists() and p.stat().st_size for p in written)
    assert {p.parent.name for p in written} == {"2014-02-20"}


def test_an_edited_workbook_is_issued_as_a_revision(ready, tmp_path_factory, capsys):
    config, workspace = ready
    folder = tmp_path_factory.mktemp("revised") / "workspace"
    shutil.copytree(workspace.folder, folder)
    own = Workspace(folder)
    day = ISSUE - pd.Timedelta(days=1)
    written = consult_day(config, own, day, formats="xlsx").written
    with pytest.raises(InputError, match="no row of the sheet of adjustments is filled in"):
        consult_day(config, own, day, adjust=[written[0]])
    assert latest_files(own.issued)[day].name == "2014-02-19.nc"
    book = openpyxl.load_workbook(written[0])
    changes = {"I4": 305, "J4": 380, "K4": 6, "L4": "PM10", "M4": "沙尘", "N4": "王"}
    for cell, value in changes.items():
        book[ADJUST][cell] = value
    book.save(written[0])
    before = read_issued(latest_files(own.issued)[day])
    made, (text,), _ = consult_day(config, own, day, adjust=[written[0]], formats="txt", lang="en")
    assert made[0].name == "2014-02-19.r2.nc" and "revision 2" in text
    assert "Adjusted in consultation: level, range and primary pollutant of 1 city days" in text
    # the table and bulletins of the issue are those of the revision, in a folder of their own
    assert {p.parent.name for p in made[1:]} == {"2014-02-19.r2"}
    assert "305" in (made[1].parent / "table.csv").read_text(encoding="utf-8")
    after = read_issued(made[0])
    city = book[ADJUST]["A4"].value
    assert after["aqi_high"].sel(place=city)[0] == 380 and after["level"].sel(place=city)[0] == 6
    assert after["guidance_aqi_high"].equals(before["aqi_high"])
    # scored as issued, also beside days that were not adjusted
    table = evaluate(latest_files(own.issued), own.observed_daily(), config.evaluation)
    # the one day adjusted, of city A at lead 1, is the only difference
    city_rows = (table["place_kind"] == "city") & (table["lead"] == "all")
    width = table[city_rows & (table["score"] == "mean_width") & (table["group"] == "all")]
    width = width.set_index("model")
    assert width.loc["unadjusted", "pairs"] == width.loc["ensemble", "pairs"] > 0
    added = width.loc["ensemble", "value"] - width.loc["unadjusted", "value"]
    old = float((before["aqi_high"] - before["aqi_low"]).sel(place=city)[0])
    assert added * width.loc["ensemble", "pairs"] == pytest.approx(75 - old)
    show_scores(table, "zh", simulated=True)
    assert "会商调整的增益：发布值（调整前）" in capsys.readouterr().out


def test_nothing_is_issued_when_a_product_cannot_be_made(ready, tmp_path_factory, monkeypatch):
    config, workspace = ready
    folder = tmp_path_factory.mktemp("broken") / "workspace"
    shutil.copytree(workspace.folder, folder)
    own = Workspace(folder)
    issued = read_issued(latest_files(own.issued)[ISSUE])
    city, day = issued["place"].values[-1].item(), issued["valid_day"].values[0]
    row = {"city": city, "day": f"{pd.Timestamp(day):%Y-%m-%d}", "low": 60, "high": 90, "level": 2,
           "primary": "PM2.5", "reason": "r", "author": "a"}  # fmt: skip
    content = {"issue": "2014-02-20", "revision": 1, "level": "city", "area": city,
               "made": "2014-02-20T07:30Z", "adjustments": [row]}  # fmt: skip
    file = folder / "a.json"
    file.write_text(json.dumps(content), encoding="utf-8")
    before = {p for p in own.products.rglob("*") if p.is_file()}

    def full(*_):
        raise OSError(28, "No space left on device", "x.csv")

    monkeypatch.setattr(consult_module, "write_briefing", full)
    with pytest.raises(OSError, match="No space left"):
        consult_day(config, own, ISSUE, adjust=[file], formats="csv")
    assert latest_files(own.issued)[ISSUE].name == "2014-02-20.nc"
    assert {p for p in own.products.rglob("*") if p.is_file()} == before
    monkeypatch.undo()
    made = consult_day(config, own, ISSUE, adjust=[file], formats="csv").written
    assert made[0].name == "2014-02-20.r2.nc" and all(p.is_file() for p in made)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.drop_vars("level_probability"), "level_probability is missing"),
        (lambda d: d.assign_attrs(revision="x"), "an attribute is damaged"),
        (lambda d: d.isel(place=d["kind"].values == "station"), "no city is forecast"),
        (lambda d: d.isel(place=[0, 0, -1]), "a place is there twice"),
        (lambda d: d.drop_attrs(deep=False), "attribute title is missing"),
    ],
)
def test_a_forecast_that_lacks_something_is_refused(issued, tmp_path, change, message):
    path = tmp_path / "2014-02-20.nc"
    change(issued).to_netcdf(path)
    with pytest.raises(InputError, match=rf"2014-02-20\.nc: .*{message}"):
        read_consulted(path)


def test_command_in_both_languages(ready, small_world):
    _, workspace = ready
    runner = CliRunner()
    base = ["consult", str(small_world.config_file), "--workspace", str(workspace.folder)]
    for lang, said, step in (
        ("zh", "已写入", "四、会商研判"),
        ("en", "Written", "4 Consultation"),
    ):
        given = ["--date", "2014-02-20", "--format", "txt,docx,html", "--lang", lang]
        done = runner.invoke(app, [*base, *given])
        assert done.exit_code == 0 and said in done.output
        folder = workspace.products / "2014-02-20"
        document = docx.Document(str(folder / "nation-nation.docx"))
        assert step in [p.text for p in document.paragraphs]
        bulletin = (folder / f"nation-nation.{lang}.txt").read_text(encoding="utf-8")
        assert bulletin.splitlines()[1] in [p.text for p in document.paragraphs]
        page = (folder / "nation-nation.html").read_text(encoding="utf-8")
        assert f'"lang":"{lang}"' in page


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"adjust": [Path("nowhere.xlsx")]}, InputError, r"nowhere\.xlsx: no such file"),
        ({"adjust": [Path("x.xlsx")], "backtest": "latest"}, ConfigError, "a back-test is left as"),
        ({"formats": "pdf"}, ConfigError, "--format: 'pdf' is unknown; known are html"),
        ({"level": "province", "area": "X"}, InputError, "no province 'X'; there are: "),
        ({"level": "region", "area": "X"}, InputError, "no region 'X'; there are: "),
        ({"issue": pd.Timestamp("2014-02-26")}, InputError, "no forecast issued on 2014-02-26"),
        ({"backtest": "latest"}, InputError, "no back-test 'latest'"),
    ],
)
def test_what_cannot_be_written_is_said(ready, change, error, message):
    config, workspace = ready
    given = {"issue": ISSUE, "level": "nation", **change}
    with pytest.raises(error, match=message):
        consult_day(config, workspace, **given)
