"""What a weather product is: a small declaration, one file each in ``products``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Container = Literal["netcdf", "days", "grib", "wrf", "ioapi", "points"]
Interval = Literal["start", "previous", "hour", "rate"]


@dataclass(frozen=True)
class Header:
    """The first look at a file, by which its product is recognised.

    Attributes
    ----------
    form : {"netcdf", "grib", "text"}
    attributes : mapping
        Global attributes of a NetCDF file; keys of the first message of a GRIB file.
    variables : mapping of str to mapping
        Attributes of each NetCDF variable, with ``dims`` (tuple) and ``shape`` added; columns of a
        text table.
    """

    path: Path
    form: Literal["netcdf", "grib", "text"]
    attributes: Mapping[str, Any]
    variables: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def _never(_: Header) -> bool:
    return False


@dataclass(frozen=True)
class Product:
    """A weather product or model guidance.

    Attributes
    ----------
    name : str
        As in the configuration, ``gfs``.
    title : str
        One line: who makes it, what it is.
    container : str
        Module of ``forecast.weather.containers`` that reads it.
    names : mapping of str to tuple of str
        Field of the data model to the file's names, the first found counts. A container may fill in
        its own usual names.
    units : mapping of str to str
        Field to its units, where the product's files state none or wrong ones.
    interval : {"start", "previous", "hour", "rate"} or mapping of field to these
        What an amount of a file that does not say covers: everything since the reference time,
        since the previous lead, the hour before, or a mean rate (per second) since the previous
        lead. GRIB messages state it themselves.
    delay_hours : float
        Usual hours from the reference time until the whole cycle is at hand; nothing is issued
        from a cycle before that. None where it depends on who makes it.
    point : (float, float), optional
        Latitude and longitude of the one point of a table without coordinates, degrees.
    recognises : callable
        Whether a file is of this product.
    """

    name: str
    title: str
    container: Container
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    interval: Interval | Mapping[str, Interval] = "start"
    delay_hours: float | None = None
    point: tuple[float, float] | None = None
    recognises: Callable[[Header], bool] = _never

    def interval_of(self, name: str) -> Interval:
        """What an amount `name` covers."""
        if isinstance(self.interval, str):
            return self.interval
        return self.interval.get(name, "start")
