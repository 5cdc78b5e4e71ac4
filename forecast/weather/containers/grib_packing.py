"""Packed values checked against their own lengths before they are decoded.

ecCodes trusts the sizes of packed groups and images: damaged ones end the process, not the call.
What they say must fit what is there (WMO Manual on Codes, FM 92, templates 5.0, 5.2, 5.3, 5.40 and
5.41; ISO 15444-1, A.5.1, SIZ; ISO 15948, 11.2.2, IHDR, and 5.5, CRC).
"""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np

from forecast.errors import InputError

_WIDEST = 64
_SIMPLE, _COMPLEX, _DIFFERENCED = 0, 2, 3
_SECOND_ORDER = (50001, 50002)
_JPEG_2000, _PNG = (40, 40000), (41, 40010)


def check_packing(data: bytes, where: str) -> None:
    """Refuse a message whose packed values do not fit into it.

    Parameters
    ----------
    data : bytes
        A GRIB 2 message of one field, whole sections.
    where : str
        File and message, for the error.

    Raises
    ------
    InputError
        Bitmap, group widths or group lengths claim other than what is there.
    """
    sections = _sections(data)
    grid, packing, bitmap, body = (sections[s] for s in (3, 5, 6, 7))
    points, count = _number(grid, 7, 10), _number(packing, 6, 9)
    _require(len(packing) >= 11 and len(grid) >= 14, where, "sections 3 and 5 are too short")
    if bitmap[5] == 0:
        bits = np.frombuffer(bitmap, np.uint8, offset=6)
        _require(bits.size * 8 >= points, where, "the bitmap is shorter than the grid")
        there = int(np.unpackbits(bits, count=points).sum())
        _require(there == count, where, f"{count} values for {there} points of the bitmap")
    else:
        _require(count == points, where, f"{count} values for {points} grid points")
    template = _number(packing, 10, 11)
    unsafe = template in _SECOND_ORDER  # ecCodes 2.50 decodes other values than it encoded
    _require(not unsafe, where, "second-order packing is not read in GRIB 2; expected any other")
    if template == _SIMPLE:
        room = 8 * (len(body) - 5)
        _require(len(packing) >= 21, where, "section 5 is too short")
        _require(count * packing[19] <= room, where, "the values take more than there is")
    elif template in (_COMPLEX, _DIFFERENCED):
        _check_groups(packing, body, count, where)
    elif template in (*_JPEG_2000, *_PNG):
        _require(len(packing) >= 21, where, "section 5 is too short")
        if packing[19] and count:
            (_check_png if template in _PNG else _check_jpeg)(body[5:], packing[19], count, where)


def check_second_order(message: Any, where: str) -> None:
    """Refuse a GRIB 1 message of second-order packing whose groups do not fit into it.

    Parameters
    ----------
    message : cfgrib.messages.Message
        Of any packing.
    where : str
        File and message, for the error.

    Raises
    ------
    InputError
        Widths or lengths of the groups claim other than what is there.
    """
    if "second_order" not in str(message["packingType"]):
        return
    room = 8 * int(message["totalLength:int"])
    width = {
        part: int(message.message_get(f"widthOf{part}", int, default=0))
        for part in ("FirstOrderValues", "Widths", "Lengths", "SPD")
    }
    groups = int(message["numberOfGroups:int"])
    fits = max(width.values()) <= 32 and groups * (sum(width.values()) - width["SPD"]) <= room
    _require(fits, where, f"{groups} groups take more than there is")
    widths, lengths = (
        np.atleast_1d(np.asarray(message.message_get(key, int, default=0)))
        for key in ("groupWidths", "groupLengths")
    )
    fits = widths.max() <= 32 and int((widths * lengths).sum()) <= room
    _require(fits, where, "the values take more than there is")


def _check_groups(packing: bytes, body: bytes, count: int, where: str) -> None:
    """Sizes of the groups of complex packing: references, widths, lengths, then the values."""
    differenced = _number(packing, 10, 11) == _DIFFERENCED
    _require(len(packing) >= (49 if differenced else 47), where, "section 5 is too short")
    groups = _number(packing, 32, 35)
    if not groups or not count:  # all values the same, or none
        _require(len(body) < 16, where, f"no groups in {len(body)} bytes of values")
        return
    place = 5
    if differenced:
        order, octets = packing[47], packing[48]
        _require(order in (1, 2) and 1 <= octets <= 8, where, f"differences of order {order}")
        place += (order + 1) * octets
    columns = []
    for width in (packing[19], packing[36], packing[46]):
        size = (groups * width + 7) // 8
        fits = width <= 32 and place + size <= len(body)
        _require(fits, where, f"{groups} groups take more than there is")
        columns.append(_unpacked(body[place : place + size], groups, width))
        place += size
    widths = packing[35] + columns[1]
    lengths = _number(packing, 38, 41) + packing[41] * columns[2]
    lengths[-1] = _number(packing, 43, 46)
    _require(int(lengths.sum()) == count, where, f"groups of {lengths.sum()} values for {count}")
    _require(int(widths.max(initial=0)) <= _WIDEST, where, "values wider than 64 bits")
    room = 8 * (len(body) - place)
    _require(int((widths * lengths).sum()) <= room, where, "the values take more than there is")


def _check_jpeg(image: bytes, bits: int, count: int, where: str) -> None:
    """Size of the image: one component, as many points as values."""
    starts = image[:4] == b"\xff\x4f\xff\x51" and len(image) >= 45
    _require(starts, where, "no JPEG 2000 image")
    right, bottom, left, top = (_number(image, n, n + 3) for n in (9, 13, 17, 21))
    points = (right - left) * (bottom - top)
    plain = _number(image, 41, 42) == 1 and image[43:45] == b"\1\1" and right > left
    _require(points == count and plain, where, f"an image of {points} points for {count} values")


def _check_png(image: bytes, bits: int, count: int, where: str) -> None:
    """Size of the image, and the check sum of every chunk."""
    _require(image[:8] == b"\x89PNG\r\n\x1a\n" and len(image) > 33, where, "no PNG image")
    points = _number(image, 17, 20) * _number(image, 21, 24)
    channels = {0: 1, 2: 3, 6: 4}.get(image[25], 0)
    fits = points == count and image[24] * channels in (bits, -(-bits // 8) * 8)
    _require(fits, where, f"an image of {points} points for {count} values")
    place = 8
    while place < len(image):
        end = place + 8 + int.from_bytes(image[place : place + 4], "big")
        sound = zlib.crc32(image[place + 4 : end]) == int.from_bytes(image[end : end + 4], "big")
        _require(end + 4 <= len(image) and sound, where, "a chunk of its PNG image is damaged")
        place = end + 4


def _unpacked(packed: bytes, count: int, width: int) -> np.ndarray:
    """Unsigned numbers of `width` bits each."""
    if width == 0:
        return np.zeros(count, np.int64)
    bits = np.unpackbits(np.frombuffer(packed, np.uint8), count=count * width)
    return bits.reshape(count, width) @ (1 << np.arange(width - 1, -1, -1, dtype=np.int64))


def _sections(data: bytes) -> dict[int, bytes]:
    place, found = 16, {}
    while place < len(data) - 4:
        size = int.from_bytes(data[place : place + 4], "big")
        found[data[place + 4]] = data[place : place + size]
        place += size
    return found


def _number(section: bytes, first: int, last: int) -> int:
    """Unsigned number in octets counted from 1, as the manual does."""
    return int.from_bytes(section[first - 1 : last], "big")


def _require(holds: bool, where: str, what: str) -> None:
    if not holds:
        raise InputError(f"{where} cannot be decoded: {what}")
