"""The SQL reader on SQLite and, where $WUBU_TEST_POSTGRES names one, on a real PostgreSQL."""

from __future__ import annotations

import builtins
import os
import re
import uuid

import numpy as np
import pytest
from pydantic import ValidationError

from forecast.errors import InputError, MissingExtraError
from forecast.observations.sql import Sql

sqlalchemy = pytest.importorskip("sqlalchemy", reason="extra sql is not installed")

QUERY = "SELECT id, at, what, value, unit FROM {table} WHERE what LIKE '%o%' OR what = 'pm:25'"
ROWS = [
    ("A", "2020-01-01 01:00:00+00", "pm:25", 10.5, "ug/m3"),
    ("A", "2020-01-01 01:00:00+00", "ozone", 30.0, "ppb"),
    ("B", "2020-01-01 11:00:00+08", "ozone", 0.04, "ppm"),
    ("B", "2020-01-01 01:00:00+00", "ozone", None, "ppb"),
    ("B", "2020-01-01 02:00:00+00", "co", 0.5, "ppm"),
    ("B", "2020-01-01 02:00:00+00", "wind", 5.0, "m/s"),
]
DECLARED = {
    "files": "*.sql", "layout": "long", "time_zone": "stated", "hour_label": "ending",
    "parameters": {"pm:25": "pm25", "ozone": "o3"}, "missing": [],
    "columns": {"station": "id", "time": "at", "parameter": "what", "value": "value",
                "unit": "unit"},
}  # fmt: skip


@pytest.fixture
def sqlite(tmp_path):
    """Folder with air.db; its times are text."""
    engine = sqlalchemy.create_engine(f"sqlite:///{tmp_path / 'air.db'}")
    with engine.begin() as connection:
        fill(connection, "air", time_type="TEXT")
    engine.dispose()
    return tmp_path


def fill(connection, table: str, time_type: str) -> None:
    connection.exec_driver_sql(
        f"CREATE TABLE {table} (id TEXT, at {time_type}, what TEXT, value NUMERIC, unit TEXT)"
    )
    insert = sqlalchemy.text(f"INSERT INTO {table} VALUES (:a, :b, :c, :d, :e)")
    connection.execute(insert, [dict(zip("abcde", row, strict=True)) for row in ROWS])


def query_file(folder, text: str):
    path = folder / "query.sql"
    path.write_text(text, encoding="utf-8")
    return path


def read(folder, text: str = QUERY.format(table="air"), **options):
    declared = DECLARED | {"url": "sqlite:///air.db", "time_format": "%Y-%m-%d %H:%M:%S%z"}
    return Sql(**declared | options).read(query_file(folder, text), 8)


def assert_rows(reading) -> None:
    data = reading.hourly
    assert data["station"].values.tolist() == ["A", "B"]
    # an hour that ends at 01:00 UTC begins at 00:00; 11:00+08 is 03:00 UTC
    assert data["time"].values.astype("M8[h]").astype(str).tolist() == [
        "2020-01-01T00", "2020-01-01T01", "2020-01-01T02"
    ]  # fmt: skip
    nan = np.nan
    np.testing.assert_array_equal(data["pm25"].values, [[10.5, nan, nan], [nan] * 3])
    ozone = [[30 * 1.962, nan, nan], [nan, nan, 40 * 1.962]]
    np.testing.assert_allclose(data["o3"].values, ozone, rtol=1e-6)
    assert dict(reading.rejected) == {"parameter co is not used": 1, "no value": 1}


def test_sqlite(sqlite):
    assert_rows(read(sqlite))


def test_wide_rows_with_a_mark_of_missing_values(sqlite):
    text = """-- one row a station and hour: a comment may stand first
        SELECT id, '2020-01-01 05' AS hour, max(value) AS co, -999 AS no2 FROM air
        WHERE what = 'co' GROUP BY id;
    """
    reading = read(
        sqlite, text, layout="wide", parameters={}, time_zone="network",
        time_format="%Y-%m-%d %H", missing=["-999"], units={"co": "ppm", "no2": "ug/m3"},
        columns={"station": "id", "time": "hour", "co": "co", "no2": "no2"},
    )  # fmt: skip
    assert reading.hourly["co"].item() == pytest.approx(0.5 * 1.145)
    # 05:00 at UTC+8 ends the hour from 20:00 UTC
    assert str(reading.hourly["time"].values[0])[:13] == "2019-12-31T20"
    assert dict(reading.rejected) == {"no2: mark of missing value -999": 1}


def test_the_address_from_the_environment(sqlite, monkeypatch):
    options = {"url": None, "url_variable": "AIR_DATABASE"}
    with pytest.raises(InputError, match="environment variable AIR_DATABASE is not set"):
        read(sqlite, **options)
    monkeypatch.setenv("AIR_DATABASE", f"sqlite:///{sqlite / 'air.db'}")
    assert_rows(read(sqlite, **options))
    for wrong in ({"url": None}, {"url_variable": "AIR_DATABASE"}):
        with pytest.raises(ValidationError, match="give either url or url_variable"):
            read(sqlite, **wrong)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", ": the file is empty"),
        (" -- nothing\n;", ": the file is empty"),
        ("DELETE FROM air", ": 'DELETE' begins the query; expected SELECT or WITH"),
        ("SELECT 1; DROP TABLE air", ": ';' inside the query; expected a single statement"),
        ("SELECT '--'; DELETE FROM air", ": ';' inside the query"),
        ("WITH a AS (SELECT 1) DELETE FROM air", ": sqlite: attempt to write a readonly database"),
        ("SELECT * FROM nowhere", ": sqlite: no such table: nowhere"),
        ("SELECT id, at, what, value FROM air", ": column unit missing; found id, at, what, value"),
        ("SELECT id, at, what, value, unit, unit FROM air", ": the query returns column unit"),
        ("SELECT * FROM air WHERE id = 'C'", ": the query returns no row"),
        ("SELECT * FROM air UNION ALL SELECT * FROM air", ": station A has pm25 at 2020-01-01"),
        ("SELECT id, at, what, 'x' AS value, unit FROM air", ", row 1: value is 'x'; expected a"),
        ("SELECT at AS id, id AS at, what, value, unit FROM air", ", row 1: at is 'A'; expected a"),
        ("SELECT id, at, what, unit AS value, value AS unit FROM air", ", row 1: value is 'ug/m3'"),
        ("SELECT id, at, what, value, 'ppb' AS unit FROM air", ", row 1: pm25: unit 'ppb' is a"),
        ("SELECT NULL AS id, at, what, value, unit FROM air", ", row 1: id is empty"),
        ("SELECT id, 1577840400 AS at, what, value, unit FROM air", ", row 1: at is '1577840400'"),
    ],
)
def test_queries_that_cannot_be_used(sqlite, text, message):
    with pytest.raises(InputError, match=re.escape(message).replace(":\\ station", ".*station")):
        read(sqlite, text)
    assert_rows(read(sqlite))  # and the database is as it was


def test_query_files_that_cannot_be_read(tmp_path):
    source = Sql(**DECLARED, url="sqlite:///air.db")
    with pytest.raises(InputError, match=r"none\.sql: no such query file$"):
        source.read(tmp_path / "none.sql", 8)
    path = tmp_path / "query.sql"
    path.write_bytes("SELECT 'é'".encode("latin-1"))
    with pytest.raises(InputError, match="not a query in UTF-8"):
        source.read(path, 8)


def test_a_missing_database_is_not_made(tmp_path):
    with pytest.raises(InputError, match=r"no such SQLite database: .*air\.db"):
        read(tmp_path)
    assert not (tmp_path / "air.db").exists()


SECRET = "hunter2+x"


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql+psycopg://someone:{SECRET}@127.0.0.1:1/db?application_name={SECRET}",
        f"postgresql+psycopg://someone:{SECRET}@127.0.0.1:port/db",
        f"postgresql+psycopg://someone:{SECRET}@127.0.0.1/db?wrongoption={SECRET}",
        f"nothing-like-a-url {SECRET}",
        f"unknown://someone:{SECRET}@host/db",
    ],
)
def test_no_message_tells_the_password(tmp_path, url):
    pytest.importorskip("psycopg", reason="extra sql is not installed")
    source = Sql(**DECLARED, url=url)
    assert SECRET not in repr(source) and SECRET not in source.model_dump_json()
    with pytest.raises(InputError) as caught:
        source.read(query_file(tmp_path, "SELECT 1"), 8)
    text = str(caught.value)
    assert SECRET not in text and "someone" not in text and "\n" not in text
    assert caught.value.__cause__ is None and caught.value.__suppress_context__


def test_a_url_in_the_wrong_place_is_not_repeated(tmp_path):
    source = Sql(**DECLARED, url_variable=f"postgresql://someone:{SECRET}@host/db")
    assert SECRET not in repr(source)
    with pytest.raises(InputError, match="url_variable is not the name of an") as caught:
        source.read(query_file(tmp_path, "SELECT 1"), 8)
    assert SECRET not in str(caught.value)


def test_a_library_that_is_not_installed(tmp_path, monkeypatch):
    real = builtins.__import__

    def without(missing):
        def find(name, *rest):
            if name.split(".")[0] == missing:
                raise ImportError(name)
            return real(name, *rest)

        return find

    message = r"pip install 'wubu\[sql\]'"
    path = query_file(tmp_path, "SELECT 1")
    monkeypatch.setattr(builtins, "__import__", without("sqlalchemy"))
    with pytest.raises(MissingExtraError, match=message):
        Sql(**DECLARED, url="sqlite:///air.db").read(path, 8)
    monkeypatch.setattr(builtins, "__import__", without("psycopg"))
    with pytest.raises(MissingExtraError, match=message):
        Sql(**DECLARED, url="postgresql+psycopg://a:b@127.0.0.1:1/db").read(path, 8)


@pytest.fixture(scope="module")
def postgres():
    """URL of a PostgreSQL and a table in it, removed at the end."""
    url = os.environ.get("WUBU_TEST_POSTGRES")
    if not url:
        pytest.skip("no PostgreSQL: set WUBU_TEST_POSTGRES to a URL (.ci/postgres start gives one)")
    table = f"air_{uuid.uuid4().hex[:12]}"
    engine = sqlalchemy.create_engine(url)
    with engine.begin() as connection:
        fill(connection, table, time_type="TIMESTAMPTZ")
    yield url, table
    with engine.begin() as connection:
        connection.exec_driver_sql(f"DROP TABLE {table}")
    engine.dispose()


def test_postgres_with_times_of_its_own_type(postgres, tmp_path):
    url, table = postgres
    source = Sql(**DECLARED, url=url)
    assert_rows(source.read(query_file(tmp_path, QUERY.format(table=table)), 8))


def test_postgres_without_zone_and_as_text(postgres, tmp_path):
    url, table = postgres
    query = QUERY.format(table=table)
    naive = query.replace(" at,", " at AT TIME ZONE 'UTC' AS at,")
    declared = DECLARED | {"url": url, "time_zone": "utc"}
    assert_rows(Sql(**declared).read(query_file(tmp_path, naive), 8))
    with pytest.raises(InputError, match=r"times in at do not state their offset; time_zone is"):
        Sql(**DECLARED, url=url).read(query_file(tmp_path, naive), 8)
    text = query.replace(" at,", " to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') AS at,")
    with pytest.raises(InputError, match=r"at holds text; expected times, or a time_format$"):
        Sql(**declared).read(query_file(tmp_path, text), 8)
    shaped = declared | {"time_format": "%Y-%m-%d %H:%M"}
    assert_rows(Sql(**shaped).read(query_file(tmp_path, text), 8))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("WITH gone AS (DELETE FROM {table} RETURNING *) SELECT * FROM gone",
         "cannot execute SELECT in a read-only transaction"),
        ("SELECT 1; COMMIT; DROP TABLE {table}", "';' inside the query"),
        ("SELECT * FROM nowhere", 'postgresql: relation "nowhere" does not exist'),
        ("SELECT id, NULL AS at, what, value, unit FROM {table}", "row 1: at is empty"),
        ("SELECT id, at, what, 'Infinity'::float8 AS value, unit FROM {table}", "value is 'inf'"),
    ],
)  # fmt: skip
def test_postgres_queries_that_cannot_be_used(postgres, tmp_path, text, message):
    url, table = postgres
    source = Sql(**DECLARED, url=url)
    with pytest.raises(InputError, match=re.escape(message)):
        source.read(query_file(tmp_path, text.format(table=table)), 8)
    assert_rows(source.read(query_file(tmp_path, QUERY.format(table=table)), 8))


def test_postgres_refuses_a_wrong_password_without_telling_it(postgres, tmp_path):
    url = sqlalchemy.make_url(postgres[0]).set(password=SECRET)
    with pytest.raises(InputError, match="authentication failed") as caught:
        Sql(**DECLARED, url=url.render_as_string(hide_password=False)).read(
            query_file(tmp_path, "SELECT 1"), 8
        )
    assert SECRET not in str(caught.value) and str(url.username) not in str(caught.value)
