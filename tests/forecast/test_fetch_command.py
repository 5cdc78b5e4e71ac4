"""``wubu fetch weather`` end to end: both makers' layouts, both languages, one sentence each."""

from __future__ import annotations

import builtins
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from forecast.cli.main import run
from forecast.weather import open_weather

GFS = "/gfs.20261124/00/atmos/gfs.t00z.pgrb2.0p25.f{:03d}"
IFS = "/20261124/00z/ifs/0p25/{0}/20261124000000-{1}h-{0}-{2}.grib2"


@pytest.fixture
def gfs(grib_server, grib_message):
    """Two steps of GFS with wind and precipitation; there is no precipitation at step 0."""
    for step in (0, 3):
        kind = f"{step} hour fcst" if step else "anl"
        messages = [
            (f"UGRD:10 m above ground:{kind}", grib_message("10u", step)),
            (f"HGT:500 mb:{kind}", grib_message("gh", step, level=500)),
        ]
        if step:
            messages.append(("APCP:surface:0-3 hour acc fcst", grib_message("tp", step)))
        grib_server.add_ncep(GFS.format(step), messages)
    return grib_server


@pytest.fixture
def command(grib_server, tmp_path):
    """A function that runs ``wubu fetch weather`` of a product into ``tmp_path / "weather"``."""

    def fetch(product, *options):
        start = ["fetch", "weather", "--product", product, "--date", "2026-11-24"]
        to = ["--to", str(tmp_path / "weather"), "--base", grib_server.base, "--retries", "0"]
        return run([*start, *to, *options])

    return fetch


def says(capsys, *parts):
    """Expect one line of the command on standard error that holds all parts."""
    (said,) = [x for x in capsys.readouterr().err.splitlines() if x.startswith("wubu: ")]
    for part in parts:
        assert part in said


def test_gfs_in_both_languages(gfs, command, tmp_path, capsys):
    options = ("--steps", "0-3/3", "--fields", "u10,gh500,tp,blh")
    assert command("gfs", *options) == 0
    out = capsys.readouterr().out
    assert "gfs 2026-11-24 00 UTC: 2 files, 0 of them there already" in out
    assert "Not in the index (files): blh (2)" in out and "weather/gfs/2026112400" in out
    found = sorted((tmp_path / "weather").glob("gfs/*/*.grib2"))
    assert [f.name for f in found] == [f"gfs.2026112400.f{s:03d}.grib2" for s in (0, 3)]
    assert [f.read_bytes() for f in found] == [gfs.files[GFS.format(s)] for s in (0, 3)]
    before = len(gfs.requests)
    assert command("gfs", *options, "--lang", "zh") == 0
    out = capsys.readouterr().out
    assert "gfs 2026-11-24 00时（UTC）：2个文件，其中2个已有；下载0.0 MB" in out
    assert "索引中没有（文件数）：blh (2)" in out and len(gfs.requests) == before


def test_what_was_fetched_opens(gfs, command, tmp_path):
    assert command("gfs", "--steps", "3", "--fields", "u10,gh500,tp") == 0
    (path,) = (tmp_path / "weather").glob("gfs/*/*.grib2")
    data = open_weather(path, "gfs")
    assert set(data.data_vars) >= {"u10", "gh500", "tp"}
    assert data["issue"].values == [np.datetime64("2026-11-24T00", "ns")]
    assert data["lead"].values == [np.timedelta64(3, "h")]
    served = np.random.default_rng(0).uniform(1, 300, (20, 20))  # what the message was made of
    wind = data["u10"].squeeze().sortby("latitude", ascending=False).values
    np.testing.assert_allclose(wind, served, atol=0.01)  # 16 bits over 300


def test_a_step_not_yet_published_comes_later(gfs, command, tmp_path, capsys):
    later = {p: gfs.files.pop(p) for p in (GFS.format(3), GFS.format(3) + ".idx")}
    options = ("--steps", "0-3/3", "--fields", "u10")
    assert command("gfs", *options) == 1
    says(capsys, "1 of 2 files were not fetched; the first:", "f003.idx: HTTP 404, not there")
    folder = tmp_path / "weather/gfs/2026112400"
    assert [f.name for f in folder.glob("*.grib2")] == ["gfs.2026112400.f000.grib2"]
    gfs.files.update(later)
    gfs.requests.clear()
    assert command("gfs", *options) == 0
    assert {r.path for r in gfs.requests} == set(later)


def test_ensemble_of_ecmwf_with_its_control(grib_server, grib_message, command, tmp_path, capsys):
    control = IFS.format("oper", 24, "fc")
    members = IFS.format("enfo", 24, "ef")
    alone = [grib_message("10u", seed=9), grib_message("t", level=850)]
    grib_server.add_ecmwf(
        control,
        [
            ({"type": "fc", "levtype": "sfc", "param": "10u"}, alone[0]),
            ({"type": "fc", "levtype": "pl", "levelist": "850", "param": "t"}, alone[1]),
        ],
    )
    of_members = {(m, p): grib_message(p, member=m, seed=m) for p in ("10u", "2t") for m in (2, 1)}
    grib_server.add_ecmwf(
        members,
        [
            ({"type": "pf", "number": str(m), "levtype": "sfc", "param": p}, message)
            for (m, p), message in of_members.items()
        ],
    )
    options = ("--steps", "24", "--members", "0-2", "--fields", "u10,t850")
    assert command("ifs-ens", *options) == 0
    assert "Not in the index (files): t850 (1)" in capsys.readouterr().out
    folder = tmp_path / "weather/ifs-ens/2026112400"
    first, second = sorted(folder.glob("*.grib2"))
    assert first.name == "ifs-ens.2026112400.f024.grib2"
    assert first.read_bytes() == of_members[2, "10u"] + of_members[1, "10u"]
    assert second.name == "ifs-ens.2026112400.m00.f024.grib2"
    assert second.read_bytes() == b"".join(alone)


def test_a_member_that_is_not_there_is_said(grib_server, grib_message, command, capsys):
    keys = {"type": "pf", "number": "1", "levtype": "sfc", "param": "2t"}
    grib_server.add_ecmwf(IFS.format("enfo", 24, "ef"), [(keys, grib_message("2t", member=1))])
    assert command("ifs-ens", "--steps", "24", "--members", "1,7", "--fields", "t2m") == 0
    assert "Not in the index (files): member 7 (1)" in capsys.readouterr().out


def test_gefs_control_and_member(grib_server, grib_message, command, tmp_path):
    for member, who in ((0, "gec00"), (3, "gep03")):
        message = grib_message("2t", member=member, seed=member)
        path = f"/gefs.20261124/00/atmos/pgrb2ap5/{who}.t00z.pgrb2a.0p50.f024"
        grib_server.add_ncep(path, [("TMP:2 m above ground:24 hour fcst", message)])
    assert command("gefs", "--steps", "24", "--members", "0,3", "--fields", "t2m") == 0
    files = sorted((tmp_path / "weather/gefs/2026112400").glob("*.grib2"))
    assert [f.name for f in files] == [f"gefs.2026112400.m{m:02d}.f024.grib2" for m in (0, 3)]
    assert files[1].read_bytes() == message


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--steps", "x"), "--steps: 'x' is not a number or a range"),
        (("--fields", "wind"), "--fields: gfs does not offer 'wind'"),
        (("--cycle", "5"), "--cycle: 5 is not a cycle"),
        (("--members", "1"), "--members: gfs has none"),
        (("--base", "ftp://x/y"), "--base: 'ftp://x/y' is no address"),
        (("--date", "20261124"), "--date: '20261124' is not a date"),
    ],
)
def test_wrong_arguments(command, capsys, options, said):
    assert command("gfs", *options) == 2
    says(capsys, said)


def test_without_the_extra(command, capsys, monkeypatch):
    real = builtins.__import__

    def without(name, *rest, **options):
        if name.startswith("ecmwf"):
            raise ImportError(name)
        return real(name, *rest, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    assert command("gfs") == 1
    says(capsys, "fetching weather needs an optional library: pip install 'wubu[fetch]'")


def test_nothing_of_the_network_is_loaded_before():
    code = (
        "import sys, forecast.cli.main, forecast.fetch; "
        "print([m for m in ('requests', 'urllib3', 'ecmwf', 'eccodes') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_ctrl_c(gfs, tmp_path):
    path = GFS.format(3)
    gfs.fault(path, cut=200)
    gfs.fault(path, delay=8, always=True)
    arguments = ["--product", "gfs", "--date", "2026-11-24", "--steps", "3", "--fields", "u10"]
    process = subprocess.Popen(
        [sys.executable, "-m", "forecast.cli", "fetch", "weather", *arguments,
         "--to", str(tmp_path), "--base", gfs.base],
        stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"},
        # as at a terminal, also where the suite was started with interrupts ignored
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while len(gfs.asked(path)) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130 and "Traceback" not in said
    assert not list(tmp_path.rglob("*.grib2"))
    (part,) = tmp_path.rglob("*.part")
    assert part.read_bytes() == gfs.files[path][:200]
