"""Exports and bulletin: every number and word as in the issued forecast."""

from __future__ import annotations

import io
import json
import re

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from forecast.bulletin import bulletin, level_words
from forecast.export import city_records, city_table, write_products
from forecast.pollutants import POLLUTANTS

DAY = pd.Timestamp("2015-12-05")


@pytest.fixture
def issued():
    """Two cities and a station, three days; city A turns heavy, city B has no forecast."""
    nan = np.nan
    low = np.array([[10, 35, nan], [10, 86, nan], [10, 226, nan]], "f4")
    return xr.Dataset(
        {
            "aqi": (
                ("lead", "place", "quantile"),
                np.repeat((low + 15)[..., None], 19, axis=-1),
            ),
            "aqi_low": (("lead", "place"), low),
            "aqi_high": (("lead", "place"), low + np.array([[30], [30], [50]])),
            "level": (("lead", "place"), np.array([[1, 2, 0], [1, 3, 0], [1, 5, 0]], "i1")),
            "primary": (("lead", "place"), np.array([[0, 2, -1], [0, 1, -1], [0, 1, -1]], "i2")),
            "heavy_probability": (
                ("lead", "place"),
                np.array([[0, 0.0, nan], [0, 0.3, nan], [0, 0.72, nan]], "f4"),
            ),
        },
        coords={
            "issue": DAY,
            "lead": [1, 2, 3],
            "valid_day": ("lead", DAY + pd.to_timedelta([1, 2, 3], "D")),
            "place": ["s", "A", "B"],
            "kind": ("place", ["station", "city", "city"]),
            "name": ("place", ["站", "甲市", "乙市"]),
            "province": ("place", ["P", "P", "P"]),
            "pollutant": list(POLLUTANTS),
            "quantile": np.arange(5, 100, 5) / 100,
        },
        attrs={
            "title": "Air quality forecast test (SIMULATED data)",
            "title_zh": "测试地区",
            "title_en": "Test area",
            "simulated": "data",
            "standard": "HJ 633-2012",
            "data_cut_off": "2015-12-05T16:00Z",
            "utc_offset": 8.0,
            "latest_observation": "2015-12-05 24:00",
            "trained_until": "2015-11-30",
            "revision": 2,
        },
    )


def test_city_table_has_the_issued_numbers(issued):
    table = city_table(issued)
    assert len(table) == 6
    heavy = table[(table["city"] == "A") & (table["lead"] == 3)].iloc[0]
    assert (heavy["aqi_low"], heavy["aqi_high"], heavy["aqi_median"]) == (226, 276, 241)
    assert (heavy["level"], heavy["level_zh"], heavy["level_en"]) == (
        5,
        "重度污染",
        "heavy pollution",
    )
    assert (heavy["valid_day"], heavy["primary"], heavy["heavy_probability"]) == (
        "2015-12-08",
        "PM2.5",
        0.72,
    )
    cross = table[(table["city"] == "A") & (table["lead"] == 2)].iloc[0]
    assert (cross["level_low"], cross["level_high"]) == (2, 3)  # 86–116
    missing = table[table["city"] == "B"].iloc[0]
    assert missing["level"] == 0 and pd.isna(missing["aqi_low"]) and missing["level_zh"] == ""


def test_products_read_back(issued, tmp_path):
    paths = write_products(issued, tmp_path / "p")
    assert [p.name for p in paths] == [
        "table.csv",
        "table.json",
        "bulletin.zh.txt",
        "bulletin.en.txt",
    ]
    back = pd.read_csv(io.StringIO(paths[0].read_text(encoding="utf-8-sig")), keep_default_na=False)
    assert back["aqi_low"].tolist() == ["35", "86", "226", "", "", ""]
    records = json.loads(paths[1].read_text(encoding="utf-8"))
    assert records == json.loads(json.dumps(city_records(issued)))
    assert records["simulated"] == "data" and records["revision"] == 2
    city = records["cities"][0]
    assert city["name"] == "甲市" and city["days"][2]["aqi_high"] == 276
    assert records["cities"][1]["days"][0]["aqi_low"] is None


@pytest.mark.parametrize(
    ("levels", "zh", "en"),
    [
        ((1, 1), "优", "excellent"),
        ((1, 2), "优良", "excellent to good"),
        ((2, 2), "良", "good"),
        ((2, 3), "良至轻度污染", "good to light pollution"),
        ((3, 4), "轻至中度污染", "light to moderate pollution"),
        ((4, 5), "中至重度污染", "moderate to heavy pollution"),
        ((5, 6), "重度至严重污染", "heavy to severe pollution"),
    ],
)
def test_words_of_levels(levels, zh, en):
    assert level_words(levels, "zh", DAY) == zh
    assert level_words(levels, "en", DAY) == en


def test_chinese_bulletin(issued):
    text = bulletin(issued, "zh")
    assert text.startswith(
        "【模拟数据】测试地区空气质量预报\n2015年12月5日发布（第2版），预报时段12月6—8日\n"
    )
    assert "甲市12月8日（最高概率72%）预计出现重度及以上污染" in text
    assert "甲市12月7日（最高概率30%）可能出现重度及以上污染" in text
    assert (
        "甲市：12月6日优良，AQI 35—65，首要污染物PM10；12月7日良至轻度污染，AQI 86—116，"
        "首要污染物PM2.5，重污染概率最高30%；12月8日重度污染，AQI 226—276，首要污染物PM2.5，"
        "重污染概率最高72%。"
    ) in text
    assert "乙市" not in text
    assert "资料截至12月5日24时" in text


def test_english_bulletin(issued):
    text = bulletin(issued, "en")
    assert text.startswith(
        "[SIMULATED DATA] Test area: air quality forecast\nIssued 2015-12-05 (revision 2)"
    )
    assert "Heavy pollution expected: A 2015-12-08 (probability up to 72%)." in text
    assert "2015-12-08 heavy pollution, AQI 226-276, primary PM2.5, P(AQI > 200) up to 72%." in text
    assert not re.search(r"[\u4e00-\u9fff]", text)


def test_an_issued_heavy_level_is_expected_whatever_its_probability(issued):
    split = issued.copy(deep=True)
    split["heavy_probability"][2, 1] = 0.48  # the most probable level, though below one half
    assert "甲市12月8日（最高概率48%）预计出现重度及以上污染" in bulletin(split, "zh")
    assert "Heavy pollution expected: A 2015-12-08 (probability up to 48%)." in bulletin(
        split, "en"
    )


def test_low_risk_names_the_highest_probability(issued):
    calm = issued.copy(deep=True)
    calm["level"][2, 1] = 4
    calm["heavy_probability"][:] = np.array([[0], [0.06], [0.14]], "f4")
    assert "均不超过14%" in bulletin(calm, "zh")
    assert "is at most 14% on any day" in bulletin(calm, "en")


def test_no_forecast_at_all_is_said(issued):
    nothing = issued.copy(deep=True)
    nothing["aqi_low"][:] = np.nan
    assert "无可用预报" in bulletin(nothing, "zh")
    assert "No forecast is available" in bulletin(nothing, "en")
