"""Products that can be fetched: where they are, what they offer, what is sensible to take."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType

from forecast.errors import ConfigError
from forecast.fetch import ecmwf, ncep
from forecast.fetch.index import Entry
from forecast.fetch.request import FetchRequest, RemoteFile, parse_numbers

CYCLES = (0, 6, 12, 18)


@dataclass(frozen=True)
class FetchSource:
    """A product that can be fetched.

    Attributes
    ----------
    title : str
        One line: who makes it, what it is.
    base : str
        Address under which the makers, or their cloud, keep it; a mirror keeps the same layout.
    offered : tuple of str
        Fields of the data model its files may hold.
    fields : tuple of str
        Those taken where none are named.
    steps : tuple of str
        Steps taken where none are named: of cycles 00 and 12, of 06 and 18.
    members : int or None
        Number of the last member; 0 is the control.
    files : callable
        Remote files of a request under a base address.
    read_index : callable
        Wanted messages of the text of an index.
    """

    title: str
    base: str
    offered: tuple[str, ...]
    fields: tuple[str, ...]
    steps: tuple[str, str]
    files: Callable[[FetchRequest, str], list[RemoteFile]]
    read_index: Callable[[str, RemoteFile, FetchRequest], list[Entry]]
    members: int | None = None


_SURFACE = ("u10", "v10", "t2m", "d2m", "sp", "msl", "blh", "tcc", "tp", "ssrd")


def _aloft(*names: str) -> tuple[str, ...]:
    return tuple(f"{name}{level}" for level in (925, 850, 500) for name in names)


_ALOFT_OF_ENSEMBLES = ("t925", "t850", "u850", "v850")
_ECMWF = "https://data.ecmwf.int/forecasts"

SOURCES: Mapping[str, FetchSource] = MappingProxyType(
    {
        "ifs-ens": FetchSource(
            title="ECMWF IFS ensemble, 0.25°, open data",
            base=_ECMWF,
            offered=tuple(ecmwf.NAMES),
            fields=(*_SURFACE, *_ALOFT_OF_ENSEMBLES),
            steps=("0-144/3,150-240/6", "0-144/3"),
            files=ecmwf.ifs_ens_files,
            read_index=ecmwf.read_index,
            members=50,
        ),
        "ifs-hres": FetchSource(
            title="ECMWF IFS deterministic, 0.25°, open data",
            base=_ECMWF,
            offered=tuple(ecmwf.NAMES),
            fields=(*_SURFACE, *_aloft("t", "u", "v", "r", "gh")),
            steps=("0-144/3,150-240/6", "0-90/3"),
            files=ecmwf.ifs_hres_files,
            read_index=ecmwf.read_index,
        ),
        "aifs": FetchSource(
            title="ECMWF AIFS deterministic, 0.25°, open data",
            base=_ECMWF,
            offered=tuple(ecmwf.NAMES),
            fields=(
                *(f for f in _SURFACE if f != "blh"),
                *_aloft("t", "u", "v", "q", "gh"),
            ),
            steps=("0-240/6", "0-240/6"),
            files=ecmwf.aifs_files,
            read_index=ecmwf.read_index,
        ),
        "gfs": FetchSource(
            title="NCEP GFS, 0.25°",
            base="https://noaa-gfs-bdp-pds.s3.amazonaws.com",
            offered=tuple(ncep.NAMES),
            fields=(*_SURFACE, "r2", *_aloft("t", "u", "v", "r", "gh")),
            steps=("0-240/3", "0-240/3"),
            files=ncep.gfs_files,
            read_index=ncep.read_index,
        ),
        "gefs": FetchSource(
            title="NCEP GEFS, 0.5°",
            base="https://noaa-gefs-pds.s3.amazonaws.com",
            offered=tuple(ncep.NAMES),
            fields=(
                *(f for f in ncep.GEFS_PRIMARY if f in (*_SURFACE, "r2")),
                *_ALOFT_OF_ENSEMBLES,
            ),
            steps=("0-240/3", "0-240/3"),
            files=ncep.gefs_files,
            read_index=ncep.read_index,
            members=30,
        ),
    }
)
"""Every product that can be fetched, by its name."""


def request_for(
    product: str,
    day: date,
    hour: int = 0,
    *,
    steps: str | None = None,
    fields: str | None = None,
    members: str | None = None,
) -> FetchRequest:
    """Request of a cycle; what is not given is what is sensible for the product.

    Parameters
    ----------
    product : str
        Key of `SOURCES`.
    day, hour
        Reference time, UTC; hour 0, 6, 12 or 18.
    steps, members : str, optional
        Such as ``0-144/3,150-240/6``; members of an ensemble only, 0 is the control.
    fields : str, optional
        Fields of the data model separated by commas.

    Raises
    ------
    ConfigError
        Any of these is unknown to the product.

    Examples
    --------
    >>> request_for("gfs", date(2026, 11, 24), steps="0-6/3", fields="u10,v10").steps
    (0, 3, 6)
    """
    source = source_of(product)
    if hour not in CYCLES:
        raise ConfigError(f"--cycle: {hour} is not a cycle; expected one of 0, 6, 12, 18")
    chosen = _fields(fields, product, source)
    if members is not None and source.members is None:
        raise ConfigError(f"--members: {product} has none")
    who = None
    if source.members is not None:
        everyone = f"0-{source.members}"
        who = parse_numbers(everyone if members is None else members, "--members")
        if who[-1] > source.members:
            raise ConfigError(
                f"--members: {product} has members 0 … {source.members}, not {who[-1]}"
            )
    when = source.steps[hour % 12 != 0] if steps is None else steps
    return FetchRequest(
        product,
        datetime(day.year, day.month, day.day, hour),
        parse_numbers(when, "--steps"),
        chosen,
        who,
    )


def source_of(product: str) -> FetchSource:
    """Source of a product.

    Raises
    ------
    ConfigError
        It is not one that can be fetched; the message lists those that can.
    """
    try:
        return SOURCES[product]
    except KeyError:
        known = ", ".join(SOURCES)
        raise ConfigError(f"--product: {product!r} cannot be fetched; expected {known}") from None


def _fields(text: str | None, product: str, source: FetchSource) -> tuple[str, ...]:
    if text is None:
        return source.fields
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",")))
    for name in names:
        if name not in source.offered:
            raise ConfigError(
                f"--fields: {product} does not offer {name!r}; it offers "
                f"{', '.join(source.offered)}"
            )
    return names
