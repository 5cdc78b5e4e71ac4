"""The rules and their bits: CF ``flag_masks`` in uint16, one variable a pollutant."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import xarray as xr

from forecast.pollutants import LONG_NAMES, POLLUTANTS

RULES = {
    "negative": "below zero",
    "zero": "exactly zero",
    "sentinel": "a number that stands for a missing value",
    "out_of_range": "above what ambient air can hold",
    "capped": "at the end of the instrument's range",
    "constant": "the same value for too many hours",
    "spike": "an hour far above those around it, not shared by the neighbours",
    "pm_reversed": "PM2.5 above PM10",
    "shifted": "the column runs early or late against its companions or neighbours",
    "dust": "dust hour: PM10 jumped and PM2.5 did not",
    "duplicate": "the station repeats another's series or coordinates",
    "bad_coordinates": "the station's coordinates cannot be right",
}
"""Every rule with its meaning, in the order of the bits."""

BITS = {rule: np.uint16(1 << i) for i, rule in enumerate(RULES)}
"""Bit of each rule."""


def mask_of(rules: Iterable[str]) -> np.uint16:
    """Bits of several rules together.

    Examples
    --------
    >>> int(mask_of(["negative", "sentinel"]))
    5
    """
    mask = np.uint16(0)
    for rule in rules:
        mask |= BITS[rule]
    return mask


def raised(flags: np.ndarray, rule: str) -> np.ndarray:
    """Whether `rule` is raised, by cell of `flags`."""
    return np.asarray((flags & BITS[rule]) != 0)


def flag_dataset(flags: dict[str, np.ndarray], like: xr.Dataset) -> xr.Dataset:
    """Lay flags out as a dataset on the dimensions and coordinates of `like`."""
    dims = tuple(like[POLLUTANTS[0]].dims)
    out = xr.Dataset({p: (dims, f) for p, f in flags.items()}, coords=like.coords)
    for p in flags:
        out[p].attrs = {
            "long_name": f"quality flags, {LONG_NAMES[p]}",
            "flag_masks": np.array(list(BITS.values()), np.uint16),
            "flag_meanings": " ".join(RULES),
        }
    return out
