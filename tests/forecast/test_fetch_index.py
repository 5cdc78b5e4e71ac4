"""What an index says, believed or not: fields chosen, lies found, addresses of each product."""

from __future__ import annotations

import itertools
import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.errors import ConfigError, InputError
from forecast.fetch import SOURCES, ecmwf, fetch_weather, ncep, request_for
from forecast.fetch.index import Entry, Span, judged, spans
from forecast.fetch.request import parse_numbers
from forecast.weather.fields import FIELDS

DAY = date(2026, 11, 24)
GFS_24 = """\
1:0:d=2026112400:PRMSL:mean sea level:24 hour fcst:
2:100:d=2026112400:HPBL:surface:24 hour fcst:
3:150:d=2026112400:TMP:850 mb:24 hour fcst:
4:230:d=2026112400:TMP:850 mb:21-24 hour ave fcst:
5.1:300:d=2026112400:UGRD:10 m above ground:24 hour fcst:
5.2:300:d=2026112400:VGRD:10 m above ground:24 hour fcst:
6:420:d=2026112400:APCP:surface:18-24 hour acc fcst:
7:500:d=2026112400:APCP:surface:0-1 day acc fcst:
8:560:d=2026112400:TCDC:entire atmosphere:18-24 hour ave fcst:
9:600:d=2026112400:TCDC:entire atmosphere (considered as a single layer):24 hour fcst:
10:700:d=2026112400:DSWRF:surface:18-24 hour ave fcst:
"""


def gfs_entries(text, fields, steps="24"):
    request = request_for("gfs", DAY, steps=steps, fields=fields)
    (remote,) = ncep.gfs_files(request, "http://x")
    return ncep.read_index(text, remote, request)


def test_ncep_fields_by_variable_level_and_kind():
    found = gfs_entries(GFS_24, "msl,blh,t850,u10,v10,tp,tcc,ssrd,q2")
    assert [(e.field, e.start, e.stop) for e in found] == [
        ("msl", 0, 100),
        ("blh", 100, 150),
        ("t850", 150, 230),
        ("u10", 300, 420),  # one message holds u and v
        ("tp", 420, 500),  # since the last reset, not since the reference time
        ("tcc", 600, 700),  # of the instant, not the mean
        ("ssrd", 700, None),
    ]


def test_ncep_mean_cloud_where_there_is_no_other():
    text = "".join(line for line in GFS_24.splitlines(keepends=True) if line[:2] != "9:")
    assert [(e.field, e.start, e.stop) for e in gfs_entries(text, "tcc")] == [("tcc", 560, 700)]


def test_ncep_analysis_step():
    text = "1:0:d=2026112400:TMP:2 m above ground:anl:\n2:9:d=2026112400:TMP:surface:anl:\n"
    assert gfs_entries(text, "t2m", steps="0") == [Entry(0, 9, "t2m")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "lists no message"),
        ("<html>\n", r"line 1 of the index is '<html>'; expected number:byte:d="),
        ("1:0:d=2026112400:TMP\n", "line 1 of the index is"),
        ("1:0x10:d=2026112400:TMP:850 mb:24 hour fcst:\n", "line 1"),
        ("1:٣:d=2026112400:TMP:850 mb:24 hour fcst:\n", "line 1"),
        ("1:0:d=2026112318:TMP:850 mb:24 hour fcst:\n", "cycle 2026112318; expected 2026112400"),
        (GFS_24.replace("1:0:", "1:-5:"), "begins at byte -5"),
        (GFS_24.replace("3:150:", "3:9999999999999:"), r"has \d+ bytes; expected 1"),
        (
            GFS_24.replace("3:150:", "3:50:"),
            "message 1 of the index ends at byte 100, after the next at 50",
        ),
        (GFS_24.replace("2:100:", "2:1:").replace("3:150:", "3:1:"), ""),
    ],
)
def test_ncep_lies(text, said):
    if not said:  # two lines of one first byte are one message
        assert gfs_entries(text, "msl,blh,t850")[1] == Entry(1, 230, "blh")
        return
    with pytest.raises(InputError, match=f"^http://x/.*f024.idx: .*{said}"):
        gfs_entries(text, "t850")


def line(param, start, length, *, levtype="sfc", kind="pf", number="1", **keys):
    content = {"date": "20261124", "time": "0000", "step": "24", "type": kind, "param": param}
    content |= {"levtype": levtype, "_offset": start, "_length": length}
    content |= {"number": number} if kind == "pf" else {}
    return json.dumps({**content, **keys}) + "\n"


def ifs_entries(text, fields, *, product="ifs-ens", members="1-2"):
    request = request_for(product, DAY, steps="24", fields=fields, members=members)
    (remote,) = SOURCES[product].files(request, "http://x")
    return ecmwf.read_index(text, remote, request)


def test_ecmwf_fields_by_parameter_level_and_member():
    text = (
        line("t", 0, 10, levtype="pl", levelist="850")
        + line("t", 10, 10, levtype="pl", levelist="100")
        + line("2t", 20, 10, number="2")
        + line("2t", 30, 10, number="3")
        + line("2t", 50, 10, number="1")
        + line("2t", 60, 10, levtype="sol", number="1")
        + line("2t", 70, 10, kind="em")
    )
    assert ifs_entries(text, "t2m,t850,sp") == [
        Entry(0, 10, "t850", 1),
        Entry(20, 30, "t2m", 2),
        Entry(50, 60, "t2m", 1),
    ]


def test_ecmwf_geopotential_where_there_is_no_height():
    z = line("z", 0, 10, levtype="pl", levelist="500", kind="fc")
    gh = line("gh", 10, 10, levtype="pl", levelist="500", kind="fc")
    options = {"product": "aifs", "members": None}
    assert ifs_entries(z, "gh500", **options) == [Entry(0, 10, "gh500")]
    assert ifs_entries(z + gh, "gh500", **options) == [Entry(10, 20, "gh500")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("\n", "lists no message"),
        ("not json\n", "line 1 of the index is 'not json'; expected a JSON object"),
        ("[" * 100_000 + "\n", "line 1 of the index is"),
        ("[1, 2]\n", "line 1 of the index is"),
        (line("2t", 0, 10)[:-9] + "\n", "line 1 of the index is"),
        (line("2t", 0, True), "line 1 of the index is"),
        (line("2t", 0, "10"), "line 1 of the index is"),
        (line("2t", -1, 10), "begins at byte -1"),
        (line("2t", 0, 0), "has 0 bytes"),
        (line("2t", 0, -7), "has -7 bytes"),
        (line("2t", 0, 2**40), "has 1099511627776 bytes"),
        (line("2t", 0, 10) + line("sp", 9, 10), "message 1 of the index ends at byte 10, after"),
        (line("2t", 0, 10) + line("2t", 10, 10), "lists t2m of member 1 twice"),
        (line("2t", 0, 10, step="27"), "of 2026112400 step 27; expected 2026112400 step 24"),
        (line("2t", 0, 10, date="20261123"), "of 2026112300 step 24"),
    ],
)
def test_ecmwf_lies(text, said):
    with pytest.raises(InputError, match=f"^http://x/.*24h-enfo-ef.index: .*{said}"):
        ifs_entries(text, "t2m")


def test_too_much_of_one_file():
    entries = (Entry(k * 2**28, (k + 1) * 2**28, "t2m") for k in range(65))
    with pytest.raises(InputError, match="17448304640 bytes are wanted"):
        judged(entries, "index")


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 9)), min_size=1, max_size=30))
def test_spans_hold_the_bytes_of_the_entries_and_no_others(gaps):
    entries, at = [], 0
    for gap, size in gaps:
        entries.append(Entry(at + gap, at + gap + size, "t2m"))
        at += gap + size
    found = spans(judged(entries, "index"))
    bytes_of = [b for e in entries for b in range(e.start, e.stop)]
    assert [b for s in found for b in range(s.start, s.stop)] == bytes_of
    assert all(a.stop < b.start for a, b in itertools.pairwise(found))
    assert spans([*entries, Entry(at, None, "sp")])[-1].stop is None
    assert spans([Entry(0, 3, "sp")]) == [Span(0, 3)]


PATH = "/gfs.20261124/00/atmos/gfs.t00z.pgrb2.0p25.f024"


@pytest.mark.parametrize(
    ("fields", "change", "said"),
    [
        ("v10,t2m", lambda t, n: t.replace("3:", "3:9"), "has 979 bytes; the index promised 90979"),
        ("t2m", lambda t, n: t.replace("3:", "3:9"), "up to 91958, the file has 2937"),
        ("v10", lambda t, n: t.replace("3:", "3:9"), "up to 91958, the file has 2937"),
        ("v10", lambda t, n: t[: t.index("3:")], "2 messages came; the index promised 1"),
        ("v10", lambda t, n: t.replace(f":{n}:", f":{n - 4}:"), "1 begins with b'7777'"),
        ("u10", lambda t, n: t.replace(f":{n}:", f":{n - 4}:"), "1 claims 979 bytes; 975 are"),
        ("v10", lambda t, n: t.replace("24 hour", "27 hour"), "lists none of what is wanted"),
    ],
)
def test_an_index_that_lies_about_the_file(
    grib_server, grib_message, tmp_path, fields, change, said
):
    texts = ("UGRD:10 m above ground", "VGRD:10 m above ground", "TMP:2 m above ground")
    messages = [grib_message(n) for n in ("10u", "10v", "2t")]
    named = [f"{t}:24 hour fcst" for t in texts]
    grib_server.add_ncep(PATH, list(zip(named, messages, strict=True)))
    index = grib_server.files[f"{PATH}.idx"].decode()
    grib_server.files[f"{PATH}.idx"] = change(index, len(messages[0])).encode()
    request = request_for("gfs", DAY, steps="24", fields=fields)
    with pytest.raises(InputError, match=f"{PATH}.*{said}"):
        fetch_weather(request, tmp_path, base=grib_server.base, retries=1, pause=0.01)
    assert not list(tmp_path.rglob("*.grib2"))


@pytest.mark.parametrize(
    ("made", "said"),
    [
        ({"cycle": "2026112306"}, "message 2 is of cycle 2026112306; expected 2026112400"),
        ({"step": 27}, "message 2 is of step 27; expected 24"),
        ({"member": 7}, "message 2 is of member 7; expected 3"),
    ],
)
def test_messages_of_another_forecast(grib_server, grib_message, tmp_path, made, said):
    path = "/gefs.20261124/00/atmos/pgrb2ap5/gep03.t00z.pgrb2a.0p50.f024"
    first, second = grib_message("10u", member=3), grib_message("2t", **{"member": 3, **made})
    texts = ("UGRD:10 m above ground:24 hour fcst", "TMP:2 m above ground:24 hour fcst")
    grib_server.add_ncep(path, list(zip(texts, (first, second), strict=True)))
    request = request_for("gefs", DAY, steps="24", members="3")
    with pytest.raises(InputError, match=said):
        fetch_weather(request, tmp_path, base=grib_server.base, retries=0)
    assert not list(tmp_path.rglob("*.grib2"))


def test_addresses_of_ecmwf():
    def check(product, expected, **options):
        request = request_for(product, options.pop("day", DAY), options.pop("hour", 0), **options)
        found = SOURCES[product].files(request, "https://m/x")
        assert [f.url for f in found] == [f"https://m/x/{e}.grib2" for e in expected]
        assert [f.index_url for f in found] == [f"https://m/x/{e}.index" for e in expected]

    start = "20261124/00z/ifs/0p25"
    control = f"{start}/oper/20261124000000-24h-oper-fc"
    check("ifs-hres", [control], steps="24")
    # since cycle 50r1 the control forecast is the stream oper
    others = f"{start}/enfo/20261124000000-24h-enfo-ef"
    check("ifs-ens", [control, others], steps="24")
    check("ifs-ens", [others], steps="24", members="1-50")
    check("ifs-ens", [control], steps="24", members="0")
    before = "20260301/06z/ifs/0p25/enfo/20260301060000-24h-enfo-ef"
    check("ifs-ens", [before], day=date(2026, 3, 1), hour=6, steps="24")
    scda = "20260301/06z/ifs/0p25/scda/20260301060000-24h-scda-fc"
    check("ifs-hres", [scda], day=date(2026, 3, 1), hour=6, steps="24")
    aifs = "20261124/00z/aifs-single/0p25/oper/20261124000000-240h-oper-fc"
    check("aifs", [aifs], steps="240")


def test_addresses_of_gefs():
    request = request_for("gefs", DAY, 6, steps="0-3/3", members="0,12", fields="u10,blh")
    urls = [f.url.removeprefix("b/gefs.20261124/06/atmos/") for f in ncep.gefs_files(request, "b")]
    assert urls[:2] == [
        "pgrb2ap5/gec00.t06z.pgrb2a.0p50.f000",
        "pgrb2bp5/gec00.t06z.pgrb2b.0p50.f000",
    ]
    assert urls[-2:] == [
        "pgrb2ap5/gep12.t06z.pgrb2a.0p50.f003",
        "pgrb2bp5/gep12.t06z.pgrb2b.0p50.f003",
    ]
    names = [f.name for f in ncep.gefs_files(request, "b")]
    assert len(set(names)) == 8 and names[-1] == "gefs.2026112406.m12.f003.secondary.grib2"


@pytest.mark.parametrize("product", SOURCES)
@pytest.mark.parametrize("hour", [0, 6])
def test_what_is_usual_can_be_asked(product, hour):
    source = SOURCES[product]
    assert set(source.fields) <= set(source.offered) <= set(FIELDS)
    request = request_for(product, DAY, hour)
    assert request.steps[0] == 0 and request.fields == source.fields
    files = source.files(request, "http://x")
    assert len({f.name for f in files}) == len(files)
    assert all(f.name == f.name.strip("./") and "/" not in f.name for f in files)


def test_usual_steps_of_the_ensemble():
    assert request_for("ifs-ens", DAY).steps[46:52] == (138, 141, 144, 150, 156, 162)
    assert request_for("ifs-ens", DAY, 18).steps[-1] == 144
    assert request_for("ifs-ens", DAY).members == tuple(range(51))


@given(st.sets(st.integers(0, 999), min_size=1, max_size=30))
def test_numbers_come_back(numbers):
    assert parse_numbers(",".join(map(str, numbers)), "--steps") == tuple(sorted(numbers))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"steps": "0-240x"}, r"--steps: '0-240x' is not a number or a range such as 0-240/3"),
        ({"steps": "24-0"}, "--steps: '24-0'"),
        ({"steps": "0-24/0"}, "--steps: '0-24/0'"),
        ({"steps": ""}, "--steps: ''"),
        ({"steps": "0-9999"}, "10000 numbers, at most 1000"),
        ({"fields": "u10,wind"}, "--fields: ifs-ens does not offer 'wind'; it offers u10, v10"),
        ({"members": "0-51"}, "--members: ifs-ens has members 0 … 50, not 51"),
        ({"product": "gfs", "members": "1"}, "--members: gfs has none"),
        ({"product": "icon"}, "--product: 'icon' cannot be fetched; expected ifs-ens, "),
        ({"hour": 3}, "--cycle: 3 is not a cycle"),
    ],
)
def test_wrong_requests(options, said):
    with pytest.raises(ConfigError, match=said):
        request_for(**{"product": "ifs-ens", "day": DAY, **options})
