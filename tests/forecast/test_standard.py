"""Standards as tables: the shipped ones, by date and by name, and a user's own file."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
import yaml
from pydantic import ValidationError

from forecast.aqi import evaluate
from forecast.errors import InputError
from forecast.standard import (
    Standard,
    as_date,
    load_standard,
    standard_for,
    standard_named,
    standards,
)

OWN = {
    "name": "Own",
    "index": [0, 1, 2],
    "breakpoints": {"pm25_24h": [0, 10, 20], "o3_8h": [0, 100, 200]},
    "reports": {
        "daily": [
            {"variable": "pm25", "breakpoints": "pm25_24h"},
            {"variable": "o3", "breakpoints": "o3_8h"},
        ]
    },
    "primary_above": 0,
    "levels": [
        {"upper": 1, "zh": "低", "en": "low", "color": [0, 255, 0]},
        {"upper": 2, "zh": "高", "en": "high", "color": [255, 0, 0]},
    ],
}


def test_standard_by_date():
    assert standard_for(date(2026, 2, 28)).name == "HJ 633-2012"
    assert standard_for(date(2026, 3, 1)).name == "HJ 633-2026"
    assert standard_for(date(2024, 5, 5), "US EPA").name == "US EPA 2012"
    assert standard_for(date(2024, 5, 6), "US EPA").name == "US EPA 2024"
    assert as_date(np.datetime64("2026-03-01T05", "ns")) == date(2026, 3, 1)
    assert as_date(pd.Timestamp("2015-12-01 13:00")) == date(2015, 12, 1)
    with pytest.raises(InputError, match=r"family 'Mars' holds on 2020-01-01; expected Europe"):
        standard_for(date(2020, 1, 1), "Mars")


def test_shipped_standards():
    names = ["Europe revised", "HJ 633-2012", "HJ 633-2026"]
    names += ["India 2014", "US EPA 2012", "US EPA 2024"]
    assert [s.name for s in standards()] == names
    assert standard_named("India 2014").min_hours == {8: 6, 24: 16}
    with pytest.raises(InputError, match="no standard is called 'HJ 633'; expected one of Europe"):
        standard_named("HJ 633")
    for one in standards():
        assert len(one.levels) == 6
        for level in one.levels:
            assert level.zh and level.en and level.advice_zh and level.advice_en
    with pytest.raises(InputError, match="Europe revised has no daily report; expected hourly"):
        standard_named("Europe revised").report("daily")


def written(folder, content) -> str:
    file = folder / "own.yaml"
    text = content if isinstance(content, str) else yaml.safe_dump(content, sort_keys=False)
    file.write_text(text, encoding="utf-8")
    return str(file)


def test_a_users_own_standard(tmp_path):
    own = load_standard(written(tmp_path, OWN))
    found = evaluate({"pm25": np.array([5.0, 12.0, 99.0]), "o3": np.array([50.0, 150.0, 1.0])}, own)
    # 5/10 and 50/100 up to 1, a tie; 1 + 2/10 and 1 + 50/100 up to 2; above the table 2
    assert found.aqi.tolist() == [1, 2, 2]
    assert found.primary.tolist() == [1 + 16, 1 + 16, 1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"breakpoints": {"pm25_24h": [0, 5, 5]}}, "breakpoints of pm25_24h must increase"),
        ({"breakpoints": {"pm25_24h": [0, 1, 2, 3]}}, "one per index value"),
        ({"breakpoints": {"pm25_24h": [0, None, 2]}}, "null only at the start"),
        ({"breakpoints": {"pm25_24h": [None, None, 2]}}, "at least two"),
        ({"breakpoints": {"pm2.5_24h": [0, 1]}}, "pm2.5_24h must begin with one of pm25"),
        ({"breakpoints": {"pm25_24h": [0, "low"]}}, r"breakpoints\.pm25_24h\.1: Input should be"),
        ({"breakpoints": {"o3_8h": [0, 1]}}, "daily report names unknown breakpoints pm25_24h"),
        ({"sinse": "2026-01-01"}, "sinse: Extra inputs"),
        ({"index": [0, 0, 1]}, "index values must increase"),
        ({"above": {"co_8h": "none"}}, "above names unknown breakpoints co_8h"),
        ({"separate": True}, "separate segments need decimals of pm25"),
        ({"decimals": {"pm2": 1}}, "pm2 is not one of pm25"),
        ({"levels": OWN["levels"][:1]}, "levels must rise and end at 2"),
        ({"levels": []}, "levels: "),
        (
            {"reports": {"daily": [{"variable": "pm25", "breakpoints": "o3_8h"}]}},
            "reads pm25 on o3_8h, the breakpoints of another pollutant",
        ),
        (
            {"reports": {"d": [{"variable": "o3", "breakpoints": "o3_8h", "instead_of": "o3_1h"}]}},
            "o3_1h must stand before o3",
        ),
    ],
)
def test_a_table_that_does_not_hold_is_refused(tmp_path, change, message):
    path = written(tmp_path, {**OWN, **change})
    with pytest.raises(InputError, match=message) as caught:
        load_standard(path)
    assert str(caught.value).startswith(path) and "\n" not in str(caught.value)
    with pytest.raises(ValidationError):
        Standard.model_validate({**OWN, **change})


@pytest.mark.parametrize(
    ("text", "message"),
    [("name: [", "not a YAML file"), ("", "found NoneType, expected a table"), ("- 1", "list")],
)
def test_a_file_that_is_no_standard(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        load_standard(written(tmp_path, text))


def test_a_file_that_cannot_be_read(tmp_path):
    with pytest.raises(InputError, match=r"none\.yaml: cannot be read"):
        load_standard(tmp_path / "none.yaml")
    file = tmp_path / "gbk.yaml"
    file.write_bytes("name: 优".encode("gbk"))
    with pytest.raises(InputError, match=r"gbk\.yaml: cannot be read as a UTF-8 file"):
        load_standard(file)
