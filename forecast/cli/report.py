"""`wubu report`: accuracy tables and rankings of months, quarters or years."""

from __future__ import annotations

from enum import StrEnum
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


class PeriodKind(StrEnum):
    """Length of a period that is reported on."""

    month = "month"
    quarter = "quarter"
    year = "year"


def report(
    config: ConfigPath,
    first: Annotated[str, typer.Option("--from", metavar="YYYY-MM-DD", help="first valid day")],
    last: Annotated[str, typer.Option("--to", metavar="YYYY-MM-DD", help="last valid day")],
    period: Annotated[
        PeriodKind, typer.Option("--period", help="what is counted together")
    ] = PeriodKind.month,
    source: BacktestName = None,
    formats: Annotated[
        str, typer.Option("--format", metavar="LIST", help="of xlsx,html")
    ] = "xlsx,html",
    data: DataFolder = None,
    workspace: WorkFolder = None,
    lang: Language = Lang.en,
) -> None:
    """Write the performance reports of months, quarters or years, by valid day.

    Level (strict and cross-level), range with its width, primary pollutant, over- and
    under-forecast and heavy days: of the whole by lead, of regions, provinces and cities, with
    rankings and intervals, beside persistence and climatology; and issued against guidance where
    forecasts were adjusted. Files go to `products/performance/` of the workspace or the back-test.

    Examples
    --------
    `wubu report configs/beijing.yaml --from 2015-12-01 --to 2015-12-31 --lang zh`

    `wubu report configs/cities.yaml --from 2015-01-01 --to 2015-12-31 --period quarter
    --backtest latest --format html`
    """
    from forecast.cli.show import show_paths
    from forecast.cli.words import warn
    from forecast.consultation.performance.report import report_span

    settings, space = ready_workspace(config, data, workspace)
    written, without = report_span(
        settings,
        space,
        timestamp_of(first, "--from"),
        timestamp_of(last, "--to"),
        period.value,
        formats=formats,
        backtest=source,
        lang=lang.value,
    )
    for one in without:
        warn(
            {"zh": f"{one.name}没有样本，未写报告", "en": f"{one.name}: no pairs, no report"}[
                lang.value
            ],
            lang.value,
        )
    show_paths(written, lang.value)
