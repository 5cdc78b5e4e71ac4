"""The commands. Each parses, calls one library function and shows what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import pandas as pd

    from forecast.config import Config
    from forecast.workspace import Workspace

app = typer.Typer(
    name="wubu",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="""**wubu** 五步 — air-quality forecasts from station histories and gridded weather.

First steps: `wubu demo`, then `wubu check CONFIG`, `ingest`, `train`, `issue`, `consult`,
`verify`. Every day: `wubu run CONFIG`, and `wubu status CONFIG`.

Exit codes: 0 done, 1 failed, 2 usage or configuration, 75 another run is at work.""",
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from forecast.version import version

        print(f"wubu {version()}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="show it")
    ] = False,
) -> None:
    pass


class Lang(StrEnum):
    """Language of what is shown."""

    zh = "zh"
    en = "en"


ConfigPath = Annotated[Path, typer.Argument(metavar="CONFIG", help="YAML configuration file")]
DataFolder = Annotated[
    Path | None, typer.Option("--data", help="folder of the sources, instead of the config's")
]
WorkFolder = Annotated[
    Path | None, typer.Option("--workspace", help="workspace, instead of the config's")
]
Language = Annotated[Lang, typer.Option("--lang", help="language of what is shown")]
Day = Annotated[str, typer.Option("--date", metavar="YYYY-MM-DD", help="local issue date")]
Scheduler = Annotated[
    str | None,
    typer.Option(
        metavar="KIND|ADDRESS",
        help="where training runs: threads (default), processes, cluster (started here), or the "
        "address of a dask scheduler, tcp://host:8786",
    ),
]
Workers = Annotated[
    int | None, typer.Option(metavar="N", help="processes to train in; alone: a cluster of N")
]
BacktestName = Annotated[
    str | None, typer.Option("--backtest", metavar="NAME", help="of a back-test, or latest")
]


@app.command()
def demo(
    folder: Annotated[Path, typer.Option("--workspace", help="folder to make")] = Path("demo"),
    lang: Language = Lang.en,
) -> None:
    """Run the whole chain on a small simulated world, from files to scores.

    Example: `wubu demo` makes the folder `demo/`; look at `demo/products/`, then try
    `wubu issue demo/demo.yaml --date 2016-02-11`.
    """
    from forecast.cli.progress import console_progress
    from forecast.cli.show import show_issued, show_paths
    from forecast.cli.show_scores import show_scores
    from forecast.demo import run_demo

    with console_progress() as progress:
        result = run_demo(folder, progress)
    show_scores(result.scores, lang.value, simulated=True)
    show_issued(result.issued, lang.value)
    show_paths(result.written, lang.value)


@app.command()
def check(
    config: ConfigPath,
    data: DataFolder = None,
    workspace: WorkFolder = None,
    lang: Language = Lang.en,
) -> None:
    """Read every source once and judge its quality; only the report is written.

    Flags and alarms of the duty desk go to `quality/` of the workspace as CSV.

    Example: `wubu check configs/beijing.yaml --lang zh`
    """
    from forecast.check import check_sources, write_quality
    from forecast.cli.progress import console_progress
    from forecast.cli.show import show_check, show_paths

    settings, space = open_config(config, data, workspace)
    with console_progress() as progress:
        report = check_sources(settings, progress)
    show_check(report, lang.value)
    show_paths(write_quality(report, space), lang.value)


@app.command()
def ingest(
    config: ConfigPath,
    data: DataFolder = None,
    workspace: WorkFolder = None,
    lang: Language = Lang.en,
) -> None:
    """Read the sources into the workspace. Doing it again changes nothing.

    Example: `wubu ingest configs/beijing.yaml`
    """
    from forecast.cli.progress import console_progress
    from forecast.cli.show import show_paths
    from forecast.cli.show_ingest import show_ingest
    from forecast.ingest import ingest as ingest_sources

    settings, space = open_config(config, data, workspace)
    with writing(space, "ingest", lang), console_progress() as progress:
        report = ingest_sources(settings, space, progress)
    show_ingest(report, settings, lang.value)
    show_paths([space.folder], lang.value)


@app.command()
def train(
    config: ConfigPath,
    date: Day,
    scheduler: Scheduler = None,
    workers: Workers = None,
    data: DataFolder = None,
    workspace: WorkFolder = None,
    lang: Language = Lang.en,
) -> None:
    """Train the ensemble on everything known at the issue of a day.

    Examples
    --------
    `wubu train configs/beijing.yaml --date 2015-11-30`

    `wubu train configs/national.yaml --date 2015-11-30 --scheduler tcp://10.0.0.5:8786`
    """
    from forecast.chain import train_until
    from forecast.cli.progress import console_progress
    from forecast.cli.show import show_paths, show_weights
    from forecast.engines.choosing import choose_engine

    settings, space = ready_workspace(config, data, workspace)
    day = timestamp_of(date, "--date")
    engine = choose_engine(scheduler, workers, space.folder)
    with writing(space, f"train {date}", lang), console_progress() as progress:
        folder = train_until(settings, space, day, progress, engine)
    show_weights(folder, lang.value)
    show_paths([folder], lang.value)


@app.command()
def issue(
    config: ConfigPath,
    date: Day,
    explain: Annotated[
        bool,
        typer.Option("--explain", help="also write what each group of predictors contributes"),
    ] = False,
    data: DataFolder = None,
    workspace: WorkFolder = None,
    lang: Language = Lang.en,
) -> None:
    """Issue the forecast of one day: NetCDF, city table, bulletin.

    Issuing a day again makes a new revision and leaves the earlier file untouched. With
    `--explain`, `contributions.csv` tells how recent concentrations, weather, upstream, season and
    the other members add up to each issued mean. A warning tells what falls short of the publishing
    duty of HJ 633-2026: made after 20:00, a day or city missing of the next three days, an old
    weather cycle, old observations, stations without any.

    Examples
    --------
    `wubu issue configs/beijing.yaml --date 2015-12-05 --lang zh`

    `wubu issue configs/beijing.yaml --date 2015-12-05 --explain`
    """
    from forecast.chain import issue_day
    from forecast.cli.show import show_issued, show_paths
    from forecast.cli.words import warn
    from forecast.clock import utc_now
    from forecast.duty import duty_remarks
    from forecast.export import write_products
    from forecast.issued import read_issued

    settings, space = ready_workspace(config, data, workspace)
    day = timestamp_of(date, "--date")
    with writing(space, f"issue {date}", lang):
        path = issue_day(settings, space, day)
        folder = space.products / path.stem
        products = write_products(read_issued(path), folder)
        if explain:
            from forecast.explain import explain_issue, write_contributions

            products.append(write_contributions(explain_issue(settings, space, day), folder))
    show_issued(path, lang.value)
    show_paths([path, *products], lang.value)
    for remark in duty_remarks(read_issued(path), utc_now()):
        warn(getattr(remark, lang.value), lang.value)


@app.command()
def backtest(
    config: ConfigPath,
    first: Annotated[str, typer.Option("--from", metavar="YYYY-MM-DD", help="first issue date")],
    last: Annotated[str, typer.Option("--to", metavar="YYYY-MM-DD", help="last issue date")],
    scheduler: Scheduler = None,
    workers: Workers = None,
    data: DataFolder = None,
    workspace: WorkFolder = None,
    lang: Language = Lang.en,
) -> None:
    """Issue every day of a past span, knowing only what was known then, and score it.

    With `--workers 2` it is trained in two processes of their own, and survives when one is killed.

    Examples
    --------
    `wubu backtest configs/beijing.yaml --from 2015-03-01 --to 2016-02-19`

    `wubu backtest configs/beijing.yaml --from 2015-03-01 --to 2016-02-19 --workers 2`
    """
    from forecast.chain import backtest as run_backtest
    from forecast.cli.progress import console_progress
    from forecast.cli.show import show_paths
    from forecast.cli.show_scores import show_scores
    from forecast.engines.choosing import choose_engine
    from forecast.errors import ConfigError
    from forecast.evaluation import evaluate, write_scorecard
    from forecast.issued import latest_files

    settings, space = ready_workspace(config, data, workspace)
    start, end = timestamp_of(first, "--from"), timestamp_of(last, "--to")
    if end < start:
        raise ConfigError(f"--to {last} is before --from {first}")
    engine = choose_engine(scheduler, workers, space.folder)
    with console_progress() as progress:
        folder = run_backtest(settings, space, start, end, progress, engine)
        scores = evaluate(
            latest_files(folder / "issued"),
            space.observed_daily(),
            settings.evaluation,
            progress,
        )
    table = write_scorecard(scores, folder / "scores" / "scorecard.csv")
    show_scores(scores, lang.value, simulated=settings.simulated)
    show_paths([folder / "issued", table], lang.value)


def open_config(
    config: Path, data: Path | None, workspace: Path | None
) -> tuple[Config, Workspace]:
    """Read a configuration; nothing is made."""
    from forecast.config import load_config
    from forecast.workspace import Workspace

    settings = load_config(config, data=data, workspace=workspace)
    return settings, Workspace(settings.workspace_folder)


def ready_workspace(
    config: Path, data: Path | None, workspace: Path | None
) -> tuple[Config, Workspace]:
    """Open a workspace; one that nothing was ingested into is filled first."""
    from forecast.cli.progress import console_progress
    from forecast.ingest import ingest as ingest_sources

    settings, space = open_config(config, data, workspace)
    if not space.daily_file.exists():
        with writing(space, "ingest", Lang.en), console_progress() as progress:
            ingest_sources(settings, space, progress)
    return settings, space


@contextmanager
def writing(workspace: Workspace, work: str, lang: Lang) -> Iterator[None]:
    """Hold the workspace against the other commands that write data, ensembles and forecasts."""
    from forecast.cli.words import warn, word
    from forecast.lock import held

    with held(workspace.lock, f"wubu {work}") as left:
        if left is not None:
            warn(word("taken_over", lang.value).format(left=left.text(lang.value)), lang.value)
        yield


def timestamp_of(text: str, what: str) -> pd.Timestamp:
    """Date of an option, or an error that names it."""
    import pandas as pd

    from forecast.config import parse_date

    return pd.Timestamp(parse_date(text, what)).as_unit("ns")
