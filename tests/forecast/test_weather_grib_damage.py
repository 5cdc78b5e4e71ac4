"""Damaged GRIB: one sentence that names file and message, and no value that is not there."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.errors import InputError
from forecast.weather.opening import open_weather

ec = pytest.importorskip("eccodes", reason="the extra wubu[grib] is not installed")


def message(values=280.0, edition=2, packing="grid_simple", **keys):
    """Bytes of one message of 16 × 31 points."""
    handle = ec.codes_grib_new_from_samples(f"regular_ll_sfc_grib{edition}")
    for key, value in ({"bitsPerValue": 16, "shortName": "2t"} | keys).items():
        ec.codes_set(handle, key, value)
    ec.codes_set_values(handle, np.broadcast_to(values, 496).astype(float))
    ec.codes_set(handle, "packingType", packing)
    data = ec.codes_get_message(handle)
    ec.codes_release(handle)
    return data


RAMP = np.linspace(260, 300, 496)
GOOD = {edition: message(RAMP, edition) for edition in (1, 2)}
LATER = {1: message(RAMP, 1, P1=6), 2: message(RAMP, 2, forecastTime=6)}


def section(data, number):
    """Start and length of a section of GRIB 2."""
    place = 16
    while data[place + 4] != number:
        place += int.from_bytes(data[place : place + 4], "big")
    return place, int.from_bytes(data[place : place + 4], "big")


def changed(data, place, new):
    return data[:place] + new + data[place + len(new) :]


def error(path, data, **options):
    """The one sentence a damaged file gives, opened and read."""
    path.write_bytes(data)
    with pytest.raises(InputError) as caught:
        open_weather(path, **options).load()
    text = str(caught.value)
    assert str(path) in text and "\n" not in text
    return text.replace(str(path), "FILE")


@pytest.mark.parametrize("edition", [1, 2])
@pytest.mark.parametrize("kept", [5, 10, 20, 60, 120, -4, -1])
def test_cut_off(tmp_path, capfd, edition, kept):
    """In the header, in a section, in the values, before and in the 7777 at the end."""
    data = GOOD[edition] + LATER[edition][:kept]
    text = error(tmp_path / "a.grib", data)
    assert text.startswith("FILE: message 2 is cut off") and "bytes" in text
    assert capfd.readouterr() == ("", "")


def test_cut_off_in_the_first_message(tmp_path):
    text = error(tmp_path / "a.grib2", GOOD[2][:-100])
    left = len(GOOD[2]) - 100
    assert text == (
        f"FILE: message 1 is cut off: it claims {len(GOOD[2])} bytes, the file ends after {left}"
    )


def test_garbage_between_messages(tmp_path):
    text = error(tmp_path / "a.grib2", GOOD[2] + b"<html>" + LATER[2])
    at = len(GOOD[2])
    assert text == (
        f"FILE: after message 1, at byte {at}, found b'<htm'; expected GRIB or the end of the file"
    )


@pytest.mark.parametrize("rest", [b"garbage", b"\0\0x", b"GRIx"])
def test_garbage_at_the_end(tmp_path, rest):
    text = error(tmp_path / "a.grib2", GOOD[2] + LATER[2] + rest)
    assert text.startswith("FILE: after message 2, at byte")


def test_a_hole_of_zeros(tmp_path):
    text = error(tmp_path / "a.grib2", GOOD[2] + bytes(len(GOOD[2])) + LATER[2])
    assert text == "FILE: zeros after message 1; expected a message or the end"


def test_no_7777(tmp_path):
    text = error(tmp_path / "a.grib2", LATER[2] + GOOD[2][:-4] + b"7707")
    assert text.startswith("FILE: message 2 does not end in 7777")


@pytest.mark.parametrize("edition", [1, 2])
def test_length_of_a_message(tmp_path, edition):
    place, octets = (4, 3) if edition == 1 else (8, 8)
    for length in (8, len(GOOD[edition]) - 8, len(GOOD[edition]) + 8):
        wrong = changed(GOOD[edition], place, length.to_bytes(octets, "big"))
        text = error(tmp_path / "a.grib", wrong + LATER[edition])
        assert text.startswith(("FILE: message 1 ", "FILE: message 1: "))


@pytest.mark.parametrize("number", [1, 3, 4, 5, 6, 7])
@pytest.mark.parametrize("length", [0, 3, 1_000_000])
def test_length_of_a_section(tmp_path, number, length):
    place, _ = section(GOOD[2], number)
    data = LATER[2] + changed(GOOD[2], place, length.to_bytes(4, "big"))
    text = error(tmp_path / "a.grib2", data)
    assert text.startswith("FILE: message 2: damaged after section")


def test_length_of_a_section_of_edition_1(tmp_path):
    product = int.from_bytes(GOOD[1][8:11], "big")
    grid = int.from_bytes(GOOD[1][8 + product : 11 + product], "big")
    for place in (8, 8 + product, 8 + product + grid):
        data = LATER[1] + changed(GOOD[1], place, (77).to_bytes(3, "big"))
        text = error(tmp_path / "a.grib", data)
        assert text.startswith("FILE: message 2: damaged: its sections take")


def test_empty_and_other_files(tmp_path):
    assert error(tmp_path / "a.grib", b"") == "FILE: the file is empty"
    assert error(tmp_path / "a.grib", b"", product="grib") == "FILE: the file is empty"
    text = error(tmp_path / "a.grib", b"<!DOCTYPE html>\n<p>404</p>", product="gfs")
    assert text == "FILE: message 1 starts with b'<!DO'; expected GRIB"
    text = error(tmp_path / "a.grib", changed(GOOD[2], 7, b"\3"))
    assert text == "FILE: message 1 is of GRIB edition 3; expected 1 or 2"


def test_only_unknown_fields(tmp_path):
    data = message(shortName="skt") + message(shortName="lsm")
    text = error(tmp_path / "a.grib2", data)
    assert text == "FILE: no known weather field as grib; found skt, lsm"


def test_two_grids(tmp_path):
    sample = ec.codes_grib_new_from_samples("reduced_gg_sfc_grib2")
    ec.codes_set(sample, "shortName", "2d")
    data = GOOD[2] + ec.codes_get_message(sample)
    text = error(tmp_path / "a.grib2", data)
    assert text == (
        "FILE: two grids: t2m in message 1 is on regular_ll of 16 × 31 points, d2m in message 2 "
        "on reduced_gg of 6114 points; expected one, split the file"
    )


def test_the_same_twice(tmp_path):
    text = error(tmp_path / "a.grib2", LATER[2] + GOOD[2] + LATER[2])
    assert text.startswith("FILE: messages 1 and 3 both give t2m of 2007-03-23 12:00:00 + 6 h")


def test_date_and_time(tmp_path, capfd):
    place, _ = section(GOOD[2], 1)
    for at, new, found in (
        (14, b"\x0d", "the date 2007-13-23"),
        (16, b"\x18", "the time 24:00:00"),
        (12, b"\x00\x07", "the year 7"),
    ):
        text = error(tmp_path / "a.grib2", LATER[2] + changed(GOOD[2], place + at, new))
        assert text.startswith("FILE: message 2 ") and found in text
    assert capfd.readouterr() == ("", "")


def test_steps_beyond_reason(tmp_path):
    text = error(tmp_path / "a.grib2", message(forecastTime=2_000_000))
    assert text.startswith("FILE: message 1 covers 2e+06 to 2e+06 h")


def test_units_that_do_not_convert(tmp_path):
    (tmp_path / "a.grib2").write_bytes(GOOD[2])
    with pytest.raises(InputError, match=r"message 1: field t2m is in 'm s-1'; expected K"):
        open_weather(tmp_path / "a.grib2", units={"t2m": "m s-1"})


def test_grid_that_contradicts_itself(tmp_path, capfd):
    place, _ = section(GOOD[2], 3)
    text = error(tmp_path / "a.grib2", changed(GOOD[2], place + 30, (17).to_bytes(4, "big")))
    assert text.startswith("FILE: message 1") and "Grid description is wrong" in text
    huge = (4_000_000_000).to_bytes(4, "big")
    text = error(tmp_path / "a.grib2", changed(GOOD[2], place + 6, huge))
    assert text == "FILE: message 1 claims 4000000000 grid points; expected 1 to 30000000"
    assert capfd.readouterr() == ("", "")


def test_values_that_do_not_fit(tmp_path, capfd):
    """Found when the message is read: opening reads the keys alone."""
    place, _ = section(GOOD[2], 5)
    file = tmp_path / "a.grib2"
    for at, new, found in (
        (5, (495).to_bytes(4, "big"), "495 values for 496 grid points"),
        (19, b"\x20", "the values take more than there is"),
        (11, b"\x7f\x7f\x00\x00", "values up to"),
    ):
        data = LATER[2] + changed(GOOD[2], place + at, new)
        text = error(file, data)
        assert text.startswith("FILE: message 2 (t2m)") and found in text
        (good, bad) = (open_weather(file)["t2m"].isel(lead=i) for i in (1, 0))
        np.testing.assert_allclose(good.values.ravel(), RAMP, atol=1e-2)
        with pytest.raises(InputError):
            bad.load()
    assert capfd.readouterr() == ("", "")


def test_bitmap_that_does_not_fit(tmp_path):
    data = message(np.where(np.arange(496) % 7, RAMP, 9999), bitmapPresent=1, missingValue=9999)
    place, _ = section(data, 6)
    text = error(tmp_path / "a.grib2", changed(data, place + 6, b"\xff"))
    assert text.startswith("FILE: message 1 (t2m) cannot be decoded: 425 values for 427 points")


WAVES = 280 + 10 * np.sin(np.arange(496) / 7)
COMPLEX = message(WAVES, packing="grid_complex_spatial_differencing")
SECOND_ORDER = message(WAVES, edition=1, packing="grid_second_order", bitsPerValue=12)


def test_groups_of_complex_packing_that_do_not_fit(tmp_path):
    """ecCodes would end the process."""
    place, _ = section(COMPLEX, 5)
    for at, new in (
        (31, b"\xff" * 4),
        (36, b"\x3f"),
        (42, b"\0\0\1\0"),
        (47, b"\x07"),
        (35, b"\xff"),
    ):
        text = error(tmp_path / "a.grib2", changed(COMPLEX, place + at, new))
        assert text.startswith("FILE: message 1 (t2m) cannot be decoded: ")


def test_complex_packing_without_groups_is_one_value(tmp_path):
    place, _ = section(COMPLEX, 5)
    constant = changed(COMPLEX, place + 31, bytes(4))
    text = error(tmp_path / "a.grib2", constant)
    assert text.startswith("FILE: message 1 (t2m) cannot be decoded: no groups in ")
    body, size = section(COMPLEX, 7)
    short = constant[:body] + bytes([0, 0, 0, 5, 7]) + b"7777"
    (tmp_path / "b.grib2").write_bytes(changed(short, 8, len(short).to_bytes(8, "big")))
    found = open_weather(tmp_path / "b.grib2")["t2m"].values
    assert size > 16 and np.ptp(found) == 0 and 269 < found.min() < 271  # the reference value


def test_missing_values_of_complex_packing(tmp_path):
    """Marked by all bits set, without a bitmap; ecCodes directly knows them as 9999."""
    data = message(WAVES, packing="grid_complex_spatial_differencing", bitsPerValue=8)
    place, _ = section(data, 5)
    data = changed(data, place + 22, b"\1")
    handle = ec.codes_new_from_message(data)
    ec.codes_set(handle, "missingValue", 9999)
    absent = ec.codes_get_values(handle) == 9999
    assert 5 < absent.sum() < 300
    (tmp_path / "a.grib2").write_bytes(data)
    found = open_weather(tmp_path / "a.grib2")["t2m"].values.ravel()
    assert (np.isnan(found) == absent).all()


def test_groups_of_second_order_packing_that_do_not_fit(tmp_path):
    """ecCodes would end the process."""
    product = int.from_bytes(SECOND_ORDER[8:11], "big")
    grid = int.from_bytes(SECOND_ORDER[8 + product : 11 + product], "big")
    start = 8 + product + grid
    for at in (10, 16, 20, 21, 22, 25):  # widths, and the number of groups
        text = error(tmp_path / "a.grib", changed(SECOND_ORDER, start + at, b"\xff"))
        assert text.startswith("FILE: message 1")


def test_second_order_packing_of_edition_2_is_refused(tmp_path):
    """ecCodes 2.50 gives back other values than it was given (off by 2000 K here)."""
    text = error(tmp_path / "a.grib2", message(WAVES, packing="grid_second_order"))
    assert text.endswith("second-order packing is not read in GRIB 2; expected any other")


@pytest.mark.parametrize("packing", ["grid_png", "grid_jpeg", "grid_ccsds", "grid_second_order"])
def test_undamaged_packings(tmp_path, packing):
    edition = 1 if packing == "grid_second_order" else 2
    file = tmp_path / "a.grib"
    file.write_bytes(message(WAVES, edition, packing, bitsPerValue=12))
    found = open_weather(file)["t2m"].values.ravel()
    np.testing.assert_allclose(found, WAVES, atol=40 / 2**12)


@pytest.mark.parametrize(
    ("packing", "place", "new", "found"),
    [
        ("grid_jpeg", 8, b"\0\0\0\x11", "an image of 527 points for 496 values"),  # 17 × 31
        ("grid_jpeg", 40, b"\0\2", "an image of 496 points for 496 values"),  # two components
        ("grid_jpeg", 0, b"\0", "no JPEG 2000 image"),
        ("grid_png", 16, b"\0\0\0\x0f", "an image of 465 points for 496 values"),  # 15 × 31
        ("grid_png", 60, b"garbage", "a chunk of its PNG image is damaged"),
        ("grid_png", 0, b"\0", "no PNG image"),
    ],
)
def test_images_that_do_not_fit(tmp_path, capfd, packing, place, new, found):
    data = message(WAVES, packing=packing, bitsPerValue=12)
    start, _ = section(data, 7)
    text = error(tmp_path / "a.grib2", changed(data, start + 5 + place, new))
    assert text == f"FILE: message 1 (t2m) cannot be decoded: {found}"
    assert capfd.readouterr() == ("", "")


def test_a_file_that_changed_since_it_was_opened(tmp_path):
    file = tmp_path / "a.grib2"
    file.write_bytes(GOOD[2])
    data = open_weather(file)
    file.write_bytes(GOOD[2][:-50])
    with pytest.raises(InputError, match="message 1: no longer as it was when the file was opened"):
        data.load()
    file.unlink()
    with pytest.raises(InputError, match=r"a\.grib2: field t2m cannot be read: "):
        data["t2m"].load()


@given(
    st.sampled_from([GOOD[1], GOOD[2], COMPLEX, SECOND_ORDER]),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=5),
)
@settings(max_examples=120, deadline=None)
def test_any_change_is_one_sentence_or_a_whole_field(tmp_path_factory, good, changes):
    data = bytearray(good)
    for part, value in changes:
        data[int(part**3 * (len(data) - 1))] = value  # more of them in the headers
    file = tmp_path_factory.getbasetemp() / "changed.grib"
    file.write_bytes(bytes(data))
    try:
        found = open_weather(file, "grib").load()
    except InputError as caught:
        assert str(file) in str(caught) and "\n" not in str(caught)
    else:
        assert all(np.isfinite(field).sum() > 0 for field in found.values())
