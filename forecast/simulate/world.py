"""One simulated world from one seed: weather, forecasts of it, air and its observation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import xarray as xr

from .chemistry import simulate_air, upwind_weights
from .emissions import emissions
from .fields import write_analysis, write_forecasts
from .files import write_months, write_prsa, write_station_table
from .forecasts import Ensemble
from .instruments import FLAGS, FaultRates, observe
from .meteorology import station_meteorology
from .names import LARGEST_NUMBER_OF_CITIES
from .places import grid_around, place_cities, place_network, place_stations
from .stations import concentrations, station_dataset
from .waves import CORRELATION, draw_waves, layered_state
from .weather import analysis, city_weather

__all__ = ["World", "simulate"]

LONGEST_LEAD = len(CORRELATION["t2m"])
NOTICE = (
    "SIMULATED. Every number in this folder was made by wubu's forecast.simulate; {places_en}.\n"
    "模拟数据：本文件夹内所有数据均为模拟，{places_zh}。\n"
    "seed {seed}, {cities} cities, {stations} stations, {first} to {last}\n"
)
INVENTED = {
    "places_en": "cities, stations and people do not exist",
    "places_zh": "城市与站点均为虚构",
}
GIVEN = {
    "places_en": "names and positions of the stations are those of the table it was given",
    "places_zh": "站点名称与位置取自所给站点表",
}


@dataclass(frozen=True, eq=False)
class World:
    """A simulated world, everything in it known.

    Attributes
    ----------
    seed
        What it was made from.
    cities
        One row a city: ``city, city_zh, lat, lon, province, region, size``.
    stations
        One row a station: ``station, cnemc_id, name_zh, lon, lat, city, city_zh, province, region,
        urban``.
    truth
        True hourly concentrations (station, time), `time` the UTC start of the hour; no gaps.
    observed
        The same as the instruments recorded it; NaN where they did not.
    faults
        uint8 flags of `observed`, by pollutant (station, time): 0 sound, 1 gap, 2 stuck, 3 spike.
    meteorology
        Hourly reports of a weather station in each city, (city, time).
    analysis
        True daily-mean weather ``u10 v10 t2m r2 sp`` on (time, latitude, longitude).
    ensemble
        The forecasts, computed block by block when asked for; all at once in `forecasts`.
    invented
        Whether the places are invented too.
    """

    seed: int
    cities: pd.DataFrame
    stations: pd.DataFrame
    truth: xr.Dataset
    observed: xr.Dataset
    faults: xr.Dataset
    meteorology: xr.Dataset
    analysis: xr.Dataset
    ensemble: Ensemble
    invented: bool = True

    @cached_property
    def forecasts(self) -> xr.Dataset:
        """Ensemble forecasts (time, step, number, latitude, longitude), see `Ensemble.dataset`.

        Held in memory once computed: 4 bytes times the five sizes times five variables.
        """
        return self.ensemble.dataset()

    def write(
        self, folder: str | Path, observations: Literal["prsa", "netcdf"] = "prsa"
    ) -> list[Path]:
        """Write the source files a user would have.

        Parameters
        ----------
        folder
            Made if it is absent; files of the same names are replaced.
        observations
            A CSV file a station, or, for many stations, a NetCDF file a month.

        Returns
        -------
        list of Path
            ``SIMULATED.txt``, ``observations/stations.csv``, ``observations/PRSA_Data_*.csv`` or
            ``observations/<YYYY-MM>.nc``, ``weather/analysis.nc``, ``weather/forecasts.nc``.

        Examples
        --------
        >>> import tempfile
        >>> world = simulate(seed=1, cities=1, stations_per_city=1, days=5, members=2, leads=2)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     [path.name for path in world.write(folder)][:2]
        ['SIMULATED.txt', 'stations.csv']
        """
        root = Path(folder)
        stations, weather = root / "observations", root / "weather"
        stations.mkdir(parents=True, exist_ok=True)
        weather.mkdir(exist_ok=True)
        days = self.analysis["time"].values.astype("datetime64[D]")
        notice = root / "SIMULATED.txt"
        notice.write_text(
            NOTICE.format(
                seed=self.seed,
                cities=len(self.cities),
                stations=len(self.stations),
                first=days[0],
                last=days[-1],
                **(INVENTED if self.invented else GIVEN),
            ),
            encoding="utf-8",
        )
        written = (
            write_prsa(self.observed, self.meteorology, stations)
            if observations == "prsa"
            else write_months(self.observed, stations)
        )
        return [
            notice,
            write_station_table(self.stations, stations / "stations.csv"),
            *written,
            write_analysis(self.analysis, weather / "analysis.nc"),
            write_forecasts(self.ensemble, weather / "forecasts.nc"),
        ]


def simulate(
    *,
    seed: int = 5,
    cities: int = 6,
    stations_per_city: int | Sequence[int] = 3,
    network: pd.DataFrame | None = None,
    start: str = "2013-03-01",
    days: int = 1000,
    members: int = 5,
    leads: int = 10,
    emission_factors: Mapping[str, float] | None = None,
    fault_rates: FaultRates | None = None,
) -> World:
    """Make a world.

    The same arguments give the same numbers. Another `days` or `leads` gives another world, not a
    longer or shorter cut of the same one; `emission_factors` and `fault_rates` change nothing but
    their own consequences, so two worlds can be compared hour by hour.

    Parameters
    ----------
    seed
        Non-negative integer.
    cities
        Number of cities.
    stations_per_city
        One number for all, or one a city.
    network
        Station table, from `forecast.stations.read_stations` or alike, whose places are taken
        instead of `cities` × `stations_per_city` invented ones. Their air is invented all the same.
    start
        First local day, ``YYYY-MM-DD``.
    days
        Number of days. Forecasts are issued on every one of them; those issued last reach beyond
        the observations, as in an operational archive.
    members
        Ensemble size of the weather forecasts.
    leads
        Longest lead in days, 1 ... 10.
    emission_factors
        Factor on all emissions of a city, by its romanised name; 1 where absent.
    fault_rates
        How often instruments fail; the default is like Beijing 2013-2016.

    Returns
    -------
    World
        See there.

    Raises
    ------
    ValueError
        If a number is out of range or a city of `emission_factors` does not exist.

    Examples
    --------
    >>> world = simulate(seed=1, cities=2, stations_per_city=2, days=10, members=2, leads=3)
    >>> dict(world.truth.sizes)
    {'station': 4, 'time': 240}
    """
    counts = _checked(seed, cities, stations_per_city, days, members, leads)
    if network is not None and network.empty:
        raise ValueError("network: the table has no station")
    first = np.datetime64(pd.Timestamp(start).normalize(), "D")
    calendar = first + np.arange(days)

    def stream(part: int) -> np.random.Generator:
        # A generator of its own for every part: a change in one leaves the others as they were.
        return np.random.default_rng((seed, part))

    if network is None:
        towns = place_cities(stream(0), cities)
        sites = place_stations(stream(1), towns, counts.tolist())
    else:
        towns, sites = place_network(stream(0), network)
    latitude, longitude = towns["lat"].to_numpy(), towns["lon"].to_numpy()
    state = layered_state(stream(3), draw_waves(stream(2)), days + leads, leads)
    grid = grid_around(latitude, longitude)
    weather = city_weather(stream(4), state, latitude, longitude, calendar)
    scale = towns["size"].to_numpy() * _factors(emission_factors or {}, towns["city"])
    emitted = {
        species: rate * scale.astype(np.float32)
        for species, rate in emissions(calendar, 15.0 - weather.temperature).items()
    }
    air = simulate_air(stream(5), weather, emitted, upwind_weights(latitude, longitude))
    city = pd.Index(towns["city"]).get_indexer(sites["city"])
    truth = concentrations(stream(6), sites, city, air, weather)
    observed, flags = observe(stream(7), truth, fault_rates or FaultRates())
    faults = station_dataset(flags, sites, first, "faults of the instruments")
    for name in flags:
        faults[name].attrs = {
            "flag_values": list(FLAGS.values()),
            "flag_meanings": " ".join(FLAGS),
        }
    return World(
        seed=seed,
        cities=towns,
        stations=sites,
        truth=station_dataset(truth, sites, first, "true hourly concentrations"),
        observed=station_dataset(observed, sites, first, "hourly observations"),
        faults=faults,
        meteorology=station_meteorology(stream(8), weather, towns, first),
        analysis=analysis(state, grid, calendar),
        ensemble=Ensemble(state, grid, calendar, members, (seed, 9)),
        invented=network is None,
    )


def _checked(
    seed: int,
    cities: int,
    stations_per_city: int | Sequence[int],
    days: int,
    members: int,
    leads: int,
) -> np.ndarray:
    highest = {"cities": (cities, LARGEST_NUMBER_OF_CITIES), "leads": (leads, LONGEST_LEAD)}
    for name, (value, limit) in highest.items():
        if not 1 <= value <= limit:
            raise ValueError(f"{name}: {value} found, expected 1 ... {limit}")
    for name, value, least in (("seed", seed, 0), ("days", days, 1), ("members", members, 1)):
        if value < least:
            raise ValueError(f"{name}: {value} found, expected at least {least}")
    counts = np.atleast_1d(np.asarray(stations_per_city, int))
    if counts.min() < 1 or counts.size not in (1, cities):
        raise ValueError(
            f"stations_per_city: {stations_per_city} found, expected one number >= 1, or one for "
            f"each of the {cities} cities"
        )
    return np.broadcast_to(counts, cities)


def _factors(factors: Mapping[str, float], names: pd.Series) -> np.ndarray:
    unknown = sorted(set(factors) - set(names))
    if unknown:
        raise ValueError(
            f"emission_factors: city {unknown[0]!r} found, expected one of {', '.join(names)}"
        )
    return np.array([factors.get(name, 1.0) for name in names])
