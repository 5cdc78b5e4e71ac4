"""From issued files to a scorecard.

Files are read in batches and reduced to sums that keep (issue, lead), so memory follows the batch;
every score and its bootstrap interval come from the sums alone, one group at a time.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from forecast.errors import ConfigError, InputError, NotObservedError
from forecast.evaluation.batches import any_adjusted, plan_batches
from forecast.evaluation.collecting import Collection
from forecast.evaluation.families import CONCENTRATION, INDEX
from forecast.evaluation.groups import check_groupings
from forecast.evaluation.parts import Part
from forecast.evaluation.rows import any_pairs, check_model, group_scores
from forecast.evaluation.settings import Evaluation
from forecast.evaluation.truth import never_forecast
from forecast.evaluation.workers import spread
from forecast.ingest import Progress, no_progress
from verification import SCORES

SCORE_NAMES = tuple(
    name for name, score in SCORES.items() if score.family in {*CONCENTRATION, *INDEX}
)
"""Every score that issued forecasts have."""

COMPARED = (
    *("crps_quantiles", "mae", "rmse", "bias", "level_accuracy", "level_range_accuracy"),
    *("range_accuracy", "half_level_accuracy", "category_accuracy", "hj1130_range_accuracy"),
    *("nmc_composite", "pod", "far", "ts", "brier_score"),
)
"""Scores that models are compared by, where none are named."""
SHARE_BYTES = 128 * 2**20
"""Size of the sums that are scored in one go, unless those of a single group exceed it."""


def evaluate(
    files: Mapping[pd.Timestamp, Path],
    observed: xr.Dataset,
    settings: Evaluation,
    progress: Progress = no_progress,
    *,
    by: Sequence[str] = (),
    scores: Sequence[str] = SCORE_NAMES,
    workers: int = 1,
) -> pd.DataFrame:
    """Score issued forecasts.

    Parameters
    ----------
    files : mapping of Timestamp to Path
        Issued file of each issue day.
    observed : xarray.Dataset
        Observed daily values, index, level and primary pollutants, (place, day).
    settings : Evaluation
        Parameters of the bootstrap, of the scores and of the groups.
    progress : callable, optional
        Told about the files read and the groups scored.
    by : sequence of str
        Groupings, of `forecast.evaluation.GROUPINGS`, that are scored as well, one at a time.
    scores : sequence of str
        Names of the scores; by default every one that issued forecasts have.
    workers : int
        Processes that share the work; a small one is done in this process. Where there are
        several, the calling script must be guarded by ``if __name__ == "__main__":``.

    Returns
    -------
    pandas.DataFrame
        Long table: ``model, place_kind, group, pollutant, threshold, lead, score, value, low, high,
        pairs``. ``group`` is ``all`` (every pair) or ``common`` (valid days that all leads
        forecast; leads are compared on these only), followed by the standard where days of both
        versions are scored; or the group of a grouping, as ``province: Hebei``, whose rows by lead
        hold the common days and whose row ``all`` every pair. ``lead`` is a number of days or
        ``all``.

    Raises
    ------
    InputError
        No file is given.
    NotObservedError
        No forecast has been observed yet.
    ConfigError
        A grouping or a score is unknown.
    """
    return _evaluate(files, observed, settings, progress, by, scores, workers, None)[0]


def evaluate_against(
    files: Mapping[pd.Timestamp, Path],
    observed: xr.Dataset,
    settings: Evaluation,
    progress: Progress = no_progress,
    *,
    against: str,
    by: Sequence[str] = (),
    scores: Sequence[str] = SCORE_NAMES,
    compared: Sequence[str] = COMPARED,
    workers: int = 1,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Score issued forecasts and compare the models with one of them.

    Parameters
    ----------
    files, observed, settings, progress, by, scores, workers
        As in `evaluate`.
    against : str
        The model that the others are compared with: ``ensemble`` or a member.
    compared : sequence of str
        Those of `scores` that the models are compared by.

    Returns
    -------
    scores : pandas.DataFrame
        As of `evaluate`, on the pairs that every model forecast.
    comparison : pandas.DataFrame
        From `verification.compare`: the difference of every other model on the same pairs, with
        its interval, its significance over all leads, and a verdict.

    Raises
    ------
    InputError
        As in `evaluate`.
    ConfigError
        As in `evaluate`; or the model was not issued.
    """
    both = tuple(name for name in compared if name in scores)
    if not both:
        raise ConfigError(f"none of the scores {', '.join(scores)} is to be compared")
    table, comparison = _evaluate(
        files, observed, settings, progress, by, scores, workers, against, both
    )
    assert comparison is not None  # a model was named
    return table, comparison


def _evaluate(
    files: Mapping[pd.Timestamp, Path],
    observed: xr.Dataset,
    settings: Evaluation,
    progress: Progress,
    by: Sequence[str],
    scores: Sequence[str],
    workers: int,
    against: str | None,
    compared: Sequence[str] = (),
) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    check_groupings(by)
    check_scores(scores)
    if not files:
        raise InputError("no issued forecast to verify; run `wubu issue` or `wubu backtest` first")
    with tempfile.TemporaryDirectory(prefix="wubu-") as folder:
        common = against is not None
        never = frozenset(never_forecast(files.values()) if common else ())
        wanted = Collection(
            observed,
            settings,
            tuple(by),
            tuple(scores),
            common,
            Path(folder),
            never,
            any_adjusted(files.values()),
        )
        parts: list[Part] = []
        batches, done = plan_batches(files), 0
        for found, paths in zip(
            spread(partial(_collect, wanted), list(enumerate(batches)), workers),
            batches,
            strict=True,
        ):
            parts += found
            done += len(paths)
            progress("verifying", done, len(files))
        if not any_pairs(parts):
            raise NotObservedError("none of the issued forecasts has been observed yet")
        if against is not None:
            check_model(against, parts)
        work = partial(
            _score,
            parts=parts,
            by=by,
            scores=scores,
            settings=settings,
            against=against,
            compared=compared,
        )
        shares = _shares(parts)
        tables = []
        progress("scoring", 0, len(shares))
        for table in spread(work, shares, workers if len(batches) > 1 else 1):
            tables.append(table)
            progress("scoring", len(tables), len(shares))
    comparisons = [found for _, found in tables if found is not None]
    return _one([found for found, _ in tables]), _one(comparisons) if comparisons else None


def _collect(wanted: Collection, batch: tuple[int, Sequence[Path]]) -> list[Part]:
    return wanted.parts(*batch)


def _shares(parts: Sequence[Part]) -> list[list[str]]:
    """Names of the groups that are scored in one go: all pairs alone, then some together."""
    sizes: dict[str, int] = {}
    for part in parts:
        for group in part.groups:
            sizes[group.name] = sizes.get(group.name, 0) + part.row_bytes
    shares, room = [[""]], 0
    for name, size in sizes.items():
        if not name:
            continue
        if size > room:
            shares.append([])
            room = SHARE_BYTES
        shares[-1].append(name)
        room -= size
    return shares


def _score(
    names: Sequence[str],
    parts: Sequence[Part],
    by: Sequence[str],
    scores: Sequence[str],
    settings: Evaluation,
    against: str | None,
    compared: Sequence[str],
) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    return group_scores(parts, names, by, scores, settings, against, compared)


def _one(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The tables as one, with a column of thresholds even where no score has any."""
    whole = pd.concat(tables, ignore_index=True)
    if "threshold" not in whole:
        whole["threshold"] = np.nan
    whole.attrs = tables[0].attrs
    return whole


def check_scores(scores: Sequence[str]) -> None:
    """Raise `ConfigError` unless every score is known."""
    for name in scores:
        if name not in SCORE_NAMES:
            raise ConfigError(f"--score {name!r}: expected one of {', '.join(SCORE_NAMES)}")
