"""Reader of covariates: a CSV, a row a place (static), or a row a day and, where named, a place.

Plain or ``.gz``, UTF-8. Days are ``2015-01-31``. Columns that are not declared are not read. Empty
cells, ``NA``, ``NaN`` and ``null`` are missing.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

from forecast.covariates.settings import Covariate
from forecast.errors import InputError
from forecast.observations.delimited import read_delimited
from forecast.observations.rows import at, dates, numbers, places

MISSING = ("NA", "NaN", "nan", "null")
EVERYWHERE = ""
"""Place of the rows of a table that names none."""
ALWAYS = np.datetime64("1900-01-01", "ns")
"""Day of a static row, and announcement of a plan whose table tells none."""
KEYS = ("place", "day", "announced")


def read_covariate(path: Path, source: Covariate) -> pd.DataFrame:
    r"""Read one file of a covariate.

    Parameters
    ----------
    path : Path
    source : Covariate
        Its section of the configuration.

    Returns
    -------
    pandas.DataFrame
        Columns ``place`` (``EVERYWHERE`` where the file names none), ``day``, ``announced``
        (``ALWAYS`` where there is none), and the predictors, float; missing is NaN.

    Raises
    ------
    InputError
        A column is missing, a day is none, a value is no finite number, a place is unnamed, or
        a row stands twice; the message names file, line and column.

    Examples
    --------
    >>> import tempfile
    >>> source = Covariate(name="city", kind="static", files="c.csv", columns={"people": "pop"})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (path := Path(folder) / "c.csv").write_text("place,pop\nBeijing,21.7\n")
    ...     read_covariate(path, source)[["place", "people"]].values.tolist()
    [['Beijing', 21.7]]
    """
    table = read_delimited(path)
    dated = source.kind != "static"
    wanted = [*source.columns.values(), *([source.day] if dated else [source.place])]
    missing = [name for name in wanted if name not in table]
    if missing:
        raise InputError(
            f"{path}, line 1: no column {', '.join(missing)}; found {', '.join(table.columns)}"
        )
    rows = pd.DataFrame(index=table.index)
    rows["place"] = places(path, table[source.place]) if source.place in table else EVERYWHERE
    rows["day"] = dates(path, table[source.day]) if dated else ALWAYS
    planned = source.kind == "planned" and source.announced in table
    rows["announced"] = dates(path, table[source.announced]) if planned else ALWAYS
    for name, column in source.columns.items():
        rows[name] = numbers(path, table[column], MISSING, Counter())
    twice = rows.duplicated(list(KEYS)).to_numpy()
    if twice.any():
        row = int(twice.argmax())
        raise InputError(f"{at(path, table, row)}: {_named(rows.iloc[row])} stands twice")
    return rows.reset_index(drop=True)


def _named(row: pd.Series) -> str:
    day = "" if row["day"] == ALWAYS else f" {row['day']:%Y-%m-%d}"
    return f"{row['place'] or 'the day'}{day}"
