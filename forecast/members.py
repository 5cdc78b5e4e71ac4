"""The members of the ensemble: which there are, and which predictors each of them reads."""

from __future__ import annotations

import xarray as xr

from ensembles import (
    AnalogEnsemble,
    Boosting,
    Climatology,
    Emos,
    KalmanFilter,
    LinearMos,
    Member,
    Persistence,
    QuantileMapping,
    RawGuidance,
    ShortRecord,
)
from forecast.cases import predictors_of
from forecast.config import Config
from forecast.guidance.settings import KALMAN, MAPPED
from forecast.pollutants import POLLUTANTS

DISPERSION = (
    *("ws_target", "ws_before1", "ws_path", "ws_after1", "ws_sum", "recirculation3"),
    *("v10_target", "v10_before1", "v10_after1", "v10_path", "u10_before1", "u10_path"),
    *("r2_target", "r2_before1", "r2_path", "r2_south", "d2m_target", "d2m_before1", "d2m_path"),
    *("t2m_target", "t2m_path", "t2m_change", "sp_target", "sp_path", "sp_change"),
)
"""Weather that EMOS is linear in: what carries away, what gathers, and the change of air mass."""
SEASON = ("season_sin", "season_cos")
RECENT = ("city", "latest", "last6", "run7")
"""Recent concentrations that EMOS is linear in."""
LINEAR_SPREAD = ("ws_target", "r2_target", "ws_spread", "sp_spread", *SEASON)
EMOS_SPREAD = ("ws_spread", "sp_spread", *SEASON)
GUIDANCE_DAYS = 50
"""Issue days with guidance that it takes to correct it."""
LEARNED_DAYS = 120
"""Issue days with guidance that it takes for boosting to learn from it: out of fold, the trees of a
shorter record lose more to its one season than they gain."""


def members_for(pollutant: str, cases: xr.Dataset, config: Config) -> list[Member]:
    """Members of the ensemble for one pollutant, as the configuration sets them.

    Parameters
    ----------
    pollutant : str
    cases : xarray.Dataset
        From `build_cases`: predictors that they lack are not asked for.
    config : Config
        ``training.members`` and their settings.

    Returns
    -------
    list of Member
        The references climatology and persistence first, the guidance last. Of the others boosting
        alone sees covariates, and guidance once there are `LEARNED_DAYS` of it.
    """
    settings = config.training.boosting
    everything = predictors_of(cases, pollutant)
    guided = {g.predictor(pollutant) for g in config.guidance if pollutant in g.columns}
    own = {c.predictor(column) for c in config.covariates for column in c.columns}
    wanted = [n for n in everything if n not in guided | own]
    learned = [n for n in everything if n not in guided or _days_of(cases[n]) >= LEARNED_DAYS]
    concentrations = [n for n in wanted if n.rpartition("_")[2] in POLLUTANTS]
    carried = f"city_{pollutant}"

    def there(names: tuple[str, ...]) -> list[str]:
        return [n for n in names if n in wanted]

    made: dict[str, Member] = {
        "linear_mos": LinearMos(
            wanted, concentrations=concentrations, spread=there((carried, *LINEAR_SPREAD))
        ),
        "emos": Emos(
            there((*DISPERSION, *SEASON)),
            recent=[f"{name}_{pollutant}" for name in RECENT],
            spread=there((*EMOS_SPREAD, carried)),
        ),
        "analog": AnalogEnsemble(wanted),
        "boosting": Boosting(
            predictors=learned,
            trees=settings.trees,
            learning_rate=settings.learning_rate,
            leaves=settings.leaves,
            min_leaf=settings.min_leaf,
            lead_weight=settings.lead_weight,
            seed=config.seed,
        ),
    }
    references: list[Member] = [Climatology(), Persistence(latest=f"latest_{pollutant}")]
    named = [made[name] for name in config.training.members]
    return references + named + _guidance_members(pollutant, config)


def _guidance_members(pollutant: str, config: Config) -> list[Member]:
    """Raw, quantile-mapped and Kalman-corrected guidance, of each that has the pollutant."""
    delay = 0 if config.issue_hour == 24 else 1  # days until the issue day itself is known
    members: list[Member] = []
    for source in (g for g in config.guidance if pollutant in g.columns):
        predictor = source.predictor(pollutant)
        corrected = (
            QuantileMapping(predictor, name=source.name + MAPPED),
            KalmanFilter(predictor, delay=delay, name=source.name + KALMAN),
        )
        members.append(RawGuidance(predictor, source.name))
        members += [ShortRecord(m, predictor, GUIDANCE_DAYS) for m in corrected]
    return members


def _days_of(predictor: xr.DataArray) -> int:
    """Issues with a value at any lead and place."""
    return int(predictor.notnull().any(["lead", "place"]).sum())


def not_guided(pollutant: str, config: Config) -> list[str]:
    """Members of guidance that a pollutant cannot have: the guidance does not forecast it."""
    others = (g.name for g in config.guidance if pollutant not in g.columns)
    return [name + ending for name in others for ending in ("", MAPPED, KALMAN)]
