"""The station list of the Chinese national network as the project's station table.

Layout: ``ID,stations_name,stations_en_name,area,area_en_name,lon,lat`` in UTF-8, where `area` is
the city. Names are joined in Chinese: romanised, Suzhou is 苏州 in Jiangsu and 宿州 in Anhui, and
six more names stand for two cities each. Such a city bears its province's name too
(``Suzhou_Jiangsu``); provinces come from ``cnemc_provinces.yaml``, as the list has none.
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path

import pandas as pd
import yaml

from forecast.errors import InputError
from forecast.observations.delimited import read_delimited
from forecast.observations.rows import numbers

COLUMNS = ("ID", "stations_name", "area", "area_en_name", "lon", "lat")
TABLE = Path(__file__).with_name("cnemc_provinces.yaml")
LIMITS = {"lat": (3.0, 54.0), "lon": (73.0, 136.0)}
"""China's extent in degrees; coordinates that were swapped fall outside."""


def read_cnemc_stations(path: Path) -> pd.DataFrame:
    """Read the station list.

    Parameters
    ----------
    path : Path
        CSV in the layout above.

    Returns
    -------
    pandas.DataFrame
        As `forecast.stations.read_stations`: indexed by station (``1001A``), in file order, with
        ``lat, lon, city, province, region, name_zh, city_zh, province_zh``. City ids differ for
        different cities; `region` is "".

    Raises
    ------
    InputError
        The file cannot be read, a station stands twice or has no name, a coordinate is outside
        China, or a city is in no province of the table.
    """
    table = read_delimited(path).apply(lambda column: column.str.strip())
    missing = [c for c in COLUMNS if c not in table]
    if missing:
        raise InputError(f"{path}: column {', '.join(missing)} missing; is it the station list?")
    for column in ("ID", "stations_name", "area"):
        empty = table.index[table[column] == ""]
        if len(empty):
            raise InputError(f"{path}, line {empty[0]}: {column} is empty")
    twice = table.index[table["ID"].duplicated()]
    if len(twice):
        raise InputError(f"{path}, line {twice[0]}: station {table['ID'][twice[0]]} stands twice")
    for column, (low, high) in LIMITS.items():
        values = numbers(path, table[column], (), Counter())
        wrong = ~((values >= low) & (values <= high))
        if wrong.any():
            line = table.index[int(wrong.argmax())]
            raise InputError(
                f"{path}, line {line}: {column} is {table[column][line] or 'empty'}; expected "
                f"{low:g} to {high:g}"
            )
        table[column] = values
    cities = table.drop_duplicates("area").set_index("area")["area_en_name"]
    named = city_ids(cities.to_dict(), path)
    city = table["area"].map(lambda zh: named[zh])
    return pd.DataFrame(
        {
            "lat": table["lat"].to_numpy(float),
            "lon": table["lon"].to_numpy(float),
            "city": city.str[0].to_numpy(),
            "province": city.str[1].to_numpy(),
            "region": "",
            "name_zh": table["stations_name"].to_numpy(),
            "city_zh": table["area"].to_numpy(),
            "province_zh": city.str[2].to_numpy(),
        },
        index=pd.Index(table["ID"].to_numpy(), name="station"),
    )


def city_ids(romanised: dict[str, str], path: Path) -> dict[str, tuple[str, str, str]]:
    """Return (city id, province, Chinese province) by the Chinese name of the city.

    Parameters
    ----------
    romanised : dict
        Chinese name to the list's romanised name.
    path : Path
        For messages.

    Raises
    ------
    InputError
        A city is in no province of the table, or two cities remain with one id.

    Examples
    --------
    >>> ids = city_ids({"苏州": "Suzhou", "宿州": "Suzhou", "北京": "Beijing"}, Path("list.csv"))
    >>> ids["宿州"]
    ('Suzhou_Anhui', 'Anhui', '安徽')
    >>> ids["北京"][0]
    'Beijing'
    """
    provinces, corrected, shared = _provinces()
    out: dict[str, tuple[str, str, str]] = {}
    for zh, name in romanised.items():
        if zh not in provinces:
            raise InputError(f"{path}: city {zh} ({name}) is in no province of {TABLE.name}")
        province, province_zh = provinces[zh]
        name = corrected.get(zh, name)
        # by the table and not by the list at hand, so that a part of the list has the same ids
        city = f"{name}_{province.replace(' ', '')}" if name in shared else name
        out[zh] = (city, province, province_zh)
    ids = pd.Series({zh: city for zh, (city, _, _) in out.items()}, dtype=object)
    if ids.duplicated().any():
        raise InputError(f"{path}: two cities are named {ids[ids.duplicated()].iloc[0]}")
    return out


@cache
def _provinces() -> tuple[dict[str, tuple[str, str]], dict[str, str], frozenset[str]]:
    content = yaml.safe_load(TABLE.read_text(encoding="utf-8"))
    provinces = {
        city: (name, entry["zh"])
        for name, entry in content["provinces"].items()
        for city in entry["cities"]
    }
    return provinces, content["romanised"], frozenset(content["shared"])
