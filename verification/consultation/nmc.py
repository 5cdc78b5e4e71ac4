"""Points of a city forecast in the form of the National Meteorological Centre (NMC).

Each forecast gets points from 0 to 100 for the AQI, the level and the primary pollutant. Their
weights in the composite of a forecast are not published: they are equal here, which is ours. The
composite of the leads weighs 24, 48 and 72 h by .5, .3 and .2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import xarray as xr

from verification.categorical.edges import check_edges, class_numbers
from verification.consultation.flags import check_masks, share_a_category
from verification.consultation.hj1130 import LEVEL_EDGES
from verification.consultation.labels import RULES, rules_label, without_rules
from verification.pairs import sum_pairs
from verification.score import Score
from verification.sums import check_family, ratio, weighted_mean

FAMILY = "nmc"

_VARIABLES = ("aqi_points", "level_points", "primary_points", "primary_days", "composite_points")


@dataclass(frozen=True)
class NmcRules:
    """Points and weights of the NMC form.

    Parameters
    ----------
    aqi_errors, aqi_points : tuple of float
        Points for an AQI that is off by at most each of the errors, which increase; 0 beyond.
    level_points : tuple of float
        Points for a level that is off by 0, 1, 2 … levels; 0 beyond.
    primary_points : float
        Points for a primary pollutant in common; 0 otherwise.
    level_edges : tuple of float
        Upper ends of all levels but the last, increasing and right-closed (HJ 633).
    weights : tuple of float
        Of the AQI, the level and the primary pollutant in the composite of a forecast.

    Raises
    ------
    ValueError
        If edges or errors do not increase, their points are of another number, or the weights
        are not three numbers from 0 of which one of the first two is positive.

    Examples
    --------
    >>> from verification import NmcRules
    >>> NmcRules(weights=(0.5, 0.3, 0.2)).aqi_points
    (100, 80, 60, 30)
    """

    aqi_errors: tuple[float, ...] = (25, 50, 100, 150)
    aqi_points: tuple[float, ...] = (100, 80, 60, 30)
    level_points: tuple[float, ...] = (100, 50, 25)
    primary_points: float = 100
    level_edges: tuple[float, ...] = LEVEL_EDGES
    weights: tuple[float, float, float] = (1, 1, 1)

    def __post_init__(self) -> None:
        check_edges(self.level_edges, "level edges")
        check_edges(self.aqi_errors, "AQI errors")
        if len(self.aqi_errors) != len(self.aqi_points):
            raise ValueError(
                f"each AQI error needs its points, found {len(self.aqi_errors)} errors and "
                f"{len(self.aqi_points)} points"
            )
        weights = np.asarray(self.weights, dtype=np.float64)
        if not (weights.shape == (3,) and (weights >= 0).all() and weights[:2].sum() > 0):
            raise ValueError(
                "weights must be three numbers from 0, for the AQI, the level and the primary "
                f"pollutant, with one of the first two positive, found {self.weights!r}"
            )


NMC = NmcRules()
"""The rules of the domain."""


def nmc_sums(
    aqi_fcst: xr.DataArray,
    aqi_obs: xr.DataArray,
    primary_fcst: xr.DataArray | None = None,
    primary_obs: xr.DataArray | None = None,
    *,
    rules: NmcRules = NMC,
    keep: str | Sequence[str] = (),
    weights: xr.DataArray | None = None,
) -> xr.Dataset:
    """Sum the points of every forecast.

    A day without an observed primary pollutant (AQI up to 50) has no points for it, and its
    composite is that of the other two elements.

    Parameters
    ----------
    aqi_fcst, aqi_obs : xarray.DataArray
        Forecast and observed AQI, e.g. (issue, lead, place).
    primary_fcst, primary_obs : xarray.DataArray, optional
        Bit masks of the primary pollutants, as in `common_category_sums`; 0 means none. Pairs in
        which anything given is NaN are left out.
    rules : NmcRules
        Points and weights.
    keep : str or sequence of str
        Dimensions that stay; all others are summed.
    weights : xarray.DataArray, optional
        Finite and not negative, on some of the dimensions of the pairs.

    Returns
    -------
    xarray.Dataset
        Family `nmc`: `aqi_points`, `level_points`, `primary_points` and `primary_days`, the days
        that have them, `composite_points`; with `pairs` and `weight`. The rules are a label:
        sums by others do not merge.

    Raises
    ------
    ValueError
        If only one of the two masks is given, a mask is not a whole number from 0, labels differ
        (see `check_aligned`), `keep` is unknown or weights are invalid.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import nmc_composite, nmc_sums
    >>> fcst, obs = xr.DataArray([80.0, 80.0], dims="x"), xr.DataArray([100.0, 120.0], dims="x")
    >>> nmc_composite(nmc_sums(fcst, obs, keep="x")).values  # (100 + 100) / 2 and (80 + 50) / 2
    array([100.,  65.])
    """
    if (primary_fcst is None) != (primary_obs is None):
        raise ValueError("primary pollutants must be given for forecast and observed, or for none")
    none = xr.DataArray(0.0)

    def terms(*block: np.ndarray) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        return ~np.isnan(sum(block)), {n: p[..., None] for n, p in _points(rules, *block).items()}

    return sum_pairs(
        terms,
        aqi_fcst,
        aqi_obs,
        none if primary_fcst is None else primary_fcst,
        none if primary_obs is None else primary_obs,
        family=FAMILY,
        variables=dict.fromkeys(_VARIABLES, (RULES,)),
        keep=keep,
        weights=weights,
        coords={RULES: rules_label(**asdict(rules))},
    )


def _points(
    rules: NmcRules, f: np.ndarray, o: np.ndarray, mask_f: np.ndarray, mask_o: np.ndarray
) -> dict[str, np.ndarray]:
    check_masks(mask_f)
    check_masks(mask_o)
    edges = np.asarray(rules.level_edges, dtype=np.float64)
    by_level = np.array([*rules.level_points, 0.0])
    steps = np.abs(class_numbers(f, edges) - class_numbers(o, edges))
    errors = np.asarray(rules.aqi_errors, dtype=np.float64)
    aqi = np.array([*rules.aqi_points, 0.0])[class_numbers(np.abs(f - o), errors)]
    level = by_level[np.minimum(steps, by_level.size - 1)]
    observed = mask_o > 0
    primary = np.where(share_a_category(mask_f, mask_o), float(rules.primary_points), 0.0)
    a, b, c = rules.weights
    composite = (a * aqi + b * level + c * primary) / (a + b + c * observed)
    found = (aqi, level, primary, observed, composite)
    return dict(zip(_VARIABLES, found, strict=True))


def _mean_points(sums: xr.Dataset, variable: str, name: str) -> xr.DataArray:
    return without_rules(weighted_mean(sums, FAMILY, variable), name)


def nmc_aqi_points(sums: xr.Dataset) -> xr.DataArray:
    """Mean points for the AQI.

    |F - O| ≤ 25, 50, 100, 150 → 100, 80, 60, 30, else 0. Range [0, 100], perfect 100, larger is
    better.

    Parameters
    ----------
    sums : xarray.Dataset
        From `nmc_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions; NaN without pairs.

    See Also
    --------
    NmcRules : Errors and points.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import nmc_aqi_points, nmc_sums
    >>> fcst, obs = xr.DataArray([80.0, 80.0], dims="x"), xr.DataArray([105.0, 106.0], dims="x")
    >>> float(nmc_aqi_points(nmc_sums(fcst, obs)))
    90.0
    """
    return _mean_points(sums, "aqi_points", "nmc_aqi_points")


def nmc_level_points(sums: xr.Dataset) -> xr.DataArray:
    """Mean points for the level.

    |L(F) - L(O)| = 0, 1, 2 → 100, 50, 25, else 0. Range [0, 100], perfect 100, larger is better.

    Parameters
    ----------
    sums : xarray.Dataset
        From `nmc_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions; NaN without pairs.

    See Also
    --------
    NmcRules : Levels and points.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import nmc_level_points, nmc_sums
    >>> fcst, obs = xr.DataArray([80.0, 80.0], dims="x"), xr.DataArray([99.0, 101.0], dims="x")
    >>> float(nmc_level_points(nmc_sums(fcst, obs)))
    75.0
    """
    return _mean_points(sums, "level_points", "nmc_level_points")


def nmc_primary_points(sums: xr.Dataset) -> xr.DataArray:
    """Mean points for the primary pollutant, over days on which one was observed.

    K_F ∩ K_O ≠ ∅ → 100, else 0. Range [0, 100], perfect 100, larger is better.

    Parameters
    ----------
    sums : xarray.Dataset
        From `nmc_sums` with masks of the primary pollutants.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions; NaN without a day with an observed primary pollutant.

    See Also
    --------
    category_accuracy : The same as a share.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import nmc_primary_points, nmc_sums
    >>> aqi = xr.DataArray([80.0, 80.0, 40.0], dims="x")
    >>> fcst, obs = xr.DataArray([1, 2, 0], dims="x"), xr.DataArray([3, 1, 0], dims="x")
    >>> float(nmc_primary_points(nmc_sums(aqi, aqi, fcst, obs)))
    50.0
    """
    check_family(sums, FAMILY)
    return without_rules(ratio(sums["primary_points"], sums["primary_days"]), "nmc_primary_points")


def nmc_composite(sums: xr.Dataset) -> xr.DataArray:
    """Mean composite of the points for AQI, level and primary pollutant.

    Of one forecast (a A + b L + c P) / (a + b + c), on a day without an observed primary
    pollutant (a A + b L) / (a + b); a = b = c by default. Range [0, 100], perfect 100, larger is
    better.

    Parameters
    ----------
    sums : xarray.Dataset
        From `nmc_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions; NaN without pairs.

    See Also
    --------
    NmcRules : The weights.
    nmc_lead_composite : The leads in one.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import nmc_composite, nmc_sums
    >>> fcst, obs = xr.DataArray([80.0], dims="x"), xr.DataArray([120.0], dims="x")
    >>> mask = xr.DataArray([1], dims="x")
    >>> round(float(nmc_composite(nmc_sums(fcst, obs, mask, mask))), 2)  # (80 + 50 + 100) / 3
    76.67
    """
    return _mean_points(sums, "composite_points", "nmc_composite")


SCORES = tuple(
    Score(function.__name__, FAMILY, function, (0, 100), 100.0, "larger", long_name, chinese)
    for function, long_name, chinese in (
        (nmc_aqi_points, "points for the AQI, NMC", "AQI得分（NMC）"),
        (nmc_level_points, "points for the level, NMC", "级别得分（NMC）"),
        (nmc_primary_points, "points for the primary pollutant, NMC", "首要污染物得分（NMC）"),
        (nmc_composite, "composite points, NMC", "综合得分（NMC）"),
    )
)
"""Scores of this file, by name in tables."""
