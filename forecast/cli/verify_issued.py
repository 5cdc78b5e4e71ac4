"""`wubu verify CONFIG`: issued forecasts of a configuration scored, compared, drawn and shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import xarray as xr

from forecast.cli.progress import console_progress
from forecast.cli.show import show_paths
from forecast.cli.show_chosen import show_chosen, show_groups
from forecast.cli.show_comparison import show_comparison
from forecast.cli.show_guidance import show_guidance
from forecast.cli.show_processes import show_processes
from forecast.cli.show_scores import show_scores
from forecast.cli.words import warn
from forecast.config import Config
from forecast.errors import ConfigError, InputError
from forecast.evaluation import SCORE_NAMES, evaluate, evaluate_against, write_scorecard
from forecast.evaluation.processes import PROCESS_SCORES, ProcessEvaluation, evaluate_processes
from forecast.workspace import Workspace


@dataclass(frozen=True)
class Request:
    """What is asked of `wubu verify CONFIG`.

    Attributes
    ----------
    files : mapping of Timestamp to Path
        Issued file of each issue day.
    by, scores : tuple of str
        Groupings and scores that were named; no score shows those of the consultation.
    against : str or None
        Model to compare with.
    plot : Path or None
        Picture to draw.
    out : Path
        Scorecard to write; the comparison is written beside it.
    lang : str
        ``zh`` or ``en``.
    """

    files: Mapping[pd.Timestamp, Path]
    by: tuple[str, ...]
    scores: tuple[str, ...]
    against: str | None
    plot: Path | None
    out: Path
    lang: str


def verify_issued(config: Config, workspace: Workspace, request: Request) -> None:
    """Score issued forecasts, show the scores and write them.

    Raises
    ------
    InputError
        There is nothing to verify.
    ConfigError
        A score, a grouping, a model or the kind of picture is unknown.
    MissingExtraError
        A picture is wanted and matplotlib is not installed.
    """
    chosen = [name for name in request.scores if name not in PROCESS_SCORES]
    for name in chosen:
        if name not in SCORE_NAMES:
            known = ", ".join((*SCORE_NAMES, *PROCESS_SCORES))
            raise ConfigError(f"--score {name!r}: expected one of {known}")
    if request.plot is not None:
        from forecast.cli.plots import check_picture

        check_picture(request.plot)
    observed = workspace.observed_daily()
    options: dict[str, Any] = {"by": request.by, "workers": config.workers}
    if chosen:
        options["scores"] = chosen
    comparison = None
    with console_progress() as progress:
        if request.against is None:
            table = evaluate(request.files, observed, config.evaluation, progress, **options)
        else:
            table, comparison = evaluate_against(
                request.files, observed, config.evaluation, progress,
                against=request.against, **options, **({"compared": chosen} if chosen else {}),
            )  # fmt: skip
    processes = _processes(config, request, observed)
    _show(config, request, table, comparison, processes)
    _write(config, request, table, comparison, processes)


def _processes(config: Config, request: Request, observed: xr.Dataset) -> ProcessEvaluation | None:
    """Processes, unless other scores were asked for or no city can have them."""
    if request.scores and not set(request.scores) & set(PROCESS_SCORES):
        return None
    try:
        return evaluate_processes(request.files, observed, config.evaluation)
    except InputError as error:
        warn(str(error), request.lang)
        return None


def _show(
    config: Config,
    request: Request,
    table: pd.DataFrame,
    comparison: pd.DataFrame | None,
    processes: ProcessEvaluation | None,
) -> None:
    how: dict[str, Any] = {"lang": request.lang, "simulated": config.simulated}
    if request.scores:
        show_chosen(table, request.scores, **how)
    else:
        show_scores(table, **how)
        show_guidance(table, config.guidance, **how)
    if processes is not None:
        show_processes(processes, config.evaluation, request.scores, **how)
    if request.by:
        show_groups(table, request.by, request.scores, **how)
    if comparison is not None:
        level = config.evaluation.confidence
        show_comparison(comparison, request.scores, level=level, **how)


def _write(
    config: Config,
    request: Request,
    table: pd.DataFrame,
    comparison: pd.DataFrame | None,
    processes: ProcessEvaluation | None,
) -> None:
    out = request.out
    if processes is not None:
        table = pd.concat([table, processes.scores], ignore_index=True)
    written = [write_scorecard(table, out)]
    if processes is not None:
        listing = out.with_name(f"{out.stem}-processes.csv")
        written.append(write_scorecard(processes.listing, listing))
    if comparison is not None:
        beside = out.with_name(f"{out.stem}-against-{request.against}.csv")
        written.append(write_scorecard(comparison, beside))
    if request.plot is not None:
        from forecast.cli.plots import draw_scores

        written.append(
            draw_scores(
                table, request.scores, request.plot, lang=request.lang,
                level=config.evaluation.confidence, simulated=config.simulated,
            )
        )  # fmt: skip
    show_paths(written, request.lang)
