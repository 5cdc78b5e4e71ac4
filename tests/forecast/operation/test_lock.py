"""The lock: held, free, stale in every way, of another machine, damaged, and raced for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from forecast.errors import BusyError, InputError
from forecast.lock import _state_and_start, held, holder_of

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="no /proc to tell when a process started"
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "lock.json"


def lock_of(path, **changes):
    """Leave a lock as this process would, but for the changes."""
    with held(path, "wubu run 2014-02-19"):
        content = json.loads(path.read_text())
    path.write_text(json.dumps({**content, **changes}))


def test_it_names_its_holder_and_is_gone_after(path):
    with held(path, "wubu ingest") as left:
        assert left is None
        holder = holder_of(path)
        assert (holder.work, holder.pid, holder.standing()) == ("wubu ingest", os.getpid(), "held")
        assert holder.start == _state_and_start(os.getpid())[1]
        assert str(holder).startswith(f"wubu ingest, process {os.getpid()} on {holder.host}, since")
        with (
            pytest.raises(BusyError, match=r"lock\.json: another run is at work: wubu ingest"),
            held(path, "wubu issue", break_lock=True),  # no word breaks the lock of one at work
        ):
            pass
        assert holder_of(path) == holder
    assert holder_of(path) is None and list(path.parent.iterdir()) == []


def test_it_is_freed_when_the_work_fails(path):
    with pytest.raises(InputError, match="no"), held(path, "wubu ingest"):
        raise InputError("no")
    assert not path.exists()


def test_of_a_process_that_is_gone(path):
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        pass
    lock_of(path, pid=gone.pid)
    assert holder_of(path).standing() == "stale"
    with held(path, "wubu run 2014-02-20") as left:
        assert (left.pid, left.work) == (gone.pid, "wubu run 2014-02-19")
        assert holder_of(path).pid == os.getpid()
    assert list(path.parent.iterdir()) == []


def test_of_a_number_that_was_given_out_again(path):
    start = _state_and_start(os.getpid())[1]
    lock_of(path, start=start - 1)
    assert holder_of(path).standing() == "stale"
    with held(path, "wubu run") as left:
        assert left.start == start - 1 and left.pid == os.getpid()


def test_of_another_boot(path):
    lock_of(path, boot="00000000-0000-0000-0000-000000000000")
    assert holder_of(path).standing() == "stale"


def test_of_a_killed_process_its_parent_has_not_noticed(path):
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        lock_of(path, pid=child.pid, start=_state_and_start(child.pid)[1])
        assert holder_of(path).standing() == "held"
        child.kill()
        while _state_and_start(child.pid)[0] != "Z":
            time.sleep(0.01)
        assert holder_of(path).standing() == "stale"


def test_of_another_machine_takes_a_word(path):
    lock_of(path, host="elsewhere.example", pid=1)
    with (
        pytest.raises(BusyError, match=r"held by another machine: .* process 1 on elsewhere"),
        held(path, "wubu run"),
    ):
        pass
    with held(path, "wubu run", break_lock=True) as left:
        assert left.host == "elsewhere.example"
    assert not path.exists()


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"pid": "x"}', '{"pid": 1}'])
def test_damaged_names_the_file_and_takes_a_word(path, text):
    path.write_text(text)
    with pytest.raises(InputError, match=r"lock\.json: a damaged lock"):
        holder_of(path)
    with (
        pytest.raises(BusyError, match=r"lock\.json: a damaged lock.*--break-lock"),
        held(path, ""),
    ):
        pass
    with held(path, "wubu run", break_lock=True) as left:
        assert left.work == "unknown"
    assert not path.exists()


def test_a_lock_taken_by_others_meanwhile_is_left_alone(path):
    with held(path, "wubu run"):
        path.write_text("of another")
    assert path.read_text() == "of another"


def test_one_of_many_takes_a_stale_lock_over(path):
    for _ in range(4):
        lock_of(path, start=1)
        gate, done, taken, busy = threading.Barrier(6), threading.Event(), [], []

        def contend(gate=gate, done=done, taken=taken, busy=busy):
            gate.wait()
            try:
                with held(path, threading.current_thread().name) as left:
                    taken.append(left)
                    done.wait()
            except BusyError:
                busy.append(1)

        threads = [threading.Thread(target=contend) for _ in range(6)]
        for thread in threads:
            thread.start()
        while len(taken) + len(busy) < 6:
            time.sleep(0.001)
        assert len(taken) == 1 and taken[0].start == 1
        done.set()
        for thread in threads:
            thread.join()
        assert list(path.parent.iterdir()) == []
