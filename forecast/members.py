"""The members of the ensemble: which there are, and which predictors each of them reads."""

from __future__ import annotations

import xarray as xr

from ensembles import AnalogEnsemble, Boosting, Climatology, Emos, LinearMos, Member, Persistence
from forecast.cases import predictors_of
from forecast.config import Config
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
        The references climatology and persistence first.
    """
    settings = config.training.boosting
    wanted = predictors_of(cases, pollutant)
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
            predictors=wanted,
            trees=settings.trees,
            learning_rate=settings.learning_rate,
            leaves=settings.leaves,
            min_leaf=settings.min_leaf,
            lead_weight=settings.lead_weight,
            seed=config.seed,
        ),
    }
    references: list[Member] = [Climatology(), Persistence(latest=f"latest_{pollutant}")]
    return references + [made[name] for name in config.training.members]
