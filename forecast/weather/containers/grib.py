"""GRIB 1 and 2: one scan of the keys, then exactly the messages asked for.

Messages are cut out of the file by `grib_frames`, which checks that they are whole, and decoded
through cfgrib. Nothing is written beside the file. A case (issue, lead, member) a field has no
message for is NaN.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import xarray as xr

from forecast.errors import InputError
from forecast.weather.canonical import Axes, weather_dataset
from forecast.weather.containers.grib_frames import frames
from forecast.weather.containers.grib_grid import Layout, layout_of
from forecast.weather.containers.grib_index import Entry, scan
from forecast.weather.containers.grib_keys import decoding, keys_of, message_of, values_of
from forecast.weather.containers.grib_names import spellings
from forecast.weather.containers.grib_packing import check_packing, check_second_order
from forecast.weather.containers.grib_slots import Slot, fill_slots
from forecast.weather.fields import FIELDS, LEVELS_HPA
from forecast.weather.lazy import Read
from forecast.weather.product import Product

FIRST_KEYS = (
    "edition",
    "centre",
    "subCentre",
    "class",
    "stream",
    "dataType",
    "expver",
    "model",
    "generatingProcessIdentifier",
    "productDefinitionTemplateNumber",
    "productionStatusOfProcessedData",
    "number",
    "numberOfForecastsInEnsemble",
    "shortName",
    "typeOfLevel",
    "gridType",
)
"""Keys of the first message by which products know themselves."""

_WINDS = frozenset(["u10", "v10", *(f"{c}{level}" for c in "uv" for level in LEVELS_HPA)])
_OTHER_WIND = {"u": "v", "v": "u"}


def first_keys(path: Path) -> Mapping[str, Any]:
    """Those of `FIRST_KEYS` the first message of a file has.

    Raises
    ------
    InputError
        The first message is damaged.
    MissingExtraError
        The extra ``wubu[grib]`` is not installed.
    """
    first = next(frames(path))
    with path.open("rb") as file, decoding(first.where):
        return keys_of(message_of(first.read_head(file)), FIRST_KEYS)


def open_file(path: Path, product: Product) -> xr.Dataset:
    """Open a GRIB file in the form of `open_weather`.

    Raises
    ------
    InputError
        The file or a message is damaged, two messages give the same case of a field, fields lie
        on different grids, units do not convert, or there is no known field.
    MissingExtraError
        The extra ``wubu[grib]`` is not installed.
    """
    entries, ignored = scan(path, spellings(product), product.units)
    if not entries:
        found = ", ".join(ignored[:8])
        raise InputError(f"{path}: no known weather field as {product.name}; found {found}")
    layouts = _layouts(path, entries)
    slots = fill_slots(path, entries, product)
    axes = Axes(slots.issue, slots.lead, slots.member, layouts[entries[0].grid].grid)
    fields = {
        name: _reader(path, name, slots.entries, layouts, axes)
        for name in FIELDS
        if name in slots.entries
    }
    return weather_dataset(path, product.name, axes, fields, starts=slots.starts, ignored=ignored)


def _layouts(path: Path, entries: Iterable[Entry]) -> Mapping[str, Layout]:
    """Layout by grid; every one must be the same grid."""
    found: dict[str, Layout] = {}
    first: tuple[Entry, Layout] | None = None
    for entry in entries:
        if entry.grid in found:
            continue
        with path.open("rb") as file, decoding(entry.frame.where):
            layout = layout_of(message_of(entry.frame.read(file)), entry.frame.where)
        found[entry.grid] = layout
        if first is None:
            first = entry, layout
        elif layout.grid.digest != first[1].grid.digest:
            raise InputError(
                f"{path}: two grids: {first[0].field} in message {first[0].frame.number} is on "
                f"{first[1].title}, {entry.field} in message {entry.frame.number} on "
                f"{layout.title}; expected one, split the file"
            )
    return found


def _reader(
    path: Path,
    name: str,
    entries: Mapping[str, Mapping[Slot, Entry]],
    layouts: Mapping[str, Layout],
    axes: Axes,
) -> Read:
    """Reader of one field."""
    if name not in _WINDS or all(layout.angle is None for layout in layouts.values()):
        return _FieldReader(path, name, entries[name], None, layouts, axes.grid.shape)
    other = _OTHER_WIND[name[0]] + name[1:]
    if other not in entries:
        raise InputError(
            f"{path}: {name} is along the axes of the grid and {other} is not there; expected "
            "both, to turn them to east and north"
        )
    return _FieldReader(path, name, entries[name], entries[other], layouts, axes.grid.shape)


@dataclass(frozen=True)
class _FieldReader:
    """Reads the messages of a field; `across` is the other component of a wind to be turned."""

    path: Path
    name: str
    entries: Mapping[Slot, Entry]
    across: Mapping[Slot, Entry] | None
    layouts: Mapping[str, Layout]
    space: tuple[int, ...]

    def __call__(self, issues: np.ndarray, leads: np.ndarray, members: np.ndarray) -> np.ndarray:
        """Values of the rows asked for, see `lazy_field`; NaN where there is no message."""
        out = np.full((len(issues), len(leads), len(members), *self.space), np.nan, np.float32)
        places = {
            slot: place
            for place in np.ndindex(out.shape[:3])
            if (slot := (int(issues[place[0]]), int(leads[place[1]]), int(members[place[2]])))
            in self.entries
        }
        try:
            with self.path.open("rb") as file:
                for slot in sorted(places, key=lambda slot: self.entries[slot].frame.offset):
                    out[places[slot]] = self._value(file, slot)
        except OSError as error:
            raise InputError(f"{self.path}: field {self.name} cannot be read: {error}") from None
        return out

    def _value(self, file: BinaryIO, slot: Slot) -> np.ndarray | float:
        entry = self.entries[slot]
        angle = self.layouts[entry.grid].angle
        if self.across is None or angle is None:
            return _values(file, entry, self.layouts)
        if slot not in self.across:
            return np.nan
        along = _values(file, entry, self.layouts)
        across = _values(file, self.across[slot], self.layouts)
        sign = -1.0 if self.name[0] == "u" else 1.0  # see `wind_rotation`
        return along * np.cos(angle) + sign * across * np.sin(angle)


def _values(file: BinaryIO, entry: Entry, layouts: Mapping[str, Layout]) -> np.ndarray:
    """Values of a message in the data model's units, NaN where missing, in the grid's shape."""
    layout, where = layouts[entry.grid], f"{entry.frame.where} ({entry.field})"
    data = entry.frame.read(file)
    if entry.frame.edition == 2:
        check_packing(data, where)
    with decoding(where):
        message = message_of(data)
        if entry.frame.edition == 1:
            check_second_order(message, where)
        values = values_of(message, layout.size, where)
        del message  # freed while no other thread is in ecCodes
    return layout.arrange(values * entry.factor + entry.offset).astype(np.float32)
