"""The command ``simulate``: source files of an invented world, of any size."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from forecast.cli.commands import Lang, Language


class NetworkFormat(StrEnum):
    """Layout of the table of the stations."""

    table = "table"
    cnemc = "cnemc"
    cities = "cities"


class Layout(StrEnum):
    """Layout of the simulated observations."""

    prsa = "prsa"
    netcdf = "netcdf"


def simulate(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="folder to make")],
    network: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="station table whose places are taken"),
    ] = None,
    network_format: Annotated[
        NetworkFormat, typer.Option(help="its layout, as `stations.format` of a configuration")
    ] = NetworkFormat.table,
    cities: Annotated[int, typer.Option(help="invented cities, without --network")] = 6,
    stations_per_city: Annotated[int, typer.Option(help="stations of each of them")] = 3,
    start: Annotated[str, typer.Option("--from", metavar="YYYY-MM-DD")] = "2013-01-01",
    days: Annotated[int, typer.Option(help="days of observations and issues")] = 1000,
    members: Annotated[int, typer.Option(help="members of the weather forecasts")] = 5,
    leads: Annotated[int, typer.Option(help="days of the weather forecasts")] = 10,
    seed: Annotated[int, typer.Option(help="another seed is another world")] = 5,
    observations: Annotated[
        Layout, typer.Option(help="a PRSA table a station, or a NetCDF file a month")
    ] = Layout.prsa,
    lang: Language = Lang.en,
) -> None:
    """Make the source files of a SIMULATED world: observations and weather forecasts.

    Examples
    --------
    `wubu simulate world --cities 4 --days 800`

    `wubu simulate national --network cnemc_station_list.csv --network-format cnemc --days 1096
    --members 10 --observations netcdf`
    """
    from forecast.cli.progress import console_progress
    from forecast.cli.show import show_paths
    from forecast.config import parse_date
    from forecast.errors import ConfigError
    from forecast.ingest import TABLES
    from forecast.simulate import simulate as make_world

    first = parse_date(start, "--from").isoformat()
    table = None if network is None else TABLES[network_format.value](network)
    with console_progress() as progress:
        progress("simulating", 0, 2)
        try:
            world = make_world(
                seed=seed,
                cities=cities,
                stations_per_city=stations_per_city,
                network=table,
                start=first,
                days=days,
                members=members,
                leads=leads,
            )
        except ValueError as error:
            raise ConfigError(f"wubu simulate: {error}") from None
        progress("simulating", 1, 2)
        written = world.write(folder, observations.value)
        progress("simulating", 2, 2)
    show_paths(written[:1] + written[-2:], lang.value)
