"""The station table: where each monitoring station stands and which city it belongs to."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pandas as pd

from forecast.archives import check_packed
from forecast.errors import InputError

REQUIRED = ("station", "lat", "lon", "city", "province")
OPTIONAL = {"name_zh": "station", "region": None, "city_zh": "city", "province_zh": "province"}
_AS_NAMED: Mapping[str, str] = MappingProxyType({})


def read_stations(
    path: Path,
    columns: Mapping[str, str] = _AS_NAMED,
    *,
    delimiter: str = ",",
    encoding: str = "utf-8",
) -> pd.DataFrame:
    """Read a station table.

    Parameters
    ----------
    path : Path
        Delimited text with the columns ``station, lat, lon, city, province`` and, where known,
        ``name_zh, city_zh, province_zh, region``; other columns are ignored.
    columns : mapping of str to str, optional
        Our name -> the file's, for those that are called otherwise.
    delimiter : str
        One character.
    encoding : str
        Of the file; a byte-order mark of UTF-8 is skipped.

    Returns
    -------
    pandas.DataFrame
        Indexed by station, in file order, with columns ``lat, lon`` (degrees), ``city, province,
        region, name_zh, city_zh, province_zh`` (text; missing names fall back to the id, a missing
        region to "").

    Raises
    ------
    InputError
        The file is missing or not in this encoding, a column is missing, a station has no or
        impossible coordinates, no city, or stands twice, or a station bears the name of a city.
    """
    table = read_columns(path, delimiter=delimiter, encoding=encoding)
    absent = [name for name in columns.values() if name not in table.columns]
    if absent:
        raise InputError(
            f"{path}: column {', '.join(absent)} missing; found {', '.join(table.columns)}"
        )
    theirs = {name: ours for ours, name in columns.items()}
    unmapped = [c for c in table.columns if c in theirs or c not in columns]
    return station_table(table[unmapped].rename(columns=theirs), path)


def station_table(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Check a table of text columns and complete it; errors as in `read_stations`."""
    missing = [c for c in REQUIRED if c not in table.columns]
    if missing:
        raise InputError(
            f"{path}: column {', '.join(missing)} missing; found {', '.join(table.columns)}"
        )
    if table.empty:
        raise InputError(f"{path}: the table has no station")
    table = table.apply(lambda column: column.str.strip())
    for row, station in enumerate(table["station"], start=2):
        if not station:
            raise InputError(f"{path}, line {row}: a station without an id")
    twice = table["station"][table["station"].duplicated()]
    if len(twice):
        raise InputError(f"{path}: station {twice.iloc[0]} stands more than once")
    for column, limit in (("lat", 90), ("lon", 360)):
        table[column] = _coordinates(table, column, limit, path)
    for station, city in zip(table["station"], table["city"], strict=True):
        if not city:
            raise InputError(f"{path}: station {station} has no city")
    both = table["station"][table["station"].isin(table["city"])]
    if len(both):  # stations and cities share one axis of places
        raise InputError(f"{path}: {both.iloc[0]} names a station and a city; rename the station")
    for column, fallback in OPTIONAL.items():
        if column not in table:
            table[column] = table[fallback] if fallback else ""
    table["lon"] = (table["lon"] + 180) % 360 - 180
    return table.set_index("station")[
        ["lat", "lon", "city", "province", "region", "name_zh", "city_zh", "province_zh"]
    ]


def read_columns(path: Path, *, delimiter: str = ",", encoding: str = "utf-8") -> pd.DataFrame:
    """Read a delimited table as text; errors as in `read_stations`."""
    marked = "utf-8-sig" if encoding == "utf-8" else encoding
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            check_packed(path)
            table = pd.read_csv(
                path,
                sep=delimiter,
                dtype=str,
                encoding=marked,
                keep_default_na=False,
                index_col=False,
            )
    except FileNotFoundError:
        raise InputError(f"{path}: no such station table") from None
    except pd.errors.ParserWarning:
        raise InputError(f"{path}: the rows hold more fields than the header") from None
    except (OSError, EOFError, ValueError, zipfile.BadZipFile) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: not a table in {encoding}: {str(error).strip()}") from None
    table.columns = table.columns.str.strip()
    return table


def _coordinates(table: pd.DataFrame, column: str, limit: float, path: Path) -> pd.Series:
    values = pd.to_numeric(table[column], errors="coerce")
    wrong = ~(values.abs() <= limit)
    if wrong.any():
        row = int(wrong.to_numpy().argmax())
        found = table[column].iloc[row] or "nothing"
        raise InputError(
            f"{path}, line {row + 2}: station {table['station'].iloc[row]} has {column} "
            f"{found}; expected a number within ±{limit}"
        )
    return values.astype(float)
