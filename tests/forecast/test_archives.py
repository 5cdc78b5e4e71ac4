"""Packed files: bombs, names that lead out of the archive, links, and what is cut off."""

from __future__ import annotations

import gzip
import stat
import tracemalloc
import zipfile

import pytest

from forecast.archives import check_archive, check_gzip, check_xml, gunzipped, most_unpacked
from forecast.consultation.adjusting.files import MOST_UNPACKED, read_adjustments
from forecast.errors import InputError
from forecast.observations.aqs import Aqs
from forecast.observations.cnemc import Cnemc
from forecast.observations.delimited import read_delimited


def packed(path, entries):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return path


def test_what_gzip_knows_is_read(tmp_path):
    path = tmp_path / "a.csv.gz"
    two = gzip.compress(b"a,b\n") + gzip.compress(b"1,2\n")
    assert gunzipped(path, two) == gunzipped(path, two + bytes(9)) == b"a,b\n1,2\n"
    big = bytes(range(256)) * 20_000  # several pieces
    assert gunzipped(path, gzip.compress(big)) == big
    for spoilt in (two[:-3], two[:10], b"\x1f\x8b", b"a,b\n1,2\n"):
        with pytest.raises(InputError, match=r"a\.csv\.gz: cannot be read"):
            gunzipped(path, spoilt)


def test_limits_of_what_may_come_of_a_file():
    mib = 1 << 20
    assert [most_unpacked(n) for n in (1, mib, 2 * mib, 100 * mib)] == [
        *(256 * mib, 256 * mib, 400 * mib, 8192 * mib)
    ]


@pytest.fixture(scope="module")
def bomb(tmp_path_factory):
    path = tmp_path_factory.mktemp("bomb") / "china_sites_20150102.csv.gz"
    block = gzip.compress(bytes(33 << 20), 1)
    path.write_bytes(block * 9)  # 297 MiB from less than 2
    return path


def test_a_bomb_is_given_up_early(bomb):
    tracemalloc.start()
    with pytest.raises(InputError, match=r"unpack to over 2"):
        check_gzip(bomb)
    assert tracemalloc.get_traced_memory()[1] < 16 << 20
    tracemalloc.stop()


@pytest.mark.parametrize(
    "read",
    [
        read_delimited,
        lambda path: Cnemc(files="*").read(path, 8),
        lambda path: Aqs(files="*").read(path, 8),
    ],
)
def test_every_reader_of_packed_tables_refuses_it(bomb, read):
    with pytest.raises(InputError, match=r"china_sites_20150102\.csv\.gz: .* unpack to over"):
        read(bomb)


@pytest.mark.parametrize(
    "name", ["../a.xml", "x/../../a", "/etc/passwd", "C:\\a", "C:a", "..\\a", "\\\\host\\a"]
)
def test_names_that_lead_out(tmp_path, name):
    path = packed(tmp_path / "a.zip", [("fine.csv", "1"), (name, "1")])
    with pytest.raises(InputError, match=r"a\.zip: entry .* points out of the archive"):
        check_archive(path)


def test_links_and_entries_that_stand_twice(tmp_path):
    link = zipfile.ZipInfo("link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    path = packed(tmp_path / "a.zip", [(link, "/etc/passwd")])
    with pytest.raises(InputError, match="entry 'link' is a link; expected files"):
        check_archive(path)
    with pytest.warns(UserWarning, match="Duplicate"):
        path = packed(tmp_path / "b.zip", [("a", "1"), ("a", "2")])
    with pytest.raises(InputError, match="entry 'a' stands twice"):
        check_archive(path)


def test_a_zip_of_observations(tmp_path):
    path = packed(tmp_path / "hourly.zip", [("a.csv", bytes(257 << 20))])
    with pytest.raises(InputError, match=r"hourly\.zip: 269,484,032 bytes unpacked; expected at"):
        Aqs(files="*").read(path, 8)


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([("xl/a.xml", bytes(MOST_UNPACKED + 1))], "bytes unpacked; expected at most"),
        ([("../xl/a.xml", "<a/>")], "points out of the archive"),
        ([("xl/a.xml", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')], "declares XML entities"),
        ([("xl/a.xml", "<!DOCTYPE a [<!ENTITY b 'c'>]><a/>".encode("utf-16"))], "XML entities"),
    ],
)
def test_workbooks_that_are_none(tmp_path, entries, message):
    from consultation_inputs import forecast_of

    path = packed(tmp_path / "w.xlsx", entries)
    with pytest.raises(InputError, match=rf"w\.xlsx: .*{message}"):
        read_adjustments(path, forecast_of(["Beijing"]))


def test_xml_without_entities_passes(tmp_path):
    path = packed(tmp_path / "w.xlsx", [("a.xml", "<a>x</a>"), ("a.png", "<!DOCTYPE")])
    check_archive(path)
    check_xml(path)
