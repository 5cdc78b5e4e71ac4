"""`wubu case`: the report after an episode, and the library of reports."""

from __future__ import annotations

from typing import Annotated

import typer

from forecast.cli.commands import (
    BacktestName,
    ConfigPath,
    DataFolder,
    Lang,
    Language,
    WorkFolder,
    ready_workspace,
    timestamp_of,
)
from forecast.cli.consult import AreaLevel, LevelOfArea


def case(
    config: ConfigPath,
    first: Annotated[
        str | None, typer.Option("--from", metavar="YYYY-MM-DD", help="first day of the episode")
    ] = None,
    last: Annotated[
        str | None, typer.Option("--to", metavar="YYYY-MM-DD", help="last day of the episode")
    ] = None,
    level: LevelOfArea = AreaLevel.nation,
    area: Annotated[
        str | None, typer.Option("--area", metavar="NAME", help="which area of the level")
    ] = None,
    source: BacktestName = None,
    listing: Annotated[bool, typer.Option("--list", help="list the cases there are")] = False,
    search: Annotated[
        str | None,
        typer.Option("--search", metavar="TEXT", help="list those with an area, month, level …"),
    ] = None,
    data: DataFolder = None,
    workspace: WorkFolder = None,
    lang: Language = Lang.en,
) -> None:
    """Write the report of a pollution episode when it is over, or list the reports.

    The report holds what was observed, what each issue before and during the episode had said, the
    analysed weather, and an estimate of what the weather alone would have given. It is written as
    a page and as JSON below `cases/` of the workspace, or of the back-test. `--list` prints the
    cases and writes `cases/index.html`, a page that searches and sorts them.

    Examples
    --------
    `wubu case configs/beijing.yaml --from 2015-12-06 --to 2015-12-10 --backtest latest`

    `wubu case configs/beijing.yaml --list --search "2015-12 PM2.5" --backtest latest`
    """
    from forecast.cli.show import show_paths
    from forecast.cli.show_cases import show_cases
    from forecast.consultation.cases.case import case_folder, write_case
    from forecast.consultation.cases.library import read_cases, search_cases, write_library
    from forecast.consultation.cases.page import case_title
    from forecast.consultation.cases.wording import case_lines
    from forecast.errors import ConfigError

    listing = listing or search is not None
    if listing == (first is not None or last is not None):
        raise ConfigError("expected --from and --to for a report, or --list for those there are")
    settings, space = ready_workspace(config, data, workspace)
    if listing:
        folder = case_folder(space, source)
        rows = read_cases(folder)
        show_cases(search_cases(rows, search or ""), lang.value)
        show_paths([write_library(folder, rows, lang.value)], lang.value)
        return
    made, written = write_case(
        settings,
        space,
        timestamp_of(first or "", "--from"),
        timestamp_of(last or "", "--to"),
        level.value,
        area,
        backtest=source,
        lang=lang.value,
    )
    print("\n".join([case_title(made, lang.value), *case_lines(made, lang.value)]))
    show_paths(written, lang.value)
