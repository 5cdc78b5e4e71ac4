"""The exchange package: the products of one area in a ZIP with the official name.

``Z_ENV_EWFS_{L1|L2|L3|L4}_{area}_{made, UTC}_DBB_{maker}_{SH1|SH2}_{BK1|BK2}_{issued, Beijing}_
{lead hours}.ZIP``, where L1 … L4 are nation, region, province and city, the times are
yyyyMMddhhmmss and yyyyMMddHHmm, and the lead hours run from ``00000`` in hundreds: ``07200`` is 72.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from zlib import crc32

import pandas as pd

from forecast.atomic import whole_file
from forecast.clock import utc_now
from forecast.consultation.briefing import Briefing
from forecast.consultation.products.area_file import write_area_file
from forecast.consultation.products.exchange import write_records, write_table, write_texts
from forecast.consultation.settings import Exchange
from forecast.leftovers import mark, sweep_once

LEVEL_CODES = {"nation": "L1", "region": "L2", "province": "L3", "city": "L4"}
BEIJING = pd.Timedelta(hours=8)
MANIFEST = "manifest.json"


def package_name(briefing: Briefing, exchange: Exchange, made: pd.Timestamp) -> str:
    """Official name of the package of a briefing.

    Parameters
    ----------
    briefing : dict
        From `make_briefing`.
    exchange : Exchange
        Its section of the configuration.
    made : pandas.Timestamp
        When it is made, UTC.

    Examples
    --------
    >>> head = {"area": {"level": "city", "name": "beijing"}, "valid_days": ["2015-12-06"] * 3,
    ...         "data_cut_off": "2015-12-05T12:00Z"}
    >>> package_name({"head": head}, Exchange(), pd.Timestamp("2015-12-05T07:30:05"))
    'Z_ENV_EWFS_L4_BEIJING_20151205073005_DBB_WUBU_SH1_BK1_201512052000_00000-07200.ZIP'
    """
    head = briefing["head"]
    area = head["area"]
    code = exchange.codes.get(area["name"]) or _code(area["name"])
    issued = pd.Timestamp(head["data_cut_off"].removesuffix("Z")) + BEIJING
    hours = 24 * len(head["valid_days"])
    return (
        f"Z_ENV_EWFS_{LEVEL_CODES[area['level']]}_{code}_{made:%Y%m%d%H%M%S}_DBB_"
        f"{exchange.maker}_{exchange.session}_{exchange.chain}_{issued:%Y%m%d%H%M}_"
        f"00000-{hours * 100:05d}.ZIP"
    )


def write_package(
    briefing: Briefing, folder: Path, exchange: Exchange, made: pd.Timestamp | None = None
) -> Path:
    """Write the exchange package of a briefing.

    It holds the public city record and its JSON Schema, the city × day table, the bulletins, the CF
    NetCDF file, and a manifest that names the forecast and gives the SHA-256 of each file. Only its
    name tells when it was made: the same briefing gives the same bytes inside.

    Parameters
    ----------
    briefing, exchange, made
        As in `package_name`; `made` is now where not given.
    folder : Path
        Where it is put, whole or not at all.

    Returns
    -------
    Path
        The ZIP.
    """
    path = folder / package_name(briefing, exchange, utc_now() if made is None else made)
    folder.mkdir(parents=True, exist_ok=True)
    sweep_once(folder)
    with tempfile.TemporaryDirectory(prefix=f".making.{mark()}.", dir=folder) as room:
        stem = Path(room) / "forecast"
        files = [
            *write_records(briefing, stem),
            *write_table(briefing, stem),
            *write_texts(briefing, stem),
            write_area_file(briefing, stem.with_name("forecast.nc")),
        ]
        content = {f.name: f.read_bytes() for f in files}
    with whole_file(path) as part:
        _pack(part, {MANIFEST: _manifest(briefing, content), **content}, briefing)
    return path


def _manifest(briefing: Briefing, content: Mapping[str, bytes]) -> bytes:
    head = briefing["head"]
    told = {
        **{k: head[k] for k in ("title", "simulated", "area", "issue", "revision", "standard")},
        **{k: head[k] for k in ("data_cut_off", "trained_until", "utc_offset")},
        "files": {
            name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
            for name, data in content.items()
        },
    }
    return json.dumps(told, ensure_ascii=False, indent=1).encode()


def _pack(path: Path, content: Mapping[str, bytes], briefing: Briefing) -> None:
    """Write a ZIP whose entries bear the day of issue, not the clock."""
    day = pd.Timestamp(briefing["head"]["issue"])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            entry = zipfile.ZipInfo(name, (day.year, day.month, day.day, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, data)


def _code(name: str) -> str:
    """Area code of an id: its letters and digits, upper case; of another script its checksum."""
    if name.isascii():
        return "".join(c for c in name.upper() if c.isalnum()) or "AREA"
    return f"AREA{crc32(name.encode()):08X}"
