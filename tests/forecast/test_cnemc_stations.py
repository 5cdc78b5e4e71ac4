"""The CNEMC station list: ids of cities that share a romanised name, provinces, malformed lists."""

from __future__ import annotations

import pandas as pd
import pytest
import yaml

from forecast.errors import InputError
from forecast.observations.cnemc_stations import TABLE, read_cnemc_stations
from forecast.stations import read_stations

HEADER = "ID,stations_name,stations_en_name,area,area_en_name,lon,lat\n"
ROWS = (
    "1001A,万寿西宫,Wanshouxigong,北京,Beijing,116.366,39.8673\n"
    "1160A,上方山,Shangfangshan,苏州,Suzhou,120.561,31.2472\n"
    "1987A,一中,Yizhong,宿州,Suzhou,116.979,33.6401\n"
    "1414A,高家花园,Gaojiahuayuan,重庆,Zhongqing,106.4472,29.5672\n"
)
GOOD = HEADER + ROWS


def written(folder, text: str | bytes):
    path = folder / "list.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_table_of_the_project(tmp_path):
    table = read_cnemc_stations(written(tmp_path, GOOD))
    assert table.index.name == "station" and table.index.tolist()[0] == "1001A"
    assert table["city"].tolist() == ["Beijing", "Suzhou_Jiangsu", "Suzhou_Anhui", "Chongqing"]
    assert table["city_zh"].tolist() == ["北京", "苏州", "宿州", "重庆"]
    assert table["province"].tolist() == ["Beijing", "Jiangsu", "Anhui", "Chongqing"]
    assert table["province_zh"].tolist() == ["北京", "江苏", "安徽", "重庆"]
    assert table.loc["1160A", ["lat", "lon"]].tolist() == [31.2472, 120.561]
    assert table.loc["1160A", "name_zh"] == "上方山"
    # what is written is the project's own station table
    path = tmp_path / "stations.csv"
    table.to_csv(path)
    pd.testing.assert_frame_equal(read_stations(path), table, check_dtype=False)


def test_a_part_of_the_list_has_the_ids_of_the_whole(tmp_path):
    alone = read_cnemc_stations(written(tmp_path, HEADER + ROWS.splitlines()[1] + "\n"))
    assert alone["city"].tolist() == ["Suzhou_Jiangsu"]


def test_every_city_is_in_one_province():
    content = yaml.safe_load(TABLE.read_text(encoding="utf-8"))
    cities = [c for entry in content["provinces"].values() for c in entry["cities"]]
    assert len(cities) == len(set(cities)) == 368 and len(content["provinces"]) == 31
    assert set(content["romanised"]) <= set(cities)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", ": the file is empty$"),
        (HEADER, ": no row below the header$"),
        (GOOD[: GOOD.rindex(",106")], ", line 5: 5 fields; expected 7"),
        (GOOD.encode("gbk"), ": not text in utf-8: "),
        (GOOD.replace("area,", "city,"), ": column area missing; is it the station list"),
        (GOOD.replace("lon,lat", "lat,lon"), ", line 2: lat is 116.366; expected 3 to 54$"),
        (GOOD.replace("1160A", "1001A"), ", line 3: station 1001A stands twice$"),
        (GOOD.replace("120.561", "E120"), ", line 3: lon is 'E120'; expected a number$"),
        (GOOD.replace("120.561", ""), ", line 3: lon is empty; expected 73 to 136$"),
        (GOOD.replace(",苏州", ","), ", line 3: area is empty$"),
        (GOOD.replace("苏州", "蘇州"), r": city 蘇州 \(Suzhou\) is in no province of cnemc_prov"),
        (GOOD.replace("宿州,Suzhou", "合肥,Beijing"), ": two cities are named Beijing$"),
    ],
)
def test_malformed_lists(tmp_path, text, message):
    path = written(tmp_path, text)
    with pytest.raises(InputError, match=message) as caught:
        read_cnemc_stations(path)
    assert str(caught.value).startswith(str(path)) and "\n" not in str(caught.value)


@pytest.mark.real
def test_the_real_list(real_data):
    table = read_cnemc_stations(real_data / "national" / "cnemc_station_list.csv")
    assert len(table) == 1498 and table.index.is_unique
    # 368 cities in Chinese, 361 romanised names: the ids keep them apart
    assert table["city_zh"].nunique() == table["city"].nunique() == 368
    assert table.groupby("city")["city_zh"].nunique().max() == 1
    assert table["province"].nunique() == 31
    assert sorted(table.loc[table["city_zh"].isin(["福州", "抚州"]), "city"].unique()) == [
        "Fuzhou_Fujian",
        "Fuzhou_Jiangxi",
    ]
    assert not set(table.index) & set(table["city"])
    # ids are plain: letters, digits, underscore
    assert table["city"].str.fullmatch(r"[A-Za-z_]+").all()
