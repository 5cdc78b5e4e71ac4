"""Small GRIB messages for the tests, written with ecCodes."""

from __future__ import annotations

import numpy as np
import pytest

ec = pytest.importorskip("eccodes", reason="the extra wubu[grib] is not installed")

WEST, NORTH = 100.0, 40.0
NI, NJ = 4, 3


def message(values, sample="regular_ll_sfc_grib2", **keys):
    """Bytes of one message on 4 × 3 points of 10° × 5° from 40° N, 100° E; `keys` in order."""
    handle = ec.codes_grib_new_from_samples(sample)
    if sample.startswith("regular_ll"):
        grid = {"Ni": NI, "Nj": NJ, "iDirectionIncrementInDegrees": 10}
        grid |= {"jDirectionIncrementInDegrees": 5}
        grid |= {"latitudeOfFirstGridPointInDegrees": NORTH}
        grid |= {"latitudeOfLastGridPointInDegrees": NORTH - 10}
        grid |= {"longitudeOfFirstGridPointInDegrees": WEST}
        grid |= {"longitudeOfLastGridPointInDegrees": WEST + 30}
        keys = grid | keys
    for key, value in ({"bitsPerValue": 24, "dataDate": 20200101, "dataTime": 0} | keys).items():
        ec.codes_set(handle, key, value)
    ec.codes_set_values(handle, np.asarray(values, float).ravel())
    data = ec.codes_get_message(handle)
    ec.codes_release(handle)
    return data


def t2m(values=280.0, **keys):
    return message(np.broadcast_to(values, NI * NJ), **({"shortName": "2t"} | keys))


def amount(value, start, end, short="tp", **keys):
    """An amount between two steps (hours)."""
    span = {"centre": "kwbc", "productDefinitionTemplateNumber": 8, "shortName": short}
    span |= {"typeOfStatisticalProcessing": 1}
    span |= {"forecastTime": start, "lengthOfTimeRange": end - start} | keys
    return message(np.full(NI * NJ, value), **span)


def written(path, *messages):
    path.write_bytes(b"".join(messages))
    return path
