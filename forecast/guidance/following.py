"""Kalman filters kept up with what came since the training, without a refit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import xarray as xr

from ensembles import FittedKalman
from forecast.cases import targets
from forecast.guidance.predictors import guidance_predictors
from forecast.known import Known
from forecast.training import TrainedEnsemble


def followed(trained: TrainedEnsemble, known: Known, last: pd.Timestamp) -> TrainedEnsemble:
    """The ensemble with its Kalman filters taken on to issue day `last`.

    Parameters
    ----------
    trained : TrainedEnsemble
    known : Known
        Guidance and observations; a filter gives each issue only the errors known by then,
        whatever is known later.
    last : pandas.Timestamp
        Last issue to be predicted.

    Returns
    -------
    TrainedEnsemble
        `trained` itself where it has no such filter.
    """
    filters = {
        (pollutant, name): member
        for pollutant, ensemble in trained.pollutants.items()
        for name, member in ensemble.members.items()
        if isinstance(member, FittedKalman)
    }
    if not filters:
        return trained
    leads = np.arange(1, known.config.leads + 1)
    places = known.stations.index.to_numpy().astype(str)
    first = trained.known_until - pd.Timedelta(days=len(leads))
    issues = pd.date_range(first, max(last, first))
    coords = {"issue": issues, "lead": leads, "place": places}
    sources = known.config.guidance
    found = guidance_predictors(sources, known.guidance(), issues, leads, places)
    cases = xr.Dataset(found, coords)
    came = {p: targets(known.daily, cases, p) for p in dict.fromkeys(p for p, _ in filters)}
    pollutants = dict(trained.pollutants)
    for (pollutant, name), member in filters.items():
        if str(member.state.attrs["guidance"]) not in cases:
            continue  # no longer in the configuration
        members = dict(pollutants[pollutant].members)
        members[name] = member.update(cases, came[pollutant])
        pollutants[pollutant] = replace(pollutants[pollutant], members=members)
    return replace(trained, pollutants=pollutants)
