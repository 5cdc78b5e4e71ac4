"""The command ``wubu fetch``: weather cycles from open servers or their mirrors."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from forecast.cli.commands import Lang, Language

if TYPE_CHECKING:
    from forecast.fetch import FetchReport, FetchRequest

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="Fetch data from open servers or their mirrors.",
)


class FetchProduct(StrEnum):
    """Products that can be fetched."""

    ifs_ens = "ifs-ens"
    ifs_hres = "ifs-hres"
    aifs = "aifs"
    gfs = "gfs"
    gefs = "gefs"


@app.callback()
def _fetch() -> None:
    pass


@app.command()
def weather(
    product: Annotated[FetchProduct, typer.Option("--product", help="what to fetch")],
    date: Annotated[
        str, typer.Option("--date", metavar="YYYY-MM-DD", help="day of the reference time, UTC")
    ],
    to: Annotated[Path, typer.Option("--to", help="folder to fetch into")],
    cycle: Annotated[int, typer.Option(help="hour of the reference time: 0, 6, 12 or 18")] = 0,
    steps: Annotated[
        str | None, typer.Option(metavar="0-240/3", help="hours ahead, instead of the usual")
    ] = None,
    fields: Annotated[
        str | None, typer.Option(metavar="u10,v10", help="fields, instead of the usual")
    ] = None,
    members: Annotated[
        str | None, typer.Option(metavar="0-50", help="members, 0 the control; all if not given")
    ] = None,
    base: Annotated[
        str | None, typer.Option(metavar="URL", help="address of a mirror of the same layout")
    ] = None,
    retries: Annotated[int, typer.Option(min=0, max=20, help="further tries of a request")] = 3,
    timeout: Annotated[
        float, typer.Option(min=0.1, max=3600, help="seconds to wait for a byte")
    ] = 60.0,
    workers: Annotated[int, typer.Option(min=1, max=16, help="files at a time")] = 2,
    lang: Language = Lang.en,
) -> None:
    """Fetch a weather cycle: only the fields that are used, each file whole or not at all.

    Do it again after a failure, or when more steps are published: only what is missing comes, and
    half a file is continued. Files are `FOLDER/PRODUCT/YYYYMMDDHH/*.grib2`; in a configuration
    write `files: weather/gfs/*/*.grib2`. Products: `ifs-ens`, `ifs-hres`, `aifs` (ECMWF open data,
    CC BY 4.0: name ECMWF), `gfs`, `gefs` (NCEP). Needs `pip install 'wubu[fetch]'`.

    Examples
    --------
    `wubu fetch weather --product gfs --date 2026-11-24 --to weather`

    `wubu fetch weather --product ifs-ens --date 2026-11-24 --cycle 12 --steps 0-144/3
    --fields u10,v10,t2m --members 0-9 --to weather --base https://mirror.example/ecmwf --lang zh`
    """
    from forecast.cli.progress import console_progress
    from forecast.cli.show import show_paths
    from forecast.config import parse_date
    from forecast.fetch import fetch_weather, request_for

    request = request_for(
        product.value,
        parse_date(date, "--date"),
        cycle,
        steps=steps,
        fields=fields,
        members=members,
    )
    with console_progress() as progress:
        report = fetch_weather(
            request,
            to,
            base=base,
            retries=retries,
            timeout=timeout,
            workers=workers,
            progress=progress,
        )
    _show(report, request, lang.value)
    show_paths([report.folder], lang.value)


def _show(report: FetchReport, request: FetchRequest, lang: str) -> None:
    """Print how many files came, how many bytes, and what no index listed."""
    files, there, size = len(report.files), report.there_already, report.received / 1e6
    if lang == "zh":
        when = f"{request.cycle:%Y-%m-%d %H}时（UTC）"
        print(f"{request.product} {when}：{files}个文件，其中{there}个已有；下载{size:,.1f} MB")
    else:
        when = f"{request.cycle:%Y-%m-%d %H} UTC"
        print(
            f"{request.product} {when}: {files} files, {there} of them there already; "
            f"{size:,.1f} MB fetched"
        )
    if report.absent:
        lacking = ", ".join(f"{name} ({count})" for name, count in report.absent.items())
        print(f"索引中没有（文件数）：{lacking}" if lang == "zh" else
              f"Not in the index (files): {lacking}")  # fmt: skip
