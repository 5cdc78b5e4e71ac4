"""From files to scores: pairs, references without a look ahead, equal terms, comparisons."""

import numpy as np
import pandas as pd
import pytest

from forecast.errors import ConfigError, InputError
from forecast.foreign import (
    compare_files,
    contests,
    match,
    read_forecasts,
    read_observed,
    score_files,
)
from forecast.foreign.references import climatology, persistence


@pytest.fixture
def files(tmp_path):
    def write(name, text):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def contest_of(forecasts, observed):
    truth = read_observed(observed)
    [found] = contests([match(content, truth) for content in read_forecasts(forecasts)])
    return found


def value(table, score, model, lead="all", group="all"):
    rows = table[(table["score"] == score) & (table["model"] == model) & (table["group"] == group)]
    return rows[rows["lead"] == lead]["value"].item()


OBSERVED = "station,date,pm25\n" + "".join(
    f"A,2015-01-{day:02d},{pm25}\n" for day, pm25 in ((1, 10), (2, 20), (3, 40), (4, 80), (5, 100))
)


def test_errors_of_four_pairs(files):
    forecast = files(
        "f.csv",
        "station,date,pm25\nA,2015-01-01,13\nA,2015-01-02,19\nA,2015-01-03,36\nA,2015-01-04,88\n",
    )
    table = score_files(contest_of([forecast], [files("o.csv", OBSERVED)]))
    assert value(table, "mae", "f") == (3 + 1 + 4 + 8) / 4
    assert value(table, "bias", "f") == (3 - 1 - 4 + 8) / 4
    assert value(table, "rmse", "f") == pytest.approx(((9 + 1 + 16 + 64) / 4) ** 0.5)
    assert set(table["pairs"]) == {4}


LEADS = "station,issue,lead,pm25\n" + "".join(
    f"A,2015-01-{issue:02d},{lead},{pm25}\n"
    for issue, lead, pm25 in ((2, 1, 50), (2, 2, 60), (3, 1, 70), (3, 2, 130))
)
"""For 3, 4, 4 and 5 January, where 40, 80, 80 and 100 came."""


def test_leads_and_persistence(files):
    contest = contest_of([files("f.csv", LEADS)], [files("o.csv", OBSERVED)])
    table = score_files(contest, ["mae"])
    assert value(table, "mae", "f", 1) == (10 + 10) / 2
    assert value(table, "mae", "f", 2) == (20 + 30) / 2
    # issued on the 2nd and 3rd, when 10 (of the 1st) and 20 (of the 2nd) were known
    assert value(table, "mae", "persistence", 1) == ((40 - 10) + (80 - 20)) / 2
    assert value(table, "mae", "persistence", 2) == ((80 - 10) + (100 - 20)) / 2
    assert value(table, "mae", "persistence") == (30 + 60 + 70 + 80) / 4
    assert "climatology" not in contest.models


def test_persistence_knows_nothing_from_the_day_of_issue_on(files):
    contest = contest_of([files("f.csv", LEADS)], [files("o.csv", OBSERVED)])
    spoilt = OBSERVED.replace("01-03,40", "01-03,999").replace("01-04,80", "01-04,999")
    truth = [read_observed([files("p.csv", t)]).data for t in (OBSERVED, spoilt)]
    a, b = (persistence(t, contest.observed.isel(issue=[0]))["pm25"].values for t in truth)
    np.testing.assert_array_equal(a, b)
    assert a.ravel().tolist() == [10, 10]


def test_climatology_is_the_mean_of_the_same_days_of_earlier_years(files):
    past = pd.date_range("2014-01-01", "2014-12-31")
    rows = [f"A,{d:%Y-%m-%d},{d.day_of_year}" for d in past] + ["A,2015-03-01,999"]
    truth = read_observed([files("o.csv", "\n".join(["station,date,pm25", *rows]) + "\n")]).data
    like = truth.sel(day=["2015-03-01"])
    # 1 March is day 60: the mean of days 45 … 75 of 2014; the value of 2015 is not in it
    assert climatology(truth, like)["pm25"].item() == sum(range(45, 76)) / 31
    assert climatology(truth.sel(day=slice("2014-12-01", None)), like) is None


def test_a_reference_with_gaps_is_left_out_and_this_is_said(files):
    first = LEADS.replace("2015-01-02", "2015-01-01")  # nothing was observed before the 1st
    contest = contest_of([files("f.csv", first)], [files("o.csv", OBSERVED)])
    assert set(score_files(contest, ["mae"])["model"]) == {"f"}
    said = "pm25: persistence covers only 50% of the pairs and is not shown"
    assert said in [note.en for note in contest.notes]


def test_models_are_scored_on_the_pairs_that_both_have(files):
    a = files("a.csv", "date,pm25\n2015-01-01,13\n2015-01-02,19\n2015-01-03,36\n")
    b = files("b.csv", "date,pm25\n2015-01-02,10\n2015-01-03,40\n2015-01-04,80\n")
    contest = contest_of([a, b], [files("o.csv", OBSERVED)])
    table = score_files(contest, ["mae"])
    assert value(table, "mae", "a") == (1 + 4) / 2
    assert value(table, "mae", "b") == (10 + 0) / 2
    said = "pm25: 2 pairs that only some of the models have are left out"
    assert said in [note.en for note in contest.notes]


def test_without_common_pairs_each_is_scored_alone_and_this_is_said(files):
    a = files("a.csv", "date,pm25\n2015-01-01,13\n")
    b = files("b.csv", "date,pm25\n2015-01-04,88\n")
    contest = contest_of([a, b], [files("o.csv", OBSERVED)])
    table = score_files(contest, ["mae"])
    assert (value(table, "mae", "a"), value(table, "mae", "b")) == (3, 8)
    assert any("no pairs in common" in note.en for note in contest.notes)


def test_an_ensemble_is_scored_on_the_pairs_of_its_mean(files):
    a = files("a.csv", "date,m1,m2\n2015-01-01,8,16\n2015-01-02,20,30\n")
    b = files("b.csv", "date,pm25\n2015-01-01,10\n")
    table = score_files(contest_of([a, b], [files("o.csv", OBSERVED)]))
    assert value(table, "mae", "a") == (8 + 16) / 2 - 10
    # (|8 - 10| + |16 - 10|) / 2 - |8 - 16| / (2 · 2 · 1) · 2 / 2 = 4 - 4
    assert value(table, "crps_fair", "a") == (2 + 6) / 2 - (8 + 8) / (2 * 2 * (2 - 1))
    assert set(table["pairs"]) == {1}


INDEX = (
    "城市,日期,AQI,首要污染物\n北京,2015-01-01,40,无\n北京,2015-01-02,90,PM2.5\n"
    "北京,2015-01-03,210,PM2.5\n"
)


def test_a_bulletin_against_the_index(files):
    forecast = files(
        "f.csv",
        "城市,日期,AQI下限,AQI上限,首要污染物\n北京,2015-01-01,30,60,无\n"
        "北京,2015-01-02,95,125,PM2.5\n北京,2015-01-03,205,255,O3\n",
    )
    table = score_files(contest_of([forecast], [files("o.csv", INDEX)]))
    assert value(table, "range_accuracy", "f") == pytest.approx(2 / 3)  # 90 is not in 95 … 125
    assert value(table, "mean_width", "f") == pytest.approx((30 + 30 + 50) / 3)
    # the middles 45, 110, 230 are of levels 1, 3, 5; 40, 90, 210 of levels 1, 2, 5
    assert value(table, "level_accuracy", "f") == pytest.approx(2 / 3)
    assert value(table, "level_range_accuracy", "f") == 1  # levels 1-2, 2-3 and 5
    assert value(table, "category_accuracy", "f") == 1 / 2  # PM2.5 right, O3 wrong
    above = table[(table["score"] == "far") & (table["threshold"] == 100)]
    assert above["value"].item() == 1 / 2  # above 100 were forecast the 2nd and the 3rd


def test_standards_are_not_mixed(files):
    forecast = files("f.csv", "日期,AQI\n2026-02-28,100\n2026-03-01,120\n")
    observed = files("o.csv", "日期,AQI\n2026-02-28,90\n2026-03-01,100\n")
    table = score_files(contest_of([forecast], [observed]), ["mae"])
    assert table[["group", "value"]].to_numpy().tolist() == [
        ["all HJ 633-2012", 10],
        ["all HJ 633-2026", 20],
    ]


def test_groups(files):
    observed = files("o.csv", INDEX.replace("01-03", "02-03"))
    forecast = files(
        "f.csv", "城市,日期,AQI\n北京,2015-01-01,44\n北京,2015-01-02,92\n北京,2015-02-03,200\n"
    )
    contest = contest_of([forecast], [observed])
    table = score_files(contest, ["mae"], ["month", "place", "level", "season"])
    assert table.set_index("group")["value"].to_dict() == {
        "all": (4 + 2 + 10) / 3,
        "month: 2015-01": (4 + 2) / 2,
        "month: 2015-02": 10,
        "level: 1": 4,
        "level: 2": 2,
        "level: 5": 10,
        "season: 2015 DJF": (4 + 2 + 10) / 3,
        "place: 北京": (4 + 2 + 10) / 3,
    }


def many(error, days=60):
    dates = pd.date_range("2015-01-01", periods=days)
    noise = np.random.default_rng(3).normal(size=days)
    rows = [f"A,{d:%Y-%m-%d},{50 + error * e:.3f}" for d, e in zip(dates, noise, strict=True)]
    return "\n".join(["station,date,pm25", *rows]) + "\n"


def test_comparison_of_paired_differences(files):
    good, bad, truth = (
        files(n, many(e)) for n, e in (("good.csv", 1), ("bad.csv", 3), ("o.csv", 0))
    )
    contest = contest_of([good, bad], [truth])
    [row] = compare_files(contest, "bad", ["mae"]).to_dict("records")
    assert (row["model"], row["reference"], row["verdict"], row["pairs"]) == (
        "good",
        "bad",
        "better",
        60,
    )
    # errors are three times as large: |e| - 3 |e| = -2 |e|
    assert row["difference"] == pytest.approx(-2 * row["value"], rel=1e-3)


def test_what_cannot_be_compared_is_refused(files):
    contest = contest_of([files("f.csv", many(1))], [files("o.csv", many(0))])
    with pytest.raises(ConfigError, match="--against 'x': expected one of f"):
        compare_files(contest, "x")
    with pytest.raises(ConfigError, match="no other model has these scores beside it"):
        compare_files(contest, "f")
    with pytest.raises(ConfigError, match="--score 'x': expected one of"):
        score_files(contest, ["x"])
    with pytest.raises(ConfigError, match="--by 'province': files can be grouped by place, month"):
        score_files(contest, ["mae"], ["province"])
    with pytest.raises(ConfigError, match="hold neither a level nor an AQI"):
        score_files(contest, ["mae"], ["level"])
    with pytest.raises(InputError, match="none of the scores crps_fair can be made"):
        score_files(contest, ["crps_fair"])


@pytest.mark.parametrize(
    ("forecast", "message"),
    [
        ("station,date,pm25\nX,2015-01-01,1\n", "share no place: X in the forecast, A in the obs"),
        ("station,date,pm25\nA,2016-01-01,1\n",
         "share no day: 2016-01-01 … 2016-01-01 in the forecast, 2015-01-01 … 2015-01-05"),
        ("station,date,o3\nA,2015-01-01,1\n", "share no variable: o3 in the forecast, pm25 in the"),
        ("station,date,pm25\nA,2015-01-01,\n", "no day has a forecast and an observed value"),
    ],
)  # fmt: skip
def test_files_with_nothing_in_common(files, forecast, message):
    with pytest.raises(InputError) as error:
        contest_of([files("f.csv", forecast)], [files("o.csv", OBSERVED)])
    assert message in str(error.value)


def test_a_place_is_known_by_its_code_or_its_name(files):
    observed = files(
        "o.csv", "站点编码,城市,日期,PM2.5\n1001A,北京,2015-01-01,10\n1002A,天津,2015-01-01,20\n"
    )
    by_name = files("f.csv", "城市,日期,PM2.5\n天津,2015-01-01,25\n北京,2015-01-01,11\n")
    table = score_files(contest_of([by_name], [observed]), ["mae"], ["place"])
    found = table.set_index("group")["value"]
    assert (found["place: 1001A"], found["place: 1002A"]) == (1, 5)


def test_files_of_several_days_are_one_model(files):
    paths = [
        files("ours_20150101.csv", "date,pm25\n2015-01-02,22\n"),
        files("ours_20150102.csv", "date,pm25\n2015-01-03,44\n"),
    ]
    [content] = read_forecasts(paths)
    assert (content.name, content.data.sizes["day"]) == ("ours", 2)


def test_a_value_in_two_files_is_refused(files):
    paths = [files(f"ours_2015010{i}.csv", "date,pm25\n2015-01-02,22\n") for i in (1, 2)]
    with pytest.raises(InputError, match=r"ours_20150102.csv: pm25 at day 2015-01-02, .* already"):
        read_forecasts(paths)
