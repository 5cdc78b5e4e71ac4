"""The case report of the small world: its numbers, what it may not see, its page, the library."""

from __future__ import annotations

import json
import re
import shutil
from html import escape

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from typer.testing import CliRunner

from forecast.cases import build_cases
from forecast.chain import issue_day, train_until
from forecast.cli.main import app, run
from forecast.config import load_config
from forecast.consultation.cases.analysed_weather import analyses_until, with_analyses
from forecast.consultation.cases.case import make_case, write_case
from forecast.consultation.cases.library import read_cases, search_cases, write_library
from forecast.consultation.cases.page import case_page
from forecast.consultation.cases.wording import case_lines
from forecast.errors import ConfigError, InputError
from forecast.known import known_at
from forecast.modelstore import load_ensemble
from forecast.weather.archive.analyses import NAME
from forecast.workspace import Workspace

UNTIL = pd.Timestamp("2013-10-15")
FIRST, LAST = pd.Timestamp("2014-01-31"), pd.Timestamp("2014-02-02")
DAY = pd.Timedelta(days=1)


@pytest.fixture(scope="module")
def ready(small_world, small_workspace, tmp_path_factory):
    """The small world with issues before and during three days, in a workspace of its own."""
    folder = tmp_path_factory.mktemp("case") / "workspace"
    shutil.copytree(small_workspace.workspace.folder, folder)
    config = load_config(small_world.config_file, workspace=folder)
    workspace = Workspace(folder)
    train_until(config, workspace, UNTIL)
    for issue in (FIRST - 2 * DAY, FIRST - DAY, LAST - DAY):
        issue_day(config, workspace, issue)
    return config, workspace


@pytest.fixture(scope="module")
def case(ready):
    config, workspace = ready
    return make_case(config, workspace, workspace.issued, FIRST, LAST)


def test_it_is_plain_values_and_says_that_the_data_are_simulated(case):
    assert json.loads(json.dumps(case, allow_nan=False)) == case
    assert case["head"]["simulated"] == "data"
    assert case["head"]["title"]["zh"].startswith("【模拟数据】")
    assert case["head"]["title"]["en"].startswith("[SIMULATED DATA]")
    assert case["head"]["days"] == ["2014-01-31", "2014-02-01", "2014-02-02"]


def test_what_was_observed_is_that_of_the_daily_file(ready, case):
    daily = ready[1].observed_daily().sel(day=slice(FIRST, LAST))
    cities = {c["city"]: c for c in case["observed"]["cities"]}
    assert len(cities) == 2
    for name, city in cities.items():
        own = daily.sel(place=name)
        np.testing.assert_array_equal(city["aqi"], own["aqi"].values)
        np.testing.assert_allclose(city["pm25"], own["pm25"].values, atol=1e-4)
        assert city["peak"] == own["aqi"].values.max()
        assert city["peak_day"] == case["head"]["days"][int(own["aqi"].values.argmax())]
        assert city["heavy_days"] == int((own["aqi"].values > 200).sum())
    mean = daily["pm25"].sel(place=list(cities)).mean("place").values
    np.testing.assert_allclose(case["observed"]["pm25"], mean, atol=1e-3)


def test_the_analysed_weather_stands_where_the_forecast_stood(ready):
    config, workspace = ready
    known = known_at(workspace, config, FIRST - DAY)
    analyses = analyses_until(known, LAST)
    assert analyses["day"].values[-1] == LAST.to_datetime64()
    city = known.stations["city"].iloc[0]
    world = with_analyses(known, analyses, [city], 2)
    issue = pd.DatetimeIndex([FIRST - DAY])
    cases = build_cases(world, issue)
    names = known.stations.index[known.stations["city"] == city]
    assert cases["place"].values.tolist() == names.tolist()
    came = analyses["t2m"].sel(day=[FIRST, FIRST + DAY], place=names).values
    np.testing.assert_allclose(cases["t2m_target"].values[0, :2], came, rtol=1e-6)
    assert np.isnan(cases["t2m_target"].values[0, 2:]).all()  # beyond the days asked for
    np.testing.assert_array_equal(cases["t2m_spread"].values[0, :2], 0)
    ordinary = build_cases(known, issue).sel(place=names)
    for name in ("latest_pm25", "city_pm25", "run7_pm25", "normal_pm25", "season_sin"):
        np.testing.assert_array_equal(cases[name].values, ordinary[name].values)


def test_the_estimate_is_the_boosting_member_under_that_weather(ready, case):
    config, workspace = ready
    known = known_at(workspace, config, FIRST - DAY)
    cities = [c["city"] for c in case["observed"]["cities"]]
    world = with_analyses(known, analyses_until(known, LAST), cities, 3)
    cases = build_cases(world, pd.DatetimeIndex([FIRST - DAY])).isel(lead=slice(3))
    member = load_ensemble(workspace.models / f"{UNTIL:%Y-%m-%d}").pollutants["pm25"]
    mean = member.members["boosting"].predict(cases).mean().isel(issue=0)
    by_city = mean.assign_coords(place=known.stations["city"].to_list()).groupby("place").mean()
    found = case["weather_alone"]
    assert found["trained_until"] == "2013-10-15" and found["state"] == "2014-01-30"
    np.testing.assert_allclose(
        [d["estimate"] for d in found["days"]], by_city.mean("place"), rtol=1e-4
    )
    observed = case["observed"]["pm25"]
    np.testing.assert_allclose([d["observed"] for d in found["days"]], observed, atol=1e-3)
    # issues from the training on whose three days were over on 30 January
    assert found["past_all"]["issues"] == (FIRST - DAY - 3 * DAY - UNTIL).days + 1


def poisoned(workspace, config, folder, since, *, weather=False):
    """A copy of a workspace in which everything observed from a local day on is garbage."""
    shutil.copytree(workspace.folder, folder)
    own = Workspace(folder)
    daily = own.observed_daily()
    later = daily["day"] >= since
    for name in ("aqi", *("pm25", "pm10", "so2", "no2", "o3", "co")):
        daily[name] = daily[name].where(~later, 450.0)
    daily.to_netcdf(own.daily_file)
    start = since - pd.Timedelta(hours=config.utc_offset)
    for path in folder.glob("observations/*/*.nc"):
        with xr.open_dataset(path) as file:
            hours = file.load()
        if bool((hours["time"] >= start).any()):
            hours["pm25"] = hours["pm25"].where(hours["time"] < start, 450.0)
            hours.to_netcdf(path)
    if weather:
        path = folder / "weather" / "analysis" / NAME
        with xr.open_dataset(path) as file:
            analyses = file.load()
        analyses.where(analyses["day"] < since, 7.0).to_netcdf(path)
    return own


def test_what_comes_after_the_last_day_changes_nothing(ready, case, tmp_path):
    config, workspace = ready
    own = poisoned(workspace, config, tmp_path / "w", LAST + DAY, weather=True)
    assert make_case(config, own, own.issued, FIRST, LAST) == case


def test_the_estimate_sees_no_concentration_of_the_episode(ready, case, tmp_path):
    config, workspace = ready
    own = poisoned(workspace, config, tmp_path / "w", FIRST)
    found = make_case(config, own, own.issued, FIRST, LAST)
    alone, before = found["weather_alone"], case["weather_alone"]
    assert [d["estimate"] for d in alone["days"]] == [d["estimate"] for d in before["days"]]
    assert alone["past_all"]["median"] == before["past_all"]["median"]
    assert found["observed"]["cities"][0]["peak"] == 450
    assert {d["observed"] for d in alone["days"]} == {450}


def test_the_weather_is_that_of_the_analyses(ready, case):
    config, workspace = ready
    analyses = analyses_until(known_at(workspace, config, LAST), LAST)
    stations = workspace.stations()
    at = analyses[["t2m"]].sel(day=FIRST).assign_coords(place=stations["city"].to_list())
    mean = at["t2m"].groupby("place").mean().mean()
    assert [d["day"] for d in case["weather"]] == case["head"]["days"]
    assert case["weather"][0]["t2m"] == pytest.approx(float(mean), rel=1e-5)
    # fewer than sixty analysed days of the season are known in the first winter: no class
    assert case["weather"][0]["rank"] is None and case["weather"][0]["classes"] == [0, 0, 0]


def test_without_a_model_or_its_boosting_member_it_says_so(ready, tmp_path):
    config, workspace = ready
    shutil.copytree(workspace.folder, tmp_path / "w")
    own = Workspace(tmp_path / "w")
    shutil.rmtree(own.models)
    (own.folder / "weather" / "analysis" / NAME).rename(tmp_path / "kept.nc")
    bare = make_case(config, own, own.issued, FIRST, LAST)
    assert bare["weather_alone"] == {"missing": "no_analysis"} and bare["weather"] == []
    assert "No analysis is stored: no estimate." in case_page(bare, "en")
    (tmp_path / "kept.nc").rename(own.folder / "weather" / "analysis" / NAME)
    bare = make_case(config, own, own.issued, FIRST, LAST)
    assert bare["weather_alone"] == {"missing": "no_model"} and len(bare["weather"]) == 3


def test_the_page_needs_nothing_else_and_shows_text_as_text(case):
    case = json.loads(json.dumps(case))
    case["observed"]["cities"][0]["name"] = "</td><script>alert(1)</script>&"
    page = case_page(case, "zh")
    assert not re.search(r'(?:src|href)="', page) and not re.search(r"https?://", page)
    assert page.count("<script") == 1 and "&lt;script&gt;alert(1)" in page
    assert page.count("<main") == 2 and '<main lang="en" hidden="">' in page
    for line in (*case_lines(case, "zh"), *case_lines(case, "en")):
        assert escape(line, quote=False) in page
    assert "None" not in page and "nan" not in page
    assert "不是证明" in page and "never proof" in page


@pytest.mark.parametrize(
    ("observed", "percent", "said", "english"),
    [
        (150.0, 50.0, "在以往范围内，看不出气象以外的影响", "within that range: no effect"),
        (250.0, 110.0, "实况高于气象所能解释", "more than the weather explains"),
        (301.0, 110.0, "以往时段PM2.5均值最高仅300 µg/m³", "none of them was so polluted"),
        (80.0, -40.0, "实况低于气象所能解释", "less than the weather explains"),
    ],
)
def test_a_difference_is_judged_by_earlier_ones(case, observed, percent, said, english):
    case = json.loads(json.dumps(case))
    past = {"low": -30.0, "median": 5.0, "high": 100.0, "highest": 300.0, "issues": 42}
    whole = {"observed": observed, "estimate": 100.0, "difference": 1.0, "percent": percent}
    case["weather_alone"] |= {"compared": "past_heavy", "past_heavy": past, "whole": whole}
    assert said in case_lines(case, "zh")[-1] and "42次" in case_lines(case, "zh")[-1]
    assert english in case_lines(case, "en")[-1] and "not proof" in case_lines(case, "en")[-1]
    case["weather_alone"]["compared"] = None
    assert "too few earlier stretches" in case_lines(case, "en")[-1]


def test_a_table_of_the_page_holds_the_numbers_of_the_case(case):
    page = case_page(case, "en")
    english = page[page.index('<main lang="en"') :]
    rows = re.findall(r"<tr>(.*?)</tr>", english.split("2 What was forecast")[1], re.S)
    texts = [re.findall(r"<td[^>]*>([^<]*)</td>", row) for row in rows]
    issues = [t for t in texts if t and t[0] in ("01-29", "01-30", "02-01")]
    assert [t[0] for t in issues][:3] == ["01-29", "01-30", "02-01"]
    for text, row in zip(issues, case["forecasts"]["issues"], strict=False):
        shown = ["–" if v is None else f"{v:.0f}" for v in row["days"]]
        assert text[-3:] == shown
        share = row["heavy_probability"]
        assert text[6] == ("–" if share is None else f"{100 * share:.0f}%")


def test_the_command_writes_a_case_and_lists_it(ready, small_world, tmp_path):
    _, workspace = ready
    folder = tmp_path / "w"
    shutil.copytree(workspace.folder, folder)
    base = ["case", str(small_world.config_file), "--workspace", str(folder)]
    runner = CliRunner()
    done = runner.invoke(app, [*base, "--from", "2014-01-31", "--to", "2014-02-02"])
    assert done.exit_code == 0, done.output
    assert "[SIMULATED DATA]" in done.output and "Written:" in done.output
    names = sorted(p.name for p in (folder / "cases").iterdir())
    stem = "2014-01-31_2014-02-02_nation-nation"
    assert names == [f"{stem}.html", f"{stem}.json"]
    city = read_cases(folder / "cases")[0]["primary"]
    done = runner.invoke(app, [*base, "--list", "--lang", "zh"])
    assert done.exit_code == 0 and "污染过程个例库" in done.output and "2014-01-31" in done.output
    assert (folder / "cases" / "index.html").exists() and " ".join(city) in done.output
    done = runner.invoke(app, [*base, "--search", "2015-12"])
    assert done.exit_code == 0 and "No case." in done.output


def test_the_library_finds_sorts_and_links(ready, case, tmp_path):
    rows = []
    for name, area, peak in (("a", "北京", 310.0), ("b", "上海", 180.0)):
        one = json.loads(json.dumps(case))
        one["head"]["area"] |= {"zh": area, "level": "city"}
        one["forecasts"]["episode"] = None
        one["observed"]["cities"][0] |= {"peak": peak, "primary": ["PM2.5"]}
        (tmp_path / f"{name}.json").write_text(json.dumps(one), encoding="utf-8")
    rows = read_cases(tmp_path)
    assert [r["peak_level"]["zh"] for r in rows] == ["严重污染", "中度污染"]
    for text, found in (
        ("", "ab"), ("北京", "a"), ("严重", "a"), ("moderate", "b"), ("pm2.5 2014-02", "ab"),
        ("February 上海", "b"), ("2014年2月", "ab"), ("2014-03", ""), ("ozone", ""), ("城市", "ab"),
    ):  # fmt: skip
        assert "".join(r["name"] for r in search_cases(rows, text)) == found
    page = write_library(tmp_path, rows, "en").read_text(encoding="utf-8")
    assert re.findall(r'href="([^"]*)"', page) == ["./a.html", "./b.html"] * 2
    assert page.count('data-key="310') == 2 and 'type="search"' in page
    (tmp_path / "c.json").write_text("{}", encoding="utf-8")
    with pytest.raises(InputError, match=r"c\.json: not a case report"):
        read_cases(tmp_path)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"last": FIRST - DAY}, ConfigError, "--to 2014-01-30 is before --from 2014-01-31"),
        ({"last": FIRST + 40 * DAY}, ConfigError, "41 days; expected an episode of up to 31"),
        (
            {"first": FIRST - 30 * DAY, "last": FIRST - 20 * DAY},
            InputError,
            "no forecast issued from 2013-12-28 to 2014-01-10",
        ),
        ({"level": "city", "area": "X"}, InputError, "no city 'X'; there are: "),
        ({"backtest": "latest"}, InputError, "no back-test 'latest'"),
    ],
)
def test_what_cannot_be_reported_is_said(ready, change, error, message):
    config, workspace = ready
    given = {"first": FIRST, "last": LAST, **change}
    with pytest.raises(error, match=message):
        write_case(config, workspace, **given)
    assert not (workspace.folder / "cases").exists()


def test_either_days_or_the_list(small_world, capsys):
    for wrong in ([], ["--list", "--from", "2014-01-31"]):
        assert run(["case", str(small_world.config_file), *wrong]) == 2
        assert "expected --from and --to for a report, or --list" in capsys.readouterr().err
