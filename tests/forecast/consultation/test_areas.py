"""Areas: from the station table, from the configuration, and by name."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from forecast.consultation.areas import Area, areas_of, find_area
from forecast.consultation.settings import AreaSetting, Consultation
from forecast.errors import InputError


@pytest.fixture
def issued():
    """Two cities of province P, one of Q, with a station of the first."""
    return xr.Dataset(
        {"aqi_low": ("place", np.zeros(4))},
        {
            "place": ["a1", "A", "B", "C"],
            "kind": ("place", ["station", "city", "city", "city"]),
            "name": ("place", ["甲一", "甲", "乙", "丙"]),
            "province": ("place", ["P", "P", "P", "Q"]),
            "province_zh": ("place", ["平省", "平省", "平省", "清省"]),
            "region": ("place", ["", "", "", "east"]),
        },
        attrs={"title": "t", "title_zh": "全国", "title_en": ""},
    )


def test_areas_of_the_station_table(issued):
    found = areas_of(issued)
    assert found == [
        Area("nation", "nation", "全国", "t", ("A", "B", "C")),
        Area("region", "east", "east", "east", ("C",)),
        Area("province", "P", "平省", "P", ("A", "B")),
        Area("province", "Q", "清省", "Q", ("C",)),
        Area("city", "A", "甲", "A", ("A",)),
        Area("city", "B", "乙", "B", ("B",)),
        Area("city", "C", "丙", "C", ("C",)),
    ]


def test_areas_of_ones_own_come_first_and_replace(issued):
    own = [
        AreaSetting(level="region", name="north", zh="北", cities=["C"], provinces=["P"]),
        AreaSetting(level="region", name="east", en="The East", cities=["B", "C"]),
        AreaSetting(level="province", name="Z", provinces=["nowhere"]),
    ]
    regions = [a for a in areas_of(issued, own) if a.level == "region"]
    assert regions == [
        Area("region", "north", "北", "north", ("A", "B", "C")),
        Area("region", "east", "east", "The East", ("B", "C")),
    ]
    assert "Z" not in [a.name for a in areas_of(issued, own)]


def test_an_area_is_found_by_any_of_its_names(issued):
    areas = areas_of(issued)
    assert find_area(areas, "province", "平省").name == "P"
    assert find_area(areas, "nation", None).cities == ("A", "B", "C")
    with pytest.raises(InputError, match="no province 'X'; there are: P, Q"):
        find_area(areas, "province", "X")
    with pytest.raises(InputError, match="which province is wanted; there are: P, Q"):
        find_area(areas, "province", None)


def test_a_city_nobody_forecasts_is_named(issued):
    own = [AreaSetting(level="region", name="r", cities=["A", "X"])]
    with pytest.raises(InputError, match="area r: X is no city of the forecast; there are: A"):
        areas_of(issued, own)


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ({"areas": [{"level": "region", "name": "r"}]}, "`cities` or `provinces` are needed"),
        (
            {"areas": [{"level": "region", "name": "r", "cities": ["A"]}] * 2},
            "two areas of one level share a name: r",
        ),
        ({"areas": [{"level": "city", "name": "r", "cities": ["A"]}]}, "'region' or 'province'"),
        ({"rule": "2017"}, "'2024' or '2018'"),
        ({"gap_hours": -1}, "greater than or equal to 0"),
    ],
)
def test_bad_sections(section, message):
    with pytest.raises(ValueError, match=message):
        Consultation(**section)
