"""Issue: from a trained ensemble and what is known to the issued forecast."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from ensembles import ISSUED_LEVELS, LEVELS, Distribution
from forecast.aqi import level_attributes, primary_attributes
from forecast.config import Config
from forecast.decision import Decision, decide
from forecast.known import Known, last_known_day
from forecast.members import not_guided
from forecast.pollutants import POLLUTANTS, UNITS
from forecast.provenance import issue_attributes, latest_observation, silent_stations
from forecast.scenarios import Scenarios, make_scenarios, membership_of, past_ranks
from forecast.standard import as_date, standard_for
from forecast.training import ENSEMBLE, TrainedEnsemble

ISSUED = slice(4, 95, 5)
"""Positions of the issued levels on the grid."""


def issue_forecast(
    trained: TrainedEnsemble,
    known: Known,
    forecasts: Mapping[str, Mapping[str, Distribution]],
    issue: pd.Timestamp,
) -> xr.Dataset:
    """Make the issued forecast of one day from the predicted distributions.

    Parameters
    ----------
    trained : TrainedEnsemble
        What predicted; its weights and training day are recorded.
    known : Known
        Data known at `issue` or later; later days are cut here.
    forecasts : mapping of str to mapping of str to Distribution
        By pollutant and member, of this issue alone.
    issue : pandas.Timestamp
        Local issue date.

    Returns
    -------
    xarray.Dataset
        All variables of an issued forecast, on (lead, place, …).
    """
    config, stations = known.config, known.stations
    leads = np.arange(1, config.leads + 1)
    valid = pd.DatetimeIndex([issue + pd.Timedelta(days=int(k)) for k in leads])
    last = last_known_day(np.array([issue]), config.issue_hour)[0]
    daily = known.daily.isel(day=np.flatnonzero(known.daily["day"].values <= last))
    names = stations.index.to_numpy().astype(str)
    ranks = past_ranks(
        daily, names, issue, config.leads, config.scenarios, config.seed, config.dependence
    )
    cities, membership = membership_of(stations["city"].to_numpy().astype(str))
    members = list(next(iter(forecasts.values())))
    results = {}
    for member in members:
        marginals = np.stack([forecasts[p][member].quantiles.values[0] for p in POLLUTANTS], axis=2)
        scenarios = make_scenarios(marginals, ranks, membership, valid)
        decision = decide(
            scenarios,
            standard_for(as_date(valid[0])),
            config.evaluation.half_width,
            config.decision.heavy_from,
        )
        results[member] = (marginals, scenarios, decision)
    out = _variables(*results[ENSEMBLE], membership)
    for name, values in _member_variables(results, membership).items():
        out[name] = values
    out = out.assign_coords(
        {
            "lead": ("lead", leads, {"long_name": "lead time in days"}),
            "place": np.concatenate([names, cities]),
            "pollutant": list(POLLUTANTS),
            "pollutant_units": ("pollutant", [UNITS[p] for p in POLLUTANTS]),
            "quantile": ("quantile", ISSUED_LEVELS, {"long_name": "probability level"}),
            "level_number": (
                "level_number",
                np.arange(1, 7, dtype=np.int8),
                {"long_name": "air quality level"},
            ),
            "member": [m for m in members if m != ENSEMBLE],
            "issue": ((), issue, {"long_name": "local issue date"}),
            "valid_day": ("lead", valid, {"long_name": "local natural day forecast"}),
            **_place_coordinates(stations, cities),
        }
    )
    out["member_weight"], absent = _weights(trained, forecasts, valid, config)
    out.attrs = issue_attributes(trained, config, issue, valid)
    out.attrs["members_missing"] = absent
    out.attrs["latest_observation"] = latest_observation(known, issue)
    out.attrs["stations_silent"] = " ".join(silent_stations(known, issue))
    return out


def _weights(
    trained: TrainedEnsemble,
    forecasts: Mapping[str, Mapping[str, Distribution]],
    valid: pd.DatetimeIndex,
    config: Config,
) -> tuple[xr.DataArray, str]:
    """Weights as they apply, (pollutant, lead, member), and which members have no forecast.

    `forecasts` are those of one issue. Guidance is not missed for a pollutant it has not.
    """
    weights, absent = [], []
    for pollutant, made in forecasts.items():
        members = [m for m in made if m != ENSEMBLE]
        missing = trained.pollutants[pollutant].combination.missing(made)
        present = [m for m in members if missing.get(m, 0) < 1]
        foreign = not_guided(pollutant, config)
        absent += [f"{pollutant}: {m}" for m in members if m not in (*present, *foreign)]
        combination = trained.pollutants[pollutant].combination
        weights.append(combination.weights_at(valid.values, present).sel(member=members).values)
    attributes = {"long_name": "weight of the member in the combination", "units": "1"}
    values = np.stack(weights).astype(np.float32)
    return xr.DataArray(values, dims=("pollutant", "lead", "member"), attrs=attributes), (
        ", ".join(absent)
    )


def _variables(
    marginals: np.ndarray, scenarios: Scenarios, decision: Decision, membership: np.ndarray
) -> xr.Dataset:
    concentration, mean = _concentrations(marginals, scenarios, membership)
    by_place = ("lead", "place")
    aqi = {"units": "1", "long_name": "air quality index"}
    unit = {"comment": "units of each pollutant: coordinate pollutant_units"}
    share = {"units": "1"}
    return xr.Dataset(
        {
            "concentration": (
                (*by_place, "pollutant", "quantile"),
                concentration,
                {**unit, "long_name": "quantiles of the daily value"},
            ),
            "concentration_mean": (
                (*by_place, "pollutant"),
                mean,
                {**unit, "long_name": "mean of the daily value"},
            ),
            "aqi": ((*by_place, "quantile"), _aqi_quantiles(scenarios.aqi), aqi),
            "aqi_low": (by_place, decision.low, {**aqi, "long_name": "issued range, low end"}),
            "aqi_high": (by_place, decision.high, {**aqi, "long_name": "issued range, high end"}),
            "level": (by_place, decision.level, level_attributes()),
            "primary": (by_place, decision.primary, primary_attributes()),
            "level_probability": (
                (*by_place, "level_number"),
                decision.level_probability,
                {**share, "long_name": "probability of the level"},
            ),
            "heavy_probability": (
                by_place,
                decision.heavy_probability,
                {**share, "long_name": "probability of AQI > 200"},
            ),
            "primary_probability": (
                (*by_place, "pollutant"),
                decision.primary_probability,
                {**share, "long_name": "probability of being a primary pollutant"},
            ),
            "scenario_aqi": (
                ("scenario", *by_place),
                scenarios.aqi,
                {**aqi, "long_name": "equally likely joint futures"},
            ),
        }
    )


def _member_variables(
    results: dict[str, tuple[np.ndarray, Scenarios, Decision]], membership: np.ndarray
) -> dict[str, tuple]:
    """Every member through the same steps, for comparison: the guidance beside the forecast."""
    members = [m for m in results if m != ENSEMBLE]
    made = {m: _variables(*results[m], membership) for m in members}
    out: dict[str, tuple] = {}
    for name in ("concentration", "concentration_mean", "aqi", "aqi_low", "aqi_high", "level",
                 "primary", "heavy_probability"):  # fmt: skip
        first = made[members[0]][name]
        values = np.stack([made[m][name].values for m in members])
        out[f"member_{name}"] = (("member", *first.dims), values, first.attrs)
    return out


def _concentrations(
    marginals: np.ndarray, scenarios: Scenarios, membership: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Quantiles and mean of stations from the margins, of cities from the scenarios."""
    count = marginals.shape[1]
    at_cities = np.moveaxis(_quantiles(scenarios.concentration[:, :, count:]), 0, -1)
    quantiles = np.concatenate([marginals[..., ISSUED], at_cities], axis=1)
    grid = xr.DataArray(marginals, dims=("lead", "place", "pollutant", "quantile"))
    mean = Distribution(grid.assign_coords(quantile=LEVELS)).mean().values
    known = np.isfinite(mean)
    with np.errstate(invalid="ignore", divide="ignore"):
        city_mean = np.einsum("cs,lsp->lcp", membership, np.where(known, mean, 0)) / np.einsum(
            "cs,lsp->lcp", membership, known.astype(np.float32)
        )
    return quantiles.astype(np.float32), np.concatenate([mean, city_mean], 1).astype(np.float32)


def _aqi_quantiles(aqi: np.ndarray) -> np.ndarray:
    return np.moveaxis(_quantiles(aqi), 0, -1).astype(np.float32)


def _quantiles(values: np.ndarray) -> np.ndarray:
    """Issued quantiles over scenarios: scenario r of n stands for the level (r + ½)/n."""
    return np.quantile(values, ISSUED_LEVELS, axis=0, method="hazen")


def _place_coordinates(stations: pd.DataFrame, cities: np.ndarray) -> dict[str, tuple]:
    first = stations.groupby("city", sort=False).first().loc[cities]
    centre = stations.groupby("city", sort=False)[["lat", "lon"]].mean().loc[cities]

    def both(column: str, of_city: np.ndarray) -> tuple:
        return ("place", np.concatenate([stations[column].to_numpy(), of_city]).astype(str))

    return {
        "kind": ("place", np.repeat(["station", "city"], [len(stations), len(cities)])),
        "name": both("name_zh", first["city_zh"].to_numpy()),
        "city": both("city", cities),
        "province": both("province", first["province"].to_numpy()),
        "province_zh": both("province_zh", first["province_zh"].to_numpy()),
        "region": both("region", first["region"].to_numpy()),
        "lat": (
            "place",
            np.concatenate([stations["lat"], centre["lat"]]),
            {"units": "degrees_north", "standard_name": "latitude"},
        ),
        "lon": (
            "place",
            np.concatenate([stations["lon"], centre["lon"]]),
            {"units": "degrees_east", "standard_name": "longitude"},
        ),
    }
