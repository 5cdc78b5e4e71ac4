"""`wubu verify`: issued forecasts of a configuration, or anybody's files, against what came."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from forecast.cli.commands import (
    DataFolder,
    Lang,
    Language,
    WorkFolder,
    ready_workspace,
    timestamp_of,
)
from forecast.errors import ConfigError, InputError

if TYPE_CHECKING:
    import pandas as pd

_FILES = ("--forecast", "--observed")


def spread_files(arguments: Sequence[str]) -> list[str]:
    """Repeat `--forecast` and `--observed` before each of the files that follow them.

    Examples
    --------
    >>> from forecast.cli.verify import spread_files
    >>> spread_files(["verify", "--forecast", "a.nc", "b.csv", "--observed", "o.nc"])
    ['verify', '--forecast', 'a.nc', '--forecast', 'b.csv', '--observed', 'o.nc']
    """
    if not arguments or arguments[0] != "verify":
        return list(arguments)
    out: list[str] = []
    option = ""
    for argument in arguments:
        if argument.startswith("-"):
            option = argument if argument in _FILES else ""
        elif option and out[-1] != option:
            out.append(option)
        out.append(argument)
    return out


def verify(
    config: Annotated[
        Path | None, typer.Argument(metavar="[CONFIG]", help="YAML configuration file")
    ] = None,
    forecast: Annotated[
        list[Path] | None,
        typer.Option("--forecast", metavar="FILE…", help="forecasts of any origin, CSV or NetCDF"),
    ] = None,
    observed: Annotated[
        list[Path] | None,
        typer.Option("--observed", metavar="FILE…", help="what was observed, CSV or NetCDF"),
    ] = None,
    first: Annotated[
        str | None, typer.Option("--from", metavar="YYYY-MM-DD", help="first issue date")
    ] = None,
    last: Annotated[
        str | None, typer.Option("--to", metavar="YYYY-MM-DD", help="last issue date")
    ] = None,
    run: Annotated[
        str | None,
        typer.Option("--backtest", metavar="NAME", help="score this back-test, or `latest`"),
    ] = None,
    by: Annotated[
        list[str] | None,
        typer.Option(
            "--by", metavar="GROUPING", help="score groups apart: place, city, province, …"
        ),
    ] = None,
    score: Annotated[
        list[str] | None,
        typer.Option("--score", metavar="NAME", help="show this score, by lead and model"),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option("--against", metavar="MODEL", help="compare with it, with significance"),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option("--plot", metavar="FILE", help="draw scores by lead (PNG, PDF)")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="write the scorecard here (CSV)")
    ] = None,
    data: DataFolder = None,
    workspace: WorkFolder = None,
    lang: Language = Lang.en,
) -> None:
    """Score forecasts against what came: those of a configuration, or anybody's files.

    Options that take several values may be repeated.

    Examples
    --------
    `wubu verify configs/beijing.yaml --lang zh` — what was issued, city by city and lead by lead

    `wubu verify configs/beijing.yaml --backtest latest --from 2015-11-01 --by month --by level`

    `wubu verify configs/beijing.yaml --score ts --score pod --against persistence --plot ts.png`

    `wubu verify --forecast ours.csv theirs.nc --observed stations.csv` — no configuration needed
    """
    from forecast.chain import backtest_folder
    from forecast.cli.verify_issued import Request, verify_issued

    if forecast or observed:
        from forecast.cli.verify_files import verify_files

        if config is not None or run or first or last:
            raise ConfigError(
                "--forecast and --observed take files only: leave CONFIG, --backtest, --from and "
                "--to out"
            )
        verify_files(*_both(forecast, observed), against=against, lang=lang.value, out=out,
                     plot=plot, by=by or [], scores=score or [])  # fmt: skip
        return
    if config is None:
        raise ConfigError(
            "nothing to verify: give a configuration, or --forecast FILE… --observed FILE…"
        )
    settings, space = ready_workspace(config, data, workspace)
    root = space.folder if run is None else backtest_folder(space, run)
    request = Request(
        _files_of(root / "issued", (first, last)),
        tuple(dict.fromkeys(by or ())),
        tuple(dict.fromkeys(score or ())),
        against,
        plot,
        out or root / "scores" / _name_of(first, last),
        lang.value,
    )
    verify_issued(settings, space, request)


def _name_of(first: str | None, last: str | None) -> str:
    """Name of the scorecard; that of a part of the issues replaces no other."""
    span = "_".join(text for text in (first and f"from-{first}", last and f"to-{last}") if text)
    return f"scorecard-{span}.csv" if span else "scorecard.csv"


def _both(
    forecast: list[Path] | None, observed: list[Path] | None
) -> tuple[list[Path], list[Path]]:
    """Files of both kinds, or an error that says which are missing."""
    if not forecast or not observed:
        missing = "--observed" if forecast else "--forecast"
        raise ConfigError(f"{missing} is missing: forecasts are scored against observations")
    return forecast, observed


def _files_of(folder: Path, span: tuple[str | None, str | None]) -> dict[pd.Timestamp, Path]:
    """Latest revision of each issue day of a span."""
    from forecast.issued import latest_files

    first, last = (
        None if text is None else timestamp_of(text, option)
        for text, option in zip(span, ("--from", "--to"), strict=True)
    )
    if first is not None and last is not None and last < first:
        raise ConfigError(f"--to {span[1]} is before --from {span[0]}")
    files = latest_files(folder)
    inside = {
        day: path
        for day, path in files.items()
        if (first is None or day >= first) and (last is None or day <= last)
    }
    if files and not inside:
        raise InputError(
            f"{folder}: no forecast issued from {span[0] or 'the first'} to "
            f"{span[1] or 'the last'}; there are {min(files):%Y-%m-%d} to {max(files):%Y-%m-%d}"
        )
    return inside
