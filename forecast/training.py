"""Training: the ensemble of every pollutant, from cases known at one day."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import xarray as xr
from threadpoolctl import threadpool_limits

from ensembles import (
    Calibration,
    Combination,
    Distribution,
    FittedMember,
    fit_calibration,
    fit_combination,
    make_folds,
)
from ensembles.distribution import LEVELS
from ensembles.table import DIMS
from forecast.cases import targets
from forecast.config import Config
from forecast.engines.engine import Engine
from forecast.engines.learning_store import Learning, Past
from forecast.errors import InputError
from forecast.fingerprint import fingerprint
from forecast.fitting import Fits, fit_members
from forecast.ingest import Progress, no_progress
from forecast.known import last_known_day
from forecast.members import members_for
from forecast.pollutants import POLLUTANTS

ENSEMBLE = "ensemble"
"""Name of the calibrated combination beside its members."""
DAYS_AN_ISSUE = "days_an_issue"
"""Attribute of cases that are a sample: so many issue days stand behind each of theirs."""
REFERENCES = ("persistence", "climatology")
"""Members every score is shown beside."""


@dataclass(frozen=True)
class TrainedPollutant:
    """Fitted members of one pollutant, their weights and the calibration of their combination.

    A member that could be fitted for another pollutant only has a weight of zero here.
    """

    members: Mapping[str, FittedMember]
    combination: Combination
    calibration: Calibration

    def predict(self, cases: xr.Dataset) -> dict[str, Distribution]:
        """Distributions of every member, and of the calibrated combination as ``ensemble``.

        A member with a weight that was not fitted is NaN.
        """
        made = {name: member.predict(cases) for name, member in self.members.items()}
        nothing = np.full((*(cases.sizes[d] for d in DIMS), len(LEVELS)), np.nan, np.float32)
        forecasts = {
            name: made[name] if name in made else Distribution.from_values(nothing, cases)
            for name in map(str, self.combination.weights["member"].values)
        }
        forecasts[ENSEMBLE] = self.calibration.apply(self.combination.apply(made))
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
    inputs : str
        Fingerprint of configuration, code and all it learned from.
    """

    known_until: pd.Timestamp
    pollutants: Mapping[str, TrainedPollutant]
    config_digest: str
    inputs: str = ""

    def predict(self, cases: xr.Dataset, workers: int = 1) -> dict[str, dict[str, Distribution]]:
        """Distributions by pollutant and member, on (issue, lead, station, quantile)."""
        with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(workers) as pool:
            found = pool.map(lambda trained: trained.predict(cases), self.pollutants.values())
            return dict(zip(self.pollutants, found, strict=True))


def train(
    cases: xr.Dataset,
    daily: xr.Dataset,
    config: Config,
    until: pd.Timestamp,
    progress: Progress = no_progress,
    *,
    places: np.ndarray | None = None,
    engine: Engine | None = None,
) -> TrainedEnsemble:
    """Train the ensemble on what was known at the issue of day `until`.

    A member that cannot be fitted for a pollutant, most often for want of data, is left out of it,
    and `progress` is told.

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
    places : ndarray of str, optional
        All stations there will be forecasts for, where `cases` are a sample of them: what a member
        keeps of each place is learned from the daily values of them all.
    engine : Engine, optional
        Other processes to train in, instead of ``workers`` threads; the ensemble is the same.

    Returns
    -------
    TrainedEnsemble
        Ready to predict or to save; the number of workers does not change it.

    Raises
    ------
    InputError
        Fewer issue days than ``training.min_days``, a pollutant without any observation, or one
        for which none of ``training.members`` can be fitted.
    """
    cases, daily = training_data(cases, daily, config, until)
    wanted = {p: targets(daily, cases, p) for p in POLLUTANTS}
    for pollutant, target in wanted.items():
        if not np.isfinite(target.values).any():
            raise InputError(f"no observation of {pollutant} to train on")
    what = f"training at {until:%Y-%m-%d}"
    members = {p: members_for(p, cases, config) for p in POLLUTANTS}
    found = fit_members(
        members,
        Learning(
            cases,
            wanted,
            make_folds(cases, config.training.folds),
            None if places is None else observed_past(daily, places),
        ),
        Finish(what, frozenset(g.name for g in config.guidance)),
        workers=config.workers,
        engine=engine,
        progress=lambda done, total: progress(what, done, total),
    )
    for line in sorted(line for _, left_out in found.values() for line in left_out):
        progress(line, 1, 1)
    trained = {p: outcome for p, (outcome, _) in found.items()}
    names = dict.fromkeys(m.name for wanted_members in members.values() for m in wanted_members)
    used = [n for n in names if any(n in t.members for t in trained.values())]
    full = {p: replace(t, combination=_with_names(t.combination, used)) for p, t in trained.items()}
    return TrainedEnsemble(until, full, config.digest, fingerprint(config, cases, daily))


def training_data(
    cases: xr.Dataset, daily: xr.Dataset, config: Config, until: pd.Timestamp
) -> tuple[xr.Dataset, xr.Dataset]:
    """Cut cases and daily values to what training at the issue of day `until` learns from.

    What is cut already stays as it is.

    Raises
    ------
    InputError
        Fewer issue days than ``training.min_days``.
    """
    last = last_known_day(np.array([until]), config.issue_hour)[0]
    known_days = daily["day"].values.astype("datetime64[D]") <= last
    daily = daily.isel(day=np.flatnonzero(known_days))
    cases = cases.sel(issue=(cases["issue"] < last) & (cases["known_since"] <= last))
    # dressed weather is made of the analyses of its own valid days: all must be known
    ends = cases["issue"] + pd.Timedelta(days=int(cases["lead"].max()))
    cases = cases.sel(issue=~cases["dressed_weather"] | (ends <= last))
    cases = cases.isel(issue=_with_targets(cases, daily))
    days = round(cases.sizes["issue"] * cases.attrs.get(DAYS_AN_ISSUE, 1))
    if days < config.training.min_days:
        raise InputError(
            f"training at {until:%Y-%m-%d}: {days} issue days known, "
            f"training.min_days is {config.training.min_days}"
        )
    return cases, daily


@dataclass(frozen=True)
class Finish:
    """Makes the trained pollutant from its fits; guidance as it is is shown, not weighed."""

    what: str
    raw: frozenset[str]

    def __call__(
        self, pollutant: str, fits: Fits, target: xr.DataArray
    ) -> tuple[TrainedPollutant, list[str]]:
        """The trained pollutant, and a line for each member it has to do without."""
        lines = [f"{self.what}: {pollutant} without {m} ({why})" for m, why in fits.failed.items()]
        if set(fits.fitted) <= {*REFERENCES, *self.raw}:
            raise InputError("; ".join(lines))
        unseen = {name: d for name, d in fits.unseen.items() if name not in self.raw}
        combination = fit_combination(unseen, target)
        calibration = fit_calibration(combination.apply(unseen), target)
        return TrainedPollutant(fits.fitted, combination, calibration), lines


def observed_past(daily: xr.Dataset, places: np.ndarray) -> dict[str, Past]:
    """Every observed day at all places as the target of a case of the day before, by pollutant."""
    issue = daily["day"].values - np.timedelta64(1, "D")
    cases = xr.Dataset(coords={"issue": issue, "lead": [1], "place": places.astype(str)})
    return {p: (cases, targets(daily, cases, p)) for p in POLLUTANTS}


def _with_names(combination: Combination, names: list[str]) -> Combination:
    """The same combination with weights for all of `names`, zero where it has none."""
    weights, seasonal = combination.weights, combination.seasonal
    if weights["member"].values.tolist() == names:
        return combination
    weights = weights.reindex(member=names, fill_value=0.0)
    if seasonal is not None:
        seasonal = seasonal.reindex(member=names, fill_value=0.0)
    return replace(combination, weights=weights, seasonal=seasonal)


def _with_targets(cases: xr.Dataset, daily: xr.Dataset) -> np.ndarray:
    """Positions of the issues that anything was observed after, within the leads."""
    seen = daily[list(POLLUTANTS)].to_array().count(("variable", "place")).values > 0
    observed = daily["day"].values[seen].astype("datetime64[D]")
    valid = cases["issue"].values[:, None].astype("datetime64[D]") + cases["lead"].values[None, :]
    return np.flatnonzero(np.isin(valid, observed).any(axis=1))
