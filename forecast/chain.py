"""The daily chain as functions: train, issue one day, issue every day of a past span."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from ensembles import Distribution
from forecast.adapting import SHIFT, adapted, shifts_at
from forecast.atomic import write_text
from forecast.cases import build_cases
from forecast.config import Config
from forecast.engines.engine import Engine
from forecast.errors import InputError
from forecast.fingerprint import fingerprint
from forecast.guidance.following import followed
from forecast.ingest import Progress, no_progress
from forecast.issue import issue_forecast
from forecast.issued import write_issued
from forecast.known import Known, known_at
from forecast.learning import CasesOfSpan, issues_at_once, learning_cases
from forecast.modelstore import load_ensemble, newest_ensemble, same_ensemble, save_ensemble
from forecast.recent import MEMORY_DAYS
from forecast.served import weather_attributes
from forecast.training import TrainedEnsemble, train, training_data
from forecast.unfinished import days_issued, other_runs, unfinished_run
from forecast.workspace import Workspace

LATEST = ".latest"
"""File beside the back-tests that names the one finished last."""
STALE = pd.Timedelta(days=10)
"""An ensemble is not trained for a day that the observations end so long before."""


def train_until(
    config: Config,
    workspace: Workspace,
    until: pd.Timestamp | str,
    progress: Progress = no_progress,
    engine: Engine | None = None,
) -> Path:
    """Train on what is known at the issue of day `until` and save the ensemble.

    Returns
    -------
    Path
        Folder of the saved ensemble.

    Raises
    ------
    InputError
        Nothing is ingested, or too few days are known.
    """
    until = _day(until)
    known = known_at(workspace, config, until)
    latest = _observed_until(known)
    if until - latest > STALE:
        raise InputError(
            f"training at {until:%Y-%m-%d}: the observations end {latest:%Y-%m-%d %H:%M}; "
            "train for a day they reach"
        )
    issues = _issues(config, workspace)
    issues = issues[issues <= until]
    if not len(issues):
        raise InputError(f"no weather up to {until:%Y-%m-%d} to train on")
    progress("cases", 0, 1)
    cases = learning_cases(known, issues)
    progress("cases", 1, 1)
    daily, others = known.daily, _others(cases, known)
    del known  # a national network's hours are gigabytes that training has no need of
    trained = train(cases, daily, config, until, progress, places=others, engine=engine)
    return save_ensemble(trained, workspace.models)


def _others(cases: xr.Dataset, known: Known) -> np.ndarray | None:
    """All stations, where the cases are of a sample of them."""
    everyone = known.stations.index.to_numpy().astype(str)
    return everyone if cases.sizes["place"] < len(everyone) else None


def issue_day(config: Config, workspace: Workspace, issue: pd.Timestamp | str) -> Path:
    """Issue the forecast of one day with the newest ensemble trained by then.

    Returns
    -------
    Path
        The new file below ``issued/``; an earlier one of the same day stays.

    Raises
    ------
    InputError
        No ensemble, no observations, or no weather of that day.
    """
    issue = _day(issue)
    known, cases = known_cases(config, workspace, issue)
    return write_issued(forecast_of(known, cases, issue), workspace.issued)


def known_cases(
    config: Config, workspace: Workspace, issue: pd.Timestamp
) -> tuple[Known, xr.Dataset]:
    """What is known at the issue of one day, and the cases of that issue.

    Raises
    ------
    InputError
        No observations, or no weather of that day.
    """
    issue = _day(issue)
    known = known_at(workspace, config, issue, days=MEMORY_DAYS)
    return known, build_cases(known, pd.DatetimeIndex([issue]))


def forecast_of(known: Known, cases: xr.Dataset, issue: pd.Timestamp) -> xr.Dataset:
    """Make the forecast of one day with the newest ensemble trained by then; write nothing.

    Parameters
    ----------
    known, cases
        From `known_cases`.
    issue : pandas.Timestamp
        Local issue date.

    Raises
    ------
    InputError
        No ensemble, or one of another configuration.
    """
    models, issued = known.workspace.models, known.workspace.issued
    trained = load_ensemble(newest_ensemble(models, issue))
    if trained.config_digest != known.config.digest:
        raise InputError(
            f"{models}: the ensemble of {trained.known_until:%Y-%m-%d} was trained with "
            "another configuration; run `wubu train` again"
        )
    return next(issue_block(trained, known, cases, issued))


def backtest(
    config: Config,
    workspace: Workspace,
    first: pd.Timestamp | str,
    last: pd.Timestamp | str,
    progress: Progress = no_progress,
    engine: Engine | None = None,
) -> Path:
    """Issue a forecast for every day of a past span, knowing only what was known then.

    The ensemble is trained on what was known the day before `first`, and again every
    ``training.refit_days``; each is saved among the models, so that any day can be issued again.
    One that is there already, trained from the same configuration, code and data, is taken as it
    is.

    A run that was broken off goes on after the last day it issued when it is started again with
    the same span, configuration, code and data, and gives the same bytes as one that was not;
    `progress` is told so. With anything else changed it starts anew.

    Returns
    -------
    Path
        Folder ``backtests/<first>_<last>`` (``.r2`` … when it exists) with ``issued/``.

    Raises
    ------
    InputError
        A day of the span has no weather, or too little is known before `first`.
    BusyError
        Another process is at work on the same run.
    """
    wanted = pd.date_range(_day(first), _day(last))
    known = known_at(workspace, config, wanted[-1])
    cases = _cases_of_span(known, wanted, progress)
    size = issues_at_once(known)
    span = f"{wanted[0]:%Y-%m-%d}_{wanted[-1]:%Y-%m-%d}"
    stations = xr.Dataset.from_dataframe(known.stations)
    inputs = fingerprint(config, *cases.data(), known.daily, known.hourly, stations)
    with unfinished_run(workspace.backtests, span, inputs) as part:
        _tell_of_unfinished(workspace, part, len(wanted), progress)
        missing = wanted.difference(days_issued(part))
        done = len(wanted) - len(missing)
        for between_fits in _blocks(wanted, config.training.refit_days):
            if not between_fits.isin(missing).any():
                continue
            until = between_fits[0] - pd.Timedelta(days=1)
            trained = _ensemble(cases, known, until, progress, engine)
            for issues in _blocks(between_fits, size):
                if not issues.isin(missing).any():
                    continue
                # the whole block again: the last digits may depend on what is predicted together
                block = cases.of(issues)
                for forecast in issue_block(trained, known, block, part / "issued", missing):
                    write_issued(forecast, part / "issued")
                    done += 1
                    progress("issuing", done, len(wanted))
        return _take_name(part, workspace.backtests / span)


def _cases_of_span(known: Known, wanted: pd.DatetimeIndex, progress: Progress) -> CasesOfSpan:
    """Cases of all issues up to the last `wanted` one; an error if one of these has no weather."""
    config = known.config
    archive = known.workspace.weather(config, config.forecast_products[0].product)
    cycles = archive.issues()
    missing = wanted.difference(archive.served(wanted))
    if len(missing):
        raise InputError(
            f"no weather of {missing[0]:%Y-%m-%d}: {len(missing)} of {len(wanted)} days of the "
            f"back-test have none (archive {cycles.min():%Y-%m-%d} … {cycles.max():%Y-%m-%d})"
        )
    progress("cases", 0, 1)
    cases = CasesOfSpan(known, cycles[cycles <= wanted[-1]].union(wanted))
    missing = wanted.difference(cases.issues)
    if len(missing):
        archive.read(missing[:1], known.stations.index.to_numpy(), config.leads)  # says why
    progress("cases", 1, 1)
    return cases


def _tell_of_unfinished(workspace: Workspace, part: Path, days: int, progress: Progress) -> None:
    """Say where the run goes on, and which other runs were broken off."""
    done = days_issued(part)
    if len(done):
        progress(f"resuming the back-test after {done[-1]:%Y-%m-%d}", len(done), days)
    others = other_runs(workspace.backtests, part)
    if others:
        names = ", ".join(f.name for f in others)
        progress(f"unfinished back-tests of another span or inputs, left alone: {names}", 1, 1)


def _ensemble(
    cases: CasesOfSpan,
    known: Known,
    until: pd.Timestamp,
    progress: Progress,
    engine: Engine | None,
) -> TrainedEnsemble:
    """The saved ensemble of day `until`; trained and saved unless it is there already."""
    config, models = known.config, known.workspace.models
    from_cases = cases.learned_at(until)
    learned = training_data(from_cases, known.daily, config, until)
    inputs = fingerprint(config, *learned)
    saved = same_ensemble(models, until, inputs)
    if saved:
        progress(f"training at {until:%Y-%m-%d}: done before, loaded", 1, 1)
        return saved
    others = _others(from_cases, known)
    trained = train(*learned, config, until, progress, places=others, engine=engine)
    save_ensemble(trained, models)
    return same_ensemble(models, until, inputs) or trained


def backtest_folder(workspace: Workspace, name: str) -> Path:
    """Folder of a back-test by its name, or of the newest one for ``latest``.

    Raises
    ------
    InputError
        There is none of that name; the message lists those there are.
    """
    found = sorted(f for f in workspace.backtests.glob("[0-9]*_*") if f.is_dir())
    if name == "latest" and found:
        return _latest(workspace.backtests, found)
    for folder in found:
        if folder.name == name:
            return folder
    known = ", ".join(f.name for f in found) or "none"
    raise InputError(f"no back-test {name!r} in {workspace.backtests}; there are: {known}")


def _latest(backtests: Path, found: list[Path]) -> Path:
    """The back-test that was finished last, as `LATEST` says and no clock need agree."""
    with suppress(OSError, UnicodeDecodeError):
        named = (backtests / LATEST).read_text(encoding="utf-8")
        for folder in found:
            if folder.name == named:
                return folder
    return max(found, key=lambda f: f.stat().st_mtime)  # one made before there was such a file


def issue_block(
    trained: TrainedEnsemble,
    known: Known,
    cases: xr.Dataset,
    earlier: Path,
    wanted: pd.DatetimeIndex | None = None,
) -> Iterator[xr.Dataset]:
    """Predict a block of days at once, then make the forecasts of those `wanted` one by one.

    The calibration of each follows what the forecasts in the folder `earlier` have come to, so each
    must be there before the next is asked for.

    Raises
    ------
    InputError
        The weather of an issue was made from what only later issues know.
    """
    late = cases["issue"].values[cases["known_since"].values > cases["issue"].values]
    if len(late):
        raise InputError(
            f"the weather of {pd.Timestamp(late[0]):%Y-%m-%d} is dressed with analyses of later "
            "days; issue from the end of `dressing.library_days` on"
        )
    products = [p.product for p in known.config.forecast_products]
    issues = cases["issue"].to_index()
    trained = followed(trained, known, issues[-1])
    forecasts = trained.predict(cases, known.config.workers)
    for issue in issues if wanted is None else issues[issues.isin(wanted)]:
        today = {
            p: {m: Distribution(d.quantiles.sel(issue=[issue])) for m, d in made.items()}
            for p, made in forecasts.items()
        }
        shifts = shifts_at(issue, earlier, known)
        forecast = issue_forecast(trained, known, adapted(today, shifts), issue)
        forecast[SHIFT] = shifts
        forecast.attrs["predictors"] = " ".join(map(str, cases.data_vars))
        forecast.attrs.update(weather_attributes(cases.sel(issue=issue), products))
        yield forecast


def _issues(config: Config, workspace: Workspace) -> pd.DatetimeIndex:
    """Issue dates with a cycle of their own in the archive of the first product."""
    return workspace.weather(config, config.forecast_products[0].product).issues()


def _observed_until(known: Known) -> pd.Timestamp:
    """Local time the observations reach: of hours, or of days where there are no hours."""
    if known.hourly.sizes["time"]:
        end = known.hourly["time"].to_index()[-1] + pd.Timedelta(hours=1)
        return end + pd.Timedelta(hours=known.config.utc_offset)
    return known.daily["day"].to_index()[-1] + pd.Timedelta(days=1)


def _day(day: pd.Timestamp | str) -> pd.Timestamp:
    """Midnight of a local date given as text, date or timestamp."""
    return pd.Timestamp(day).normalize().as_unit("ns")


def _blocks(days: pd.DatetimeIndex, length: int) -> Iterator[pd.DatetimeIndex]:
    for start in range(0, len(days), length):
        yield days[start : start + length]


def _take_name(part: Path, wanted: Path) -> Path:
    """Rename `part` to the first free name of `wanted`, `wanted`.r2, …."""
    for revision in range(1, np.iinfo(np.int32).max):
        target = wanted if revision == 1 else wanted.with_name(f"{wanted.name}.r{revision}")
        if not target.exists():
            part.rename(target)
            write_text(target.with_name(LATEST), target.name)
            return target
    raise InputError(f"{wanted}: no free revision")
