"""Ingest of covariates: their files into the workspace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from forecast.covariates.settings import Covariate
from forecast.covariates.store import CovariateStore
from forecast.covariates.table import EVERYWHERE, KEYS, read_covariate
from forecast.errors import InputError


@dataclass(frozen=True)
class CovariateIntake:
    """What an ingest took from one covariate.

    Attributes
    ----------
    files, rows : int
    first, last : Timestamp or None
        First and last day; None where the rows have none.
    changed : bool
        Whether the workspace held other rows before, or none.
    unknown : list of str
        Places of the files that no station, city or province bears.
    """

    files: int
    rows: int
    first: pd.Timestamp | None
    last: pd.Timestamp | None
    changed: bool
    unknown: list[str]


def take_in_covariate(
    source: Covariate, paths: Sequence[Path], store: CovariateStore, stations: pd.DataFrame
) -> CovariateIntake:
    """Read the files of one covariate and store them.

    Parameters
    ----------
    source : Covariate
        Its section of the configuration.
    paths : sequence of Path
        Its files.
    store : CovariateStore
        Where to; nothing is stored unless all files can be used.
    stations : pandas.DataFrame
        Station table.

    Returns
    -------
    CovariateIntake

    Raises
    ------
    InputError
        A file cannot be used, two files hold the same row, or none of their places is known.
    """
    rows = read_files(source, paths)
    unknown = unknown_places(rows, stations)
    if len(unknown) == rows["place"].nunique():
        raise InputError(
            f"{paths[0]}: column {source.place} holds {', '.join(unknown[:3])}; expected stations, "
            "cities or provinces of the station table"
        )
    dated = source.kind != "static"
    return CovariateIntake(
        files=len(paths),
        rows=len(rows),
        first=rows["day"].min() if dated else None,
        last=rows["day"].max() if dated else None,
        changed=store.write(rows),
        unknown=unknown,
    )


def read_files(source: Covariate, paths: Sequence[Path]) -> pd.DataFrame:
    """Rows of all files of a covariate; errors as in `take_in_covariate`, but for the places."""
    parts: list[pd.DataFrame] = []
    for path in paths:
        part = read_covariate(path, source)
        rows = pd.concat([*parts, part], ignore_index=True)
        twice = rows.duplicated(list(KEYS))
        if twice.any():
            row = rows[twice].iloc[0]
            where = row["place"] or "the whole area"
            day = "" if source.kind == "static" else f" of {row['day']:%Y-%m-%d}"
            raise InputError(f"{path}: {where}{day} stands in an earlier file too")
        parts = [rows]
    return parts[0]


def unknown_places(rows: pd.DataFrame, stations: pd.DataFrame) -> list[str]:
    """Places of a covariate that no station, city or province bears, sorted."""
    known = {EVERYWHERE, *stations.index, *stations["city"], *stations["province"]}
    return sorted(set(rows["place"]) - known)
