"""Reader of SQL databases through SQLAlchemy (extra ``sql``).

``files`` names files that hold one query each (UTF-8); the rows a query returns are read through
the map of `forecast.observations.mapping`. A query must be a single ``SELECT`` or ``WITH``, and
whatever it does is rolled back; SQLite is opened read-only and PostgreSQL reads in a read-only
transaction.

The address is a SQLAlchemy URL, given as it is or as the name of an environment variable, so that
passwords need not stand in a configuration. No message repeats user, password or options of it.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd
from pydantic import Field, SecretStr, model_validator

from forecast.errors import InputError, MissingExtraError
from forecast.observations.mapping import Mapped
from forecast.observations.source import Reading

if TYPE_CHECKING:
    import sqlalchemy


class Sql(Mapped):
    """Rows of SQL queries; hours, units and clock are declared as for a table.

    Attributes
    ----------
    url : str or None
        SQLAlchemy URL, such as ``sqlite:///air.db`` (relative to the folder of the query file) or
        ``postgresql+psycopg://user:password@host/database``.
    url_variable : str or None
        Environment variable that holds the URL; exactly one of the two is given.
    time_format : str or None
        Needed where the time column is text; times of the database's own type need none, and
        those with a zone need ``time_zone: stated``.
    """

    format: Literal["sql"] = "sql"
    url: SecretStr | None = None
    url_variable: str | None = Field(default=None, repr=False)
    time_format: str | None = None

    @model_validator(mode="after")
    def _one_address(self) -> Sql:
        if (self.url is None) == (self.url_variable is None):
            raise ValueError("give either url or url_variable")
        return self

    def read(self, path: Path, utc_offset: float) -> Reading:
        """Run the query that `path` holds and read its rows.

        Raises
        ------
        MissingExtraError
            SQLAlchemy, or the driver the URL names, is not installed.
        InputError
            The query file, the address, the connection, the query or a row cannot be used.
        """
        query = _query(path)
        table = _fetch(path, self._address(path), query)
        return self.reading(path, table, utc_offset)

    def _address(self, path: Path) -> str:
        if self.url is not None:
            return self.url.get_secret_value()
        # checked here and not as a pattern, whose error would repeat a URL written by mistake
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", str(self.url_variable)):
            raise InputError(f"{path}: url_variable is not the name of an environment variable")
        found = os.environ.get(str(self.url_variable), "")
        if not found:
            raise InputError(f"{path}: environment variable {self.url_variable} is not set")
        return found


def _query(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"{path}: no such query file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not a query in UTF-8: {error}") from None
    bare = re.sub(r"--[^\n]*|/\*.*?\*/", " ", text, flags=re.DOTALL).strip().rstrip(";")
    if not bare:
        raise InputError(f"{path}: the file is empty")
    if not re.match(r"(?i)(select|with)\b", bare):
        raise InputError(f"{path}: {bare.split()[0]!r} begins the query; expected SELECT or WITH")
    query = text.strip().rstrip(";")
    # a second statement could end the read-only transaction and write; none is let through
    if ";" in query:
        raise InputError(f"{path}: ';' inside the query; expected a single statement")
    return query


def _fetch(path: Path, address: str, query: str) -> pd.DataFrame:
    try:
        import sqlalchemy
    except ImportError:
        raise MissingExtraError("reading a database", "sql") from None
    try:
        url = sqlalchemy.make_url(address)
    except (sqlalchemy.exc.ArgumentError, ValueError):
        raise InputError(f"{path}: the database's address is not a SQLAlchemy URL") from None
    try:
        engine = sqlalchemy.create_engine(
            _read_only(path, url), poolclass=sqlalchemy.pool.NullPool, hide_parameters=True
        )
    except ImportError:
        raise MissingExtraError(f"reading {url.get_backend_name()}", "sql") from None
    except (sqlalchemy.exc.SQLAlchemyError, TypeError, ValueError) as error:
        raise InputError(f"{path}: {_without_secrets(error, url)}") from None
    # text goes to the driver as it is: neither ':' nor '%' in a query is a parameter
    options: dict[str, Any] = {"no_parameters": True}
    if url.get_backend_name() == "postgresql":
        options["postgresql_readonly"] = True
    try:
        with engine.connect().execution_options(**options) as connection:
            result = connection.exec_driver_sql(query)
            names = list(result.keys())
            rows = result.fetchall()
            connection.rollback()
    except sqlalchemy.exc.SQLAlchemyError as error:
        raise InputError(f"{path}: {_without_secrets(error, url)}") from None
    finally:
        engine.dispose()
    return _frame(path, names, rows)


def _frame(path: Path, names: list[str], rows: Any) -> pd.DataFrame:
    twice = [name for name, n in Counter(names).items() if n > 1]
    if twice:
        raise InputError(f"{path}: the query returns column {', '.join(twice)} twice")
    if not rows:
        raise InputError(f"{path}: the query returns no row")
    table = pd.DataFrame([tuple(row) for row in rows], columns=names)
    for name in names:
        # times with offsets of their own (summer, winter) come as objects
        kind = pd.api.types.infer_dtype(table[name], skipna=True)
        if kind in ("datetime", "datetime64", "date"):
            table[name] = pd.to_datetime(table[name], errors="coerce", utc=_aware(table[name]))
    table.index = pd.RangeIndex(1, len(table) + 1, name="row")
    return table


def _aware(cells: pd.Series) -> bool:
    return any(getattr(cell, "tzinfo", None) is not None for cell in cells)


def _read_only(path: Path, url: sqlalchemy.URL) -> sqlalchemy.URL:
    """SQLite opened read-only, so that a wrong path is an error and not a new empty database."""
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        return url
    file = path.absolute().parent / str(url.database)
    if not file.is_file():
        raise InputError(f"{path}: no such SQLite database: {file}")
    return url.set(database=file.as_uri(), query={"mode": "ro", "uri": "true"})


def _without_secrets(error: Exception, url: sqlalchemy.URL) -> str:
    """First line of a database's message, without user, password and options of the URL."""
    text = str(getattr(error, "orig", None) or error).strip().split("\n")[0]
    secrets = [url.password, *url.query.values(), url.username]
    for secret in secrets:
        for part in [secret] if isinstance(secret, str) else secret or ():
            if part:
                text = re.sub(rf"(?<!\w){re.escape(str(part))}(?!\w)", "***", text)
    return f"{url.get_backend_name()}: {text}"
