"""The steps of a day: what each is made from, which others it needs, and what it does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from forecast.chain import train_until
from forecast.check import check_sources, write_quality
from forecast.consultation.consult import consult_day
from forecast.errors import InputError, NotObservedError
from forecast.evaluation import evaluate, write_scorecard
from forecast.evaluation.processes import evaluate_processes
from forecast.ingest import ingest
from forecast.issued import latest_files
from forecast.modelstore import config_of, saved_ensembles
from forecast.operation.issuing import issue_once
from forecast.operation.log import progress_of
from forecast.operation.task import Task

NAMED = 10
"""Problems of the sources that are told one by one."""


@dataclass(frozen=True)
class Step:
    """One step of a day.

    Attributes
    ----------
    inputs : callable
        Fingerprint of what the step is made from; empty where it has to be done in any case.
    work : callable
        Does the step and returns the files it made.
    needs : tuple of str
        Steps without which it is not begun.
    """

    inputs: Callable[[Task], str]
    work: Callable[[Task], list[Path]]
    needs: tuple[str, ...] = ()


def take_in(task: Task) -> list[Path]:
    """Read the sources into the workspace."""
    report = ingest(task.config, task.workspace, progress_of("ingest", task.log))
    for product, intake in report.weather.items():
        for problem in intake.problems:
            task.remark("ingest", f"气象{product}：{problem}", f"weather {product}: {problem}")
    return [task.workspace.station_table, task.workspace.daily_file]


def judge(task: Task) -> list[Path]:
    """Judge the quality of the sources."""
    report = check_sources(task.config, progress_of("quality", task.log))
    for problem in report.problems[:NAMED]:
        task.remark("quality", problem, problem)
    more = len(report.problems) - NAMED
    if more > 0:
        task.remark("quality", f"另有{more}个问题", f"{more} more problems")
    alarms = sum(len(found.alarms) for found in report.quality.values())
    if alarms:
        task.remark("quality", f"{alarms}条警报，见quality/", f"{alarms} alarms, see quality/")
    return write_quality(report, task.workspace)


def fitting_ensemble(task: Task) -> Path | None:
    """Newest ensemble trained by the day, if it is one of this configuration."""
    saved = [f for f in saved_ensembles(task.workspace.models) if f.name <= f"{task.day:%Y-%m-%d}"]
    return saved[-1] if saved and config_of(saved[-1]) == task.config.digest else None


def ensemble_inputs(task: Task) -> str:
    """Name of the ensemble that serves; empty where one has to be trained."""
    folder = fitting_ensemble(task)
    if folder is None or (task.train and _age(folder, task) >= task.config.training.refit_days):
        return ""
    return f"{folder.name} {task.config.digest}"


def have_ensemble(task: Task) -> list[Path]:
    """See that an ensemble serves the day; train it where that is allowed.

    Returns
    -------
    list of Path
        Manifest of the ensemble that was trained; nothing where one was there.

    Raises
    ------
    InputError
        None serves, and training was not asked for.
    """
    folder, after = fitting_ensemble(task), task.config.training.refit_days
    if task.train and (folder is None or _age(folder, task) >= after):
        tell = progress_of("train", task.log)
        return [train_until(task.config, task.workspace, task.day, tell) / "manifest.json"]
    if folder is None:
        raise InputError(
            f"{task.workspace.models}: no ensemble of this configuration was trained by "
            f"{task.day:%Y-%m-%d}; run `wubu train`, or `wubu run --train`"
        )
    age = _age(folder, task)
    if age >= after:
        task.remark(
            "train",
            f"集合训练于{age}天前（{folder.name}），已达training.refit_days（{after}）；"
            "用--train重新训练",
            f"the ensemble of {folder.name} is {age} days old, `training.refit_days` is {after}; "
            "--train trains anew",
        )
    return []


def score(task: Task) -> list[Path]:
    """Score all issued forecasts whose days have been observed since."""
    files, observed = latest_files(task.workspace.issued), task.workspace.observed_daily()
    settings, tell = task.config.evaluation, progress_of("verify", task.log)
    try:
        if not files:
            raise NotObservedError("nothing is issued yet")
        table = evaluate(files, observed, settings, tell, workers=task.config.workers)
    except NotObservedError:
        task.remark(
            "verify", "已发布的预报尚无实况可检验", "no day of an issued forecast is observed yet"
        )
        return []
    path, written = task.workspace.scores / "scorecard.csv", []
    try:
        processes = evaluate_processes(files, observed, settings)
    except InputError as error:  # no city can have any
        task.remark("verify", str(error), str(error))
    else:
        table = pd.concat([table, processes.scores], ignore_index=True)
        listing = path.with_name("scorecard-processes.csv")
        written.append(write_scorecard(processes.listing, listing))
    return [write_scorecard(table, path), *written]


def brief(task: Task) -> list[Path]:
    """Write the briefings of the consultation."""
    return consult_day(
        task.config, task.workspace, task.day, task.level, lang="zh" if task.lang == "zh" else "en"
    ).written


DAY: Mapping[str, Step] = {
    "ingest": Step(Task.sources, take_in),
    "quality": Step(Task.sources, judge),
    "train": Step(ensemble_inputs, have_ensemble, ("ingest",)),
    "issue": Step(Task.forecast_inputs, issue_once, ("ingest", "train")),
    "verify": Step(Task.score_inputs, score, ("ingest",)),
    "consult": Step(Task.briefing_inputs, brief, ("ingest", "issue")),
}
"""Steps in their order."""


def _age(folder: Path, task: Task) -> int:
    return (task.day - pd.Timestamp(folder.name)).days
