"""The station table: what is read, and what is refused with which sentence."""

from __future__ import annotations

import pytest

from forecast.errors import InputError
from forecast.stations import read_stations

HEADER = "station,lat,lon,city,province"
TWO = f"{HEADER}\nA,40.5,116.25,Beijing,Beijing\nB,39,240,Tianjin,Tianjin\n"


def written(folder, text: str | bytes):
    path = folder / "stations.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_columns_order_and_fallbacks(tmp_path):
    table = read_stations(written(tmp_path, TWO))
    assert table.index.tolist() == ["A", "B"]
    assert table["lat"].tolist() == [40.5, 39.0]
    assert table["lon"].tolist() == [116.25, 240 - 360]
    assert table.loc["A"].tolist()[2:] == ["Beijing", "Beijing", "", "A", "Beijing", "Beijing"]
    assert table.columns.tolist() == (
        ["lat", "lon", "city", "province", "region", "name_zh", "city_zh", "province_zh"]
    )


def test_chinese_names_a_byte_order_mark_spaces_and_other_columns(tmp_path):
    text = (
        "\ufeffstation, lat,lon,city,province,region,name_zh,city_zh,height\n"
        " 1001A ,39.9,116.4,Suzhou AH,Anhui,皖北,万寿西宫,宿州,44\n"
    )
    table = read_stations(written(tmp_path, text))
    assert table.loc["1001A", ["region", "name_zh", "city_zh"]].tolist() == [
        "皖北",
        "万寿西宫",
        "宿州",
    ]
    assert table.loc["1001A", "province_zh"] == "Anhui"
    assert "height" not in table


def test_an_id_like_NA_is_an_id(tmp_path):
    table = read_stations(written(tmp_path, f"{HEADER}\nNA,1,2,null,x\n"))
    assert table.index.tolist() == ["NA"] and table["city"].tolist() == ["null"]


def test_the_table_reads_back_what_it_wrote(tmp_path):
    table = read_stations(written(tmp_path, TWO))
    again = read_stations(written(tmp_path, table.to_csv()))
    assert again.equals(table)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not a table in utf-8: No columns to parse from file"),
        (HEADER + "\n", "the table has no station"),
        (
            "station,latitude,lon,city\nA,1,2,x\n",
            "column lat, province missing; found station, latitude, lon, city",
        ),
        (TWO + "C,,116,x,y\n", ", line 4: station C has lat nothing; expected a number within ±90"),
        (TWO + "C,39N,1,x,y\n", ", line 4: station C has lat 39N; expected a number within ±90"),
        (TWO + "C,91,116,x,y\n", ", line 4: station C has lat 91; expected a number within ±90"),
        (TWO + "C,1,361,x,y\n", ", line 4: station C has lon 361; expected a number within ±360"),
        (TWO + "C,1,nan,x,y\n", ", line 4: station C has lon nan; expected a number within ±360"),
        (TWO + "C,39\n", ", line 4: station C has lon nothing; expected a number within ±360"),
        (TWO + ",39,116,x,y\n", ", line 4: a station without an id"),
        (TWO + "A,39,116,x,y\n", ": station A stands more than once"),
        (TWO.replace("g\n", "g,\n").replace("n\n", "n,\n"), "the rows hold more fields than the h"),
        (TWO + "C,39,116,,y\n", ": station C has no city"),
        (TWO + "Beijing,39,116,x,y\n", ": Beijing names a station and a city; rename the station"),
        (TWO + "C,39,116,x,y,z,z\n", "not a table in utf-8: .*Expected 5 fields in line 4, saw 7"),
        (TWO + '"C,39,116,x,y\n', "not a table in utf-8: .*EOF inside string"),
        (TWO.encode() + "东,1,2,北京,x\n".encode("gbk"), "not a table in utf-8: 'utf-8' codec"),
    ],
)
def test_refused_tables(tmp_path, text, message):
    path = written(tmp_path, text)
    with pytest.raises(InputError, match=message) as caught:
        read_stations(path)
    assert str(caught.value).startswith(str(path)) and "\n" not in str(caught.value)


def test_no_file_and_a_folder(tmp_path):
    with pytest.raises(InputError, match=r"none\.csv: no such station table"):
        read_stations(tmp_path / "none.csv")
    with pytest.raises(InputError, match=r"not a table in utf-8: .*directory"):
        read_stations(tmp_path)


@pytest.mark.real
def test_the_real_table(real_data):
    table = read_stations(real_data / "beijing" / "stations.csv")
    assert len(table) == 12 and set(table["city"]) == {"Beijing"}
    assert table["lat"].between(39.5, 40.6).all() and table["lon"].between(115.9, 117.1).all()
    lines = (real_data / "beijing" / "stations.csv").read_text(encoding="utf-8").splitlines()
    assert table.index.tolist() == [line.split(",")[0] for line in lines[1:]]


def test_columns_of_its_own_delimiter_and_encoding(tmp_path):
    text = "站号;经度;纬度;城市;省份;city\nA;116.25;40.5;北京;北京;x\n"
    columns = {"station": "站号", "lon": "经度", "lat": "纬度", "city": "城市", "province": "省份"}
    path = written(tmp_path, text.encode("gb18030"))
    table = read_stations(path, columns, delimiter=";", encoding="gb18030")
    assert table.loc["A"].tolist()[:4] == [40.5, 116.25, "北京", "北京"]
    with pytest.raises(InputError, match="column 区县 missing; found 站号, 经度"):
        read_stations(path, {**columns, "city": "区县"}, delimiter=";", encoding="gb18030")
    with pytest.raises(InputError, match="not a table in utf-8"):
        read_stations(path, columns, delimiter=";")
