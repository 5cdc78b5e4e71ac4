"""The reader of guidance: layouts, units, and damage named by file, line and column."""

from __future__ import annotations

import numpy as np
import pytest
import yaml

from forecast.config import load_config
from forecast.errors import ConfigError, InputError
from forecast.guidance.settings import Guidance
from forecast.guidance.table import read_guidance

BY_DAY = "date,t2m,pm,so2_mass\n2015-01-01,-6.3,88.5,10\n2015-01-03,1.0,NA,20\n"
BY_CYCLE = (
    "issue,lead,place,pm\n"
    "2015-01-01,1,a,10\n2015-01-01,2,a,20\n2015-01-02,1,a,30\n2015-01-01,1,b,40\n"
)


def source(**options) -> Guidance:
    return Guidance(**{"name": "ctm", "files": "*.csv", "columns": {"pm25": "pm"}, **options})


def read(tmp_path, text, **options):
    path = tmp_path / "ctm.csv"
    path.write_text(text, encoding="utf-8")
    return read_guidance(path, source(**options))


def test_one_value_a_day(tmp_path):
    columns = {"pm25": "pm", "so2": "so2_mass"}
    data, rejected = read(tmp_path, BY_DAY, columns=columns, units={"so2": "ug/kg"})
    assert data["pm25"].dims == ("day",)
    assert data["day"].values.astype("M8[D]").astype(str).tolist() == ["2015-01-01", "2015-01-03"]
    np.testing.assert_array_equal(data["pm25"], np.float32([88.5, np.nan]))
    np.testing.assert_allclose(data["so2"], [10 * 1.184, 20 * 1.184], rtol=1e-6)
    assert data["pm25"].dtype == np.float32
    assert not rejected


def test_values_by_cycle_lead_and_place(tmp_path):
    data, _ = read(tmp_path, BY_CYCLE)
    assert data["pm25"].dims == ("issue", "lead", "place")
    a, b = data["pm25"].sel(place="a").values, data["pm25"].sel(place="b").values
    np.testing.assert_array_equal(a, np.float32([[10, 20], [30, np.nan]]))
    np.testing.assert_array_equal(b, np.float32([[40, np.nan], [np.nan, np.nan]]))


def test_lead_from_issue_and_valid_day(tmp_path):
    data, _ = read(tmp_path, "issue,date,pm\n2015-02-27,2015-03-01,7\n")
    assert data["lead"].values.tolist() == [2]
    assert data["pm25"].values.tolist() == [[7]]


@pytest.mark.parametrize(
    ("units", "pollutant", "factor"),
    [("mg/m3", "pm25", 1000), ("mg/kg", "co", 1.184), ("ug/m3", "co", 0.001), ("ppb", "o3", 1.962)],
)
def test_units(tmp_path, units, pollutant, factor):
    data, _ = read(
        tmp_path, "date,pm\n2015-01-01,2\n", columns={pollutant: "pm"}, units={pollutant: units}
    )
    np.testing.assert_allclose(data[pollutant], [2 * factor], rtol=1e-6)


def test_impossible_values_are_left_out_and_counted(tmp_path):
    data, rejected = read(tmp_path, "date,pm\n2015-01-01,-1\n2015-01-02,9999\n2015-01-03,5\n")
    np.testing.assert_array_equal(data["pm25"], np.float32([np.nan, np.nan, 5]))
    assert rejected == {"pm25 negative": 1, "pm25 at or above 9999": 1}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "ctm.csv: the file is empty"),
        ("date,pm10\n2015-01-01,1\n", "line 1: no column pm; found date, pm10"),
        ("day,pm\n2015-01-01,1\n", "line 1: no column date; found day, pm"),
        ("issue,pm\n2015-01-01,1\n", "line 1: no column date; found issue, pm"),
        ("date,lead,pm\n2015-01-01,1,1\n", "line 1: a column lead, but none named issue"),
        (BY_DAY.replace("2015-01-03", "2015-02-30"), "line 3: column date holds '2015-02-30'"),
        (BY_DAY.replace("2015-01-03", "03.01.2015"), "line 3: column date holds '03.01.2015'"),
        (BY_DAY.replace("2015-01-03", "0015-01-03"), "line 3: column date holds '0015-01-03'"),
        (BY_DAY.replace("88.5", "88,5"), "line 2: 5 fields; expected 4"),
        (BY_DAY.replace("88.5", "high"), "line 2: pm is 'high'; expected a number"),
        (BY_DAY.replace("88.5", "inf"), "line 2: pm is 'inf'; expected a number"),
        (BY_DAY.replace("01-03", "01-01"), "line 3: day 2015-01-01 stands twice"),
        (BY_CYCLE + "2015-01-02,1,a,31\n", "line 6: issue 2015-01-02, lead 1, place a stands"),
        (BY_CYCLE.replace("02,1,a", "02,1.5,a"), "line 4: column lead holds '1.5'; expected whole"),
        (BY_CYCLE.replace("02,1,a", "02,-1,a"), "line 4: column lead holds '-1'"),
        (BY_CYCLE.replace("02,1,a", "02,,a"), "line 4: column lead holds ''"),
        (BY_CYCLE.replace("02,1,a", "02,1, "), "line 4: column place is empty"),
        ("issue,date,pm\n2015-02-02,2015-02-01,7\n", "line 2: column date holds '2015-02-01'"),
        (
            "issue,lead,date,pm\n2015-02-01,1,2015-02-03,7\n",
            "line 2: column date holds '2015-02-03'; expected the issue plus the lead, 2015-02-02",
        ),
    ],
)
def test_damage_is_named(tmp_path, text, message):
    with pytest.raises(InputError) as caught:
        read(tmp_path, text)
    assert message in str(caught.value)
    assert str(caught.value).startswith(str(tmp_path / "ctm.csv"))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"columns": {"pm1": "pm"}}, "unknown pollutant 'pm1'; known are pm25, pm10"),
        ({"columns": {}}, "guidance.0.columns"),
        ({"name": "boosting"}, "a member is named so"),
        ({"name": "ctm_kalman"}, "a member is named so"),
        ({"units": {"pm25": "furlong"}}, "units of pm25: 'furlong' is unknown"),
        ({"units": {"pm25": "ppb"}}, "unit 'ppb' is a mixing ratio"),
        ({"units": {"o3": "ppb"}}, "units of o3, which has no column"),
        ({"point": [95, 10]}, "latitude within ±90"),
        ({"delay_days": -1}, "guidance.0.delay_days"),
        ({"glob": "x"}, "unknown key 'guidance.0.glob'"),
    ],
)
def test_sections_are_checked(tmp_path, small_world, change, message):
    section = {"name": "ctm", "files": "*.csv", "columns": {"pm25": "pm"}, **change}
    file = tmp_path / "c.yaml"
    file.write_text(yaml.safe_dump({**small_world.settings, "guidance": [section]}))
    with pytest.raises(ConfigError) as caught:
        load_config(file)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_names_differ(tmp_path, small_world):
    section = {"name": "ctm", "files": "*.csv", "columns": {"pm25": "pm"}}
    file = tmp_path / "c.yaml"
    file.write_text(yaml.safe_dump({**small_world.settings, "guidance": [section, section]}))
    with pytest.raises(ConfigError, match="two kinds of guidance share a name: ctm, ctm"):
        load_config(file)
