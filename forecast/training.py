"""Training: the ensemble of every pollutant, from cases known at one day."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from ensembles import (
    Boosting,
    Calibration,
    Climatology,
    Combination,
    Distribution,
    FittedMember,
    Member,
    Persistence,
    fit_calibration,
    fit_combination,
    make_folds,
)
from forecast.cases import predictors_of, targets
from forecast.config import Config
from forecast.errors import InputError
from forecast.ingest import Progress, no_progress
from forecast.known import last_known_day
from forecast.pollutants import POLLUTANTS

ENSEMBLE = "ensemble"
"""Name of the calibrated combination beside its members."""
REFERENCES = ("persistence", "climatology")
"""Members every score is shown beside."""


@dataclass(frozen=True)
class TrainedPollutant:
    """Fitted members of one pollutant, their weights and the calibration of their combination."""

    members: Mapping[str, FittedMember]
    combination: Combination
    calibration: Calibration

    def predict(self, cases: xr.Dataset) -> dict[str, Distribution]:
        """Distributions of every member, and of the calibrated combination as ``ensemble``."""
        forecasts = {name: member.predict(cases) for name, member in self.members.items()}
        forecasts[ENSEMBLE] = self.calibration.apply(self.combination.apply(forecasts))
        return forecasts


@dataclass(frozen=True)
class TrainedEnsemble:
    """What is needed to issue: one trained ensemble a pollutant.

    Attributes
    ----------
    known_until : pandas.Timestamp
        Issue day by which everything it learned from was known.
    pollutants : mapping of str to TrainedPollutant
        In the order of the data model.
    config_digest : str
        Digest of the configuration it was trained with.
    """

    known_until: pd.Timestamp
    pollutants: Mapping[str, TrainedPollutant]
    config_digest: str

    def predict(self, cases: xr.Dataset, workers: int = 1) -> dict[str, dict[str, Distribution]]:
        """Distributions by pollutant and member, on (issue, lead, station, quantile)."""
        with ThreadPoolExecutor(workers) as pool:
            found = pool.map(lambda trained: trained.predict(cases), self.pollutants.values())
            return dict(zip(self.pollutants, found, strict=True))


def members_for(pollutant: str, cases: xr.Dataset, config: Config) -> list[Member]:
    """Members of the ensemble for one pollutant, as the configuration sets them."""
    boosting = config.training.boosting
    return [
        Climatology(),
        Persistence(latest=f"latest_{pollutant}"),
        Boosting(
            predictors=predictors_of(cases, pollutant),
            trees=boosting.trees,
            learning_rate=boosting.learning_rate,
            leaves=boosting.leaves,
            min_leaf=boosting.min_leaf,
            lead_weight=boosting.lead_weight,
            seed=config.seed,
        ),
    ]


def train(
    cases: xr.Dataset,
    daily: xr.Dataset,
    config: Config,
    until: pd.Timestamp,
    progress: Progress = no_progress,
) -> TrainedEnsemble:
    """Train the ensemble on what was known at the issue of day `until`.

    Parameters
    ----------
    cases : xarray.Dataset
        From `build_cases`; issues later than `until` are not looked at.
    daily : xarray.Dataset
        Observed daily values; days not yet known at `until` are not looked at.
    config : Config
        Members, folds, workers.
    until : pandas.Timestamp
        Last issue day known.

    Returns
    -------
    TrainedEnsemble
        Ready to predict or to save.

    Raises
    ------
    InputError
        Fewer issue days than ``training.min_days``, or a pollutant without any observation.
    """
    last = last_known_day(np.array([until]), config.issue_hour)[0]
    known_days = daily["day"].values.astype("datetime64[D]") <= last
    daily = daily.isel(day=np.flatnonzero(known_days))
    cases = cases.sel(issue=(cases["issue"] < last) & (cases["known_since"] <= last))
    # dressed weather is made of the analyses of its own valid days: all must be known
    ends = cases["issue"] + pd.Timedelta(days=int(cases["lead"].max()))
    cases = cases.sel(issue=~cases["dressed_weather"] | (ends <= last))
    cases = cases.isel(issue=_with_targets(cases, daily))
    if cases.sizes["issue"] < config.training.min_days:
        raise InputError(
            f"training at {until:%Y-%m-%d}: {cases.sizes['issue']} issue days known, "
            f"training.min_days is {config.training.min_days}"
        )
    done = 0

    def one(pollutant: str) -> TrainedPollutant:
        nonlocal done
        trained = _train_pollutant(pollutant, cases, daily, config)
        done += 1
        progress(f"training at {until:%Y-%m-%d}", done, len(POLLUTANTS))
        return trained

    progress(f"training at {until:%Y-%m-%d}", 0, len(POLLUTANTS))
    with ThreadPoolExecutor(config.workers) as pool:
        trained = dict(zip(POLLUTANTS, pool.map(one, POLLUTANTS), strict=True))
    return TrainedEnsemble(until, trained, config.digest)


def _with_targets(cases: xr.Dataset, daily: xr.Dataset) -> np.ndarray:
    """Positions of the issues that anything was observed after, within the leads."""
    seen = daily[list(POLLUTANTS)].to_array().count(("variable", "place")).values > 0
    observed = daily["day"].values[seen].astype("datetime64[D]")
    valid = cases["issue"].values[:, None].astype("datetime64[D]") + cases["lead"].values[None, :]
    return np.flatnonzero(np.isin(valid, observed).any(axis=1))


def _train_pollutant(
    pollutant: str, cases: xr.Dataset, daily: xr.Dataset, config: Config
) -> TrainedPollutant:
    target = targets(daily, cases, pollutant)
    if not np.isfinite(target.values).any():
        raise InputError(f"no observation of {pollutant} to train on")
    folds = make_folds(cases, config.training.folds)
    fitted: dict[str, FittedMember] = {}
    unseen: dict[str, Distribution] = {}
    for member in members_for(pollutant, cases, config):
        fitted[member.name], unseen[member.name] = member.cross_fit(cases, target, folds)
    combination = fit_combination(unseen, target)
    calibration = fit_calibration(combination.apply(unseen), target)
    return TrainedPollutant(fitted, combination, calibration)
