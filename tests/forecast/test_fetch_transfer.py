"""Fetching over a server that fails: what is on the disk, and what was asked for."""

from __future__ import annotations

import os
import signal
import threading
import time
from datetime import date

import pytest

from forecast.errors import BusyError, ConfigError, InputError
from forecast.fetch import fetch_weather, request_for, server

PATH = "/gfs.20261124/00/atmos/gfs.t00z.pgrb2.0p25.f024"
NAMES = {"10u": "UGRD:10 m above ground", "2t": "TMP:2 m above ground", "sp": "PRES:surface"}


@pytest.fixture
def gfs(grib_server, grib_message):
    """A GFS file of five messages, three of them wanted; the first two of these touch."""
    names = ["10v", "10u", "2t", "prmsl", "sp"]
    texts = {**NAMES, "10v": "VGRD:10 m above ground", "prmsl": "PRMSL:mean sea level"}
    grib_server.messages = {n: grib_message(n, seed=i) for i, n in enumerate(names)}
    grib_server.add_ncep(
        PATH, [(f"{texts[n]}:24 hour fcst", grib_server.messages[n]) for n in names]
    )
    grib_server.wanted = b"".join(grib_server.messages[n] for n in ("10u", "2t", "sp"))
    return grib_server


@pytest.fixture
def fetch(gfs, tmp_path):
    """A function that fetches u10, t2m and sp of step 24 into ``tmp_path``."""

    def run(**options):
        options = {"retries": 2, "timeout": 5, "pause": 0.01, **options}
        request = request_for("gfs", date(2026, 11, 24), steps="24", fields="u10,t2m,sp")
        return fetch_weather(request, tmp_path, base=gfs.base, **options)

    return run


@pytest.fixture
def target(tmp_path):
    return tmp_path / "gfs" / "2026112400" / "gfs.2026112400.f024.grib2"


def test_only_the_wanted_bytes_come_and_are_those_served(gfs, fetch, target):
    report = fetch()
    assert target.read_bytes() == gfs.wanted
    first = len(gfs.messages["10v"])
    end = first + len(gfs.messages["10u"]) + len(gfs.messages["2t"])
    last = end + len(gfs.messages["prmsl"])
    size = len(gfs.files[PATH])
    assert [r.wanted for r in gfs.asked(PATH)] == [
        f"bytes={first}-{end - 1}",
        f"bytes={last}-{size - 1}",
    ]
    assert gfs.sent(PATH) == len(gfs.wanted) == report.received == end - first + size - last
    assert [f.path for f in report.files] == [target] and report.absent == {}
    eccodes = pytest.importorskip("eccodes")
    with target.open("rb") as file:
        found = []
        while (handle := eccodes.codes_grib_new_from_file(file)) is not None:
            found.append(eccodes.codes_get(handle, "shortName"))
            eccodes.codes_release(handle)
    assert found == ["10u", "2t", "sp"]


def test_a_run_repeated_asks_for_nothing(gfs, fetch, target):
    fetch()
    before = len(gfs.requests)
    report = fetch()
    assert len(gfs.requests) == before
    assert report.there_already == 1 and report.received == 0
    target.write_bytes(gfs.wanted[:-1])  # no more what was fetched
    assert fetch().there_already == 0 and target.read_bytes() == gfs.wanted


def test_other_fields_are_fetched_anew(gfs, fetch, target, tmp_path):
    fetch()
    request = request_for("gfs", date(2026, 11, 24), steps="24", fields="u10")
    fetch_weather(request, tmp_path, base=gfs.base)
    assert target.read_bytes() == gfs.messages["10u"]


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_passing_error_is_tried_again(gfs, fetch, target, status):
    gfs.fault(f"{PATH}.idx", status=status)
    gfs.fault(PATH, status=status)
    fetch()
    assert target.read_bytes() == gfs.wanted
    assert len(gfs.asked(f"{PATH}.idx")) == 2 and len(gfs.asked(PATH)) == 3


def test_a_short_answer_is_continued_not_repeated(gfs, fetch, target):
    gfs.fault(PATH, cut=100)
    fetch()
    assert target.read_bytes() == gfs.wanted
    first = len(gfs.messages["10v"])
    assert gfs.asked(PATH)[1].wanted.startswith(f"bytes={first + 100}-")
    assert gfs.sent(PATH) == len(gfs.wanted)


def nothing_there(target):
    return not target.exists() and not list(target.parent.glob("*.grib2"))


def test_a_run_that_failed_is_continued_by_the_next(gfs, fetch, target):
    gfs.fault(PATH, cut=300)
    gfs.fault(PATH, status=500, always=True)
    with pytest.raises(InputError, match=r"f024: HTTP 500 \(3 tries\)"):
        fetch()
    assert nothing_there(target)
    part = target.with_name(f".{target.name}.part")
    assert part.read_bytes() == gfs.wanted[:300]
    gfs.faults.clear()
    gfs.requests.clear()
    report = fetch()
    assert target.read_bytes() == gfs.wanted
    assert report.received == gfs.sent(PATH) == len(gfs.wanted) - 300
    assert not part.exists() and not part.with_name(part.name + ".json").exists()


def interrupted(gfs, fetch):
    """A run that leaves a part of 300 bytes."""
    gfs.fault(PATH, cut=300)
    with pytest.raises(InputError, match=r"300 bytes came of|broke off"):
        fetch(retries=0)
    gfs.requests.clear()


def test_a_file_changed_between_runs_is_begun_again(gfs, fetch, target, grib_message):
    interrupted(gfs, fetch)
    text = [f"{NAMES['10u']}:24 hour fcst", f"{NAMES['sp']}:24 hour fcst"]
    new = [grib_message("10u", seed=8), grib_message("sp", seed=9)]
    gfs.add_ncep(PATH, list(zip(text, new, strict=True)))
    gfs.tags[PATH] = '"two"'
    fetch()
    assert target.read_bytes() == b"".join(new)


def test_a_file_of_the_same_layout_but_another_tag_is_begun_again(gfs, fetch, target, grib_message):
    interrupted(gfs, fetch)
    names = {"10v": 10, "10u": 11, "2t": 12, "prmsl": 13, "sp": 14}
    new = {n: grib_message(n, seed=s) for n, s in names.items()}
    assert [len(m) for m in new.values()] == [len(m) for m in gfs.messages.values()]
    gfs.files[PATH] = b"".join(new.values())
    gfs.tags[PATH] = '"two"'
    fetch()
    assert target.read_bytes() == new["10u"] + new["2t"] + new["sp"]


def test_a_file_changed_within_a_run_is_begun_again(gfs, fetch, target):
    gfs.fault(PATH)
    gfs.fault(PATH, headers={"ETag": '"two"'})
    fetch()
    assert target.read_bytes() == gfs.wanted
    assert len(gfs.asked(f"{PATH}.idx")) == 2 and len(gfs.asked(PATH)) == 4


def test_a_file_that_never_stays_the_same_ends(gfs, fetch, target):
    for k in range(9):
        gfs.fault(PATH, headers={"ETag": f'"{k}"'})
    with pytest.raises(InputError, match="changed while it was fetched"):
        fetch()
    assert nothing_there(target) and len(gfs.asked(PATH)) == 6


def test_a_server_without_ranges_serves_too(gfs, fetch, target):
    gfs.fault(PATH, whole=True, always=True)
    fetch()
    assert target.read_bytes() == gfs.wanted and len(gfs.asked(PATH)) == 1
    target.unlink()
    gfs.faults.clear()
    interrupted(gfs, fetch)
    gfs.fault(
        PATH, whole=True, always=True
    )  # a part continued by a server that begins at the beginning
    fetch()
    assert target.read_bytes() == gfs.wanted


def test_a_length_that_is_wrong_is_no_matter_if_the_bytes_come(gfs, fetch, target):
    gfs.fault(PATH, length=50)
    fetch()
    assert target.read_bytes() == gfs.wanted
    assert gfs.sent(PATH) == len(gfs.wanted)


def test_a_length_too_short_ends_in_an_error(gfs, fetch, target):
    gfs.fault(PATH, length=-4, always=True)
    with pytest.raises(InputError, match=r"\d+ bytes came of \d+ \(1 try\)"):
        fetch(retries=0)
    assert nothing_there(target)


@pytest.mark.parametrize("garbage", [b"x", b"<html>sign in</html>", b"GRIB\0\0\0\2" + b"\xff" * 8])
def test_garbage_is_never_kept(gfs, fetch, target, garbage):
    size = len(gfs.messages["10u"] + gfs.messages["2t"])
    gfs.fault(PATH, body=(garbage * size)[:size], always=True)
    gfs.files[f"{PATH}.idx"] = b"".join(gfs.files[f"{PATH}.idx"].splitlines(keepends=True)[:4])
    with pytest.raises(InputError, match=r"f024 for gfs.2026112400.f024.grib2: message 1 "):
        fetch()
    assert nothing_there(target) and len(gfs.asked(PATH)) == 3
    assert not target.with_name(f".{target.name}.part").exists()


def test_garbage_once_is_fetched_again(gfs, fetch, target):
    size = len(gfs.messages["10u"] + gfs.messages["2t"])
    gfs.fault(PATH, body=bytes(size))
    fetch()
    assert target.read_bytes() == gfs.wanted


def test_a_damaged_end_of_a_message_is_found(gfs, fetch, target):
    gfs.files[PATH] = gfs.files[PATH][:-4] + b"7778"
    with pytest.raises(InputError, match=r"message 3 ends with b'7778'; expected b'7777'"):
        fetch(retries=0)
    assert nothing_there(target)


def test_values_that_cannot_be_read_are_found(gfs, fetch, target):
    whole = bytearray(gfs.files[PATH])
    section = whole.index(b"\x05\x00\x00\x01\x90", len(gfs.messages["10v"]))  # 5, of 400 values
    assert whole[section + 15] == 16  # bits a value
    whole[section + 15] = 200
    gfs.files[PATH] = bytes(whole)
    with pytest.raises(InputError, match="message 1 cannot be opened"):
        fetch(retries=0)
    assert nothing_there(target)


def test_an_index_cut_short_is_read_again(gfs, fetch, target):
    gfs.fault(f"{PATH}.idx", cut=60)
    fetch()
    assert target.read_bytes() == gfs.wanted and len(gfs.asked(f"{PATH}.idx")) == 2
    target.unlink()
    gfs.fault(f"{PATH}.idx", cut=60)
    with pytest.raises(InputError, match=r"idx: (60 bytes came of|the connection broke)"):
        fetch(retries=0)


def test_a_part_of_other_fields_is_not_continued(gfs, fetch, target, tmp_path):
    interrupted(gfs, fetch)
    request = request_for("gfs", date(2026, 11, 24), steps="24", fields="msl,v10")
    fetch_weather(request, tmp_path, base=gfs.base)
    assert target.read_bytes() == gfs.messages["10v"] + gfs.messages["prmsl"]


def test_a_run_killed_before_its_record_does_not_pass_for_the_older_one(
    gfs, fetch, target, monkeypatch
):
    fetch()
    gfs.tags[PATH] = '"two"'
    target.unlink()
    monkeypatch.setattr("forecast.fetch.run.write_json", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        fetch()
    assert target.exists() and not target.with_name(f".{target.name}.json").exists()


def test_more_than_a_file_can_hold(gfs, fetch, target, monkeypatch):
    monkeypatch.setattr("forecast.fetch.transfer.LARGEST_FILE", 2000)
    with pytest.raises(InputError, match="2937 bytes are wanted, at most 2000"):
        fetch()
    assert nothing_there(target)


def test_not_published(gfs, fetch, target):
    del gfs.files[f"{PATH}.idx"]
    with pytest.raises(InputError, match=rf"{PATH}.idx: HTTP 404, not there: not yet published"):
        fetch()
    assert nothing_there(target) and len(gfs.requests) == 1


@pytest.mark.parametrize(("status", "said"), [(403, "refused"), (410, "no longer"), (301, "301")])
def test_other_refusals_are_not_tried_again(gfs, fetch, target, status, said):
    gfs.fault(PATH, status=status, always=True)
    with pytest.raises(InputError, match=f"HTTP {status}.*{said}|{said}"):
        fetch()
    assert nothing_there(target) and len(gfs.asked(PATH)) == 1


def test_silence_is_not_waited_for(gfs, fetch, target):
    gfs.fault(PATH, delay=1.0, always=True)
    start = time.monotonic()
    with pytest.raises(InputError, match=r"no byte for 0.2 s \(2 tries\)"):
        fetch(timeout=0.2, retries=1)
    assert time.monotonic() - start < 1.0
    assert nothing_there(target)


def test_a_trickle_is_not_waited_for(gfs, fetch, target, monkeypatch):
    monkeypatch.setattr(server, "SLOWEST", 1e5)
    gfs.fault(PATH, trickle=0.02, always=True)
    with pytest.raises(InputError, match="slower than"):
        fetch(timeout=0.2, retries=0)
    assert nothing_there(target)


def test_no_server(fetch, gfs, target, tmp_path):
    request = request_for("gfs", date(2026, 11, 24), steps="24")
    with pytest.raises(InputError, match=r"127\.0\.0\.1:9.*cannot be reached or broke off"):
        fetch_weather(request, tmp_path, base="http://u:secret@127.0.0.1:9", retries=0)
    with pytest.raises(InputError) as error:
        fetch_weather(request, tmp_path, base="http://u:secret@127.0.0.1:9", retries=0)
    assert "secret" not in str(error.value)
    with pytest.raises(ConfigError, match="--base"):
        fetch_weather(request, tmp_path, base="file:///etc")


def test_compression_on_the_way_is_refused(gfs, fetch, target):
    gfs.fault(PATH, headers={"Content-Encoding": "gzip"}, always=True)
    with pytest.raises(InputError, match="sent as 'gzip'"):
        fetch()
    assert nothing_there(target)


@pytest.fixture
def interruptible():
    """Ctrl-C as at a terminal, also where the suite was started with interrupts ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_leaves_a_part_and_no_file(gfs, fetch, target):
    gfs.fault(PATH, cut=200)
    gfs.fault(PATH, delay=4, always=True)
    start = time.monotonic()
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        fetch()
    assert time.monotonic() - start < 2 and nothing_there(target)
    assert target.with_name(f".{target.name}.part").read_bytes() == gfs.wanted[:200]


def test_two_runs_in_one_folder(gfs, fetch, target):
    gfs.fault(PATH, delay=0.4)
    first = threading.Thread(target=fetch)
    first.start()
    while not gfs.asked(PATH):
        time.sleep(0.01)
    with pytest.raises(
        BusyError, match=r"\.fetching\.lock: another run is at work: wubu fetch, process"
    ):
        fetch()
    first.join()
    assert target.read_bytes() == gfs.wanted
