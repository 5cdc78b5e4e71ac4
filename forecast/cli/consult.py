"""`wubu consult`: the briefing of the five steps, and adjustments back."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from forecast.cli.commands import (
    BacktestName,
    ConfigPath,
    DataFolder,
    Day,
    Lang,
    Language,
    WorkFolder,
    ready_workspace,
    timestamp_of,
    writing,
)

PRINTED = 3
"""Bulletins shown on the console; all are written."""


class AreaLevel(StrEnum):
    """Level of the areas of a consultation."""

    nation = "nation"
    region = "region"
    province = "province"
    city = "city"


LevelOfArea = Annotated[
    AreaLevel, typer.Option("--level", help="of the area: the whole, or a part of it")
]


def consult(
    config: ConfigPath,
    date: Day,
    level: LevelOfArea = AreaLevel.nation,
    area: Annotated[
        str | None, typer.Option("--area", metavar="NAME", help="one area of the level; else all")
    ] = None,
    formats: Annotated[
        str,
        typer.Option("--format", metavar="LIST", help="formats with commas between, see above"),
    ] = "html,txt,json,csv,geojson,records,nc",
    adjust: Annotated[
        list[Path] | None,
        typer.Option(
            "--import", metavar="FILE", help="adjustments, workbook or JSON; may be given again"
        ),
    ] = None,
    source: BacktestName = None,
    data: DataFolder = None,
    workspace: WorkFolder = None,
    lang: Language = Lang.en,
) -> None:
    """Write the briefing of the five steps from the issued forecast of a day.

    Formats: html txt json csv geojson records nc (these by default), zip xlsx docx.
    The page opens in any browser without a network; the text is the bulletin; `nc` is CF NetCDF;
    `zip` is the exchange package with its official name; `docx` is a document with pictures, for
    print; `xlsx` is a workbook whose last sheet takes adjustments, which `--import` checks and
    issues as a new revision. Given more than once, the files are merged: a city's word counts over
    its province's, that over the region's and the nation's, and what was overruled is listed. The
    rest is for other systems. Warnings, areas and the name of the package are set in the section
    `consultation` of the configuration.

    Examples
    --------
    `wubu consult configs/beijing.yaml --date 2015-12-05 --format html,docx,xlsx`

    `wubu consult configs/cities.yaml --date 2015-12-20 --import hebei.xlsx --import baoding.json`

    `wubu consult configs/cities.yaml --date 2015-12-20 --level province --area hebei --lang zh`
    """
    from forecast.cli.show import show_paths
    from forecast.cli.words import warn, word
    from forecast.consultation.consult import consult_day

    settings, space = ready_workspace(config, data, workspace)
    day = timestamp_of(date, "--date")
    with writing(space, f"consult {date}", lang):
        found = consult_day(
            settings,
            space,
            day,
            level.value,
            area,
            formats=formats,
            adjust=adjust or (),
            backtest=source,
            lang=lang.value,
        )
    for each in found.overruled:
        warn(each.text(lang.value), lang.value)
    for text in found.texts[:PRINTED]:
        print(text)
    if len(found.texts) > PRINTED:
        print(word("more_bulletins", lang.value).format(count=len(found.texts) - PRINTED))
    show_paths(found.written, lang.value)
