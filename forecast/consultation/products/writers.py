"""The products of a briefing: one writer a format."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from zlib import crc32

from forecast.atomic import write_json, write_text
from forecast.bulletin import Language
from forecast.consultation.briefing import Briefing
from forecast.consultation.products.area_file import write_area_file
from forecast.consultation.products.document import check_document, write_document
from forecast.consultation.products.exchange import (
    write_points,
    write_records,
    write_table,
    write_texts,
)
from forecast.consultation.products.outlines import Lines
from forecast.consultation.products.package import write_package
from forecast.consultation.products.page import briefing_page
from forecast.consultation.products.workbook import openpyxl_library, write_workbook
from forecast.consultation.settings import Exchange


@dataclass(frozen=True)
class Options:
    """What products need beside the briefing.

    Attributes
    ----------
    lang : {"zh", "en"}
        Language a page opens in, and of what is written in one.
    exchange : Exchange
        Fields of the name of the package.
    outlines : list of lines
        Under the map of the page, from `read_outlines`.
    """

    lang: Language = "zh"
    exchange: Exchange = field(default_factory=Exchange)
    outlines: Lines = field(default_factory=list)


Writer = Callable[[Briefing, Path, Options], list[Path]]
"""Writes a briefing; the path is that of a product without its ending."""


def _ending(stem: Path, ending: str) -> Path:
    return stem.with_name(f"{stem.name}.{ending}")


WRITERS: Mapping[str, Writer] = MappingProxyType(
    {
        "html": lambda b, stem, o: [
            write_text(_ending(stem, "html"), briefing_page(b, o.lang, o.outlines))
        ],
        "txt": lambda b, stem, _: write_texts(b, stem),
        "json": lambda b, stem, _: [write_json(_ending(stem, "json"), b)],
        "csv": lambda b, stem, _: write_table(b, stem),
        "geojson": lambda b, stem, _: write_points(b, stem),
        "records": lambda b, stem, _: write_records(b, stem),
        "nc": lambda b, stem, _: [write_area_file(b, _ending(stem, "nc"))],
        "zip": lambda b, stem, o: [write_package(b, stem.parent, o.exchange)],
        "docx": lambda b, stem, o: [write_document(b, _ending(stem, "docx"), o.lang)],
        "xlsx": lambda b, stem, o: [write_workbook(b, _ending(stem, "xlsx"), o.lang)],
    }
)
"""By format, in the order they are written: ``html`` the page, ``txt`` the bulletins, ``json`` the
whole briefing, ``csv`` the table, ``geojson`` the points, ``records`` the public city record and
its JSON Schema, ``nc`` CF NetCDF, ``zip`` the exchange package, ``docx`` the document with
pictures and ``xlsx`` the workbook with the sheet of adjustments (both extra `report`)."""
FORMATS = tuple(WRITERS)
EXTRA: Mapping[str, Callable[[], object]] = MappingProxyType(
    {"xlsx": openpyxl_library, "docx": check_document}
)
"""Formats of the extra `report`, with what raises MissingExtraError where it is not installed."""


def write_briefing(
    briefing: Briefing,
    folder: Path,
    formats: tuple[str, ...] = FORMATS,
    options: Options | None = None,
) -> list[Path]:
    """Write the products of a briefing into a folder.

    Parameters
    ----------
    briefing : dict
        From `make_briefing`.
    folder : Path
        Files are called ``<level>-<area>.<…>``, but for the package; each appears whole or not at
        all.
    formats : tuple of str
        Of `FORMATS`.
    options : Options, optional

    Returns
    -------
    list of Path
        What was written.
    """
    area = briefing["head"]["area"]
    stem = folder / f"{area['level']}-{file_name(area['name'])}"
    return [
        path for name in formats for path in WRITERS[name](briefing, stem, options or Options())
    ]


def file_name(name: str) -> str:
    """The id of an area without what a file system or a path could take amiss.

    Where that changes it, its checksum keeps it apart from others.
    """
    safe = "".join(c if c.isalnum() or c in "-_" else "_" for c in name)
    return safe if safe == name else f"{safe}-{crc32(name.encode('utf-8', 'replace')):08x}"
