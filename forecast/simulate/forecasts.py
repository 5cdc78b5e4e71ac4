"""Ensemble forecasts of the simulated weather, calibrated by construction.

A member is what is known of the weather at its lead plus a weather-like trajectory of its own, so
that truth and members are exchangeable: the spread (times sqrt(1 + 1/members)) is the error, and
the correlation of a member with the analysis is `waves.CORRELATION`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import xarray as xr

from .climate import VARIABLES, altitude, day_of_year, weather
from .places import Grid
from .waves import CORRELATION, State, daily_state, evolve
from .weather import as_real, axes, field_attributes, rounded

__all__ = ["Ensemble"]

BLOCK = 32
LIBRARY_DAYS = 400


@dataclass(frozen=True, eq=False)
class Ensemble:
    """All cycles of an ensemble forecast, computed when asked for, in blocks of issue days.

    The fields of a national world do not fit in memory at once; the amplitudes of the waves do.

    Parameters
    ----------
    state
        The weather state, at least ``days + leads`` days long.
    grid
        Where.
    days
        Issue days, datetime64. Everything through the issue day is known.
    members
        Number of members.
    seed
        Entropy of the members' own weather, a block of issue days draws from ``(*seed, block)``.
    """

    state: State
    grid: Grid
    days: np.ndarray
    members: int
    seed: tuple[int, ...]

    @property
    def shape(self) -> tuple[int, int, int, int, int]:
        """Sizes of (time, step, number, latitude, longitude)."""
        return (self.days.size, self.state.leads, self.members, *self.grid.shape)

    def blocks(self) -> Iterator[tuple[slice, dict[str, np.ndarray]]]:
        """Yield issue days and their fields by variable, (time, step, number, lat, lon) float32."""
        latitude, longitude = self.grid.points()
        basis = self.state.waves.basis(latitude, longitude)
        height = altitude(latitude, longitude)
        library = self._library()
        for start in range(0, self.days.size, BLOCK):
            issues = slice(start, min(start + BLOCK, self.days.size))
            number = issues.stop - issues.start
            valid = np.arange(issues.start, issues.stop)[:, None] + np.arange(1, self._leads + 1)
            doy = day_of_year(self.days[0] + valid.astype("timedelta64[D]"))[:, :, None, None]
            noise = self._noise(library, start // BLOCK, number)
            fields = {}
            for name in VARIABLES:
                known = self.state.known[name][np.arange(1, self._leads + 1), valid][:, :, None]
                own = np.sqrt(1 - np.array(CORRELATION[name][: self._leads], np.float32))
                amplitude = known + own[:, None, None] * noise[name]
                anomaly = as_real(amplitude).reshape(-1, basis.shape[0]) @ basis
                anomaly = anomaly.reshape(number, self._leads, self.members, -1)
                value = rounded(name, weather(name, anomaly, doy, latitude, height))
                fields[name] = value.reshape(number, *self.shape[1:])
            yield issues, fields

    @property
    def _leads(self) -> int:
        return self.state.leads

    def _library(self) -> dict[str, np.ndarray]:
        rng = np.random.default_rng(self.seed)
        history = evolve(rng, self.state.waves, 1, LIBRARY_DAYS)
        return {name: daily_state(amplitude[0]) for name, amplitude in history.items()}

    def _noise(
        self, library: dict[str, np.ndarray], block: int, number: int
    ) -> dict[str, np.ndarray]:
        # Ten consecutive days of another history, each wave turned by a phase of its own: turning
        # leaves the statistics as they are, so no two members ever share their weather.
        rng = np.random.default_rng((*self.seed, block))
        first = rng.integers(0, LIBRARY_DAYS - self._leads + 1, (number, 1, self.members))
        day = first + np.arange(self._leads)[:, None]
        waves = self.state.waves.east.size
        angle = rng.uniform(0, 2 * np.pi, (number, 1, self.members, waves))
        turn = np.exp(1j * angle).astype(np.complex64)
        return {name: amplitude[day] * turn for name, amplitude in library.items()}

    def attributes(self) -> dict[str, str]:
        """Return the global attributes of the forecast file."""
        stated = {
            f"correlation_{name}": str(np.array(CORRELATION[name][: self._leads]))
            for name in VARIABLES
        }
        return {
            "title": "SIMULATED daily ensemble weather forecasts of an invented country",
            "Conventions": "CF-1.10",
            "source": "SIMULATED by forecast.simulate: part known at the lead + own weather of "
            "each member; member-analysis anomaly correlation by lead: attributes correlation_*",
            **stated,
        }

    def dataset(self) -> xr.Dataset:
        """Compute all cycles.

        Returns
        -------
        xarray.Dataset
            ``u10 v10 t2m r2 sp`` on (time, step, number, latitude, longitude), float32; `time` is
            the local issue day, `step` a timedelta: the field is the mean of day time + step.
        """
        fields = {name: np.empty(self.shape, np.float32) for name in VARIABLES}
        for issues, block in self.blocks():
            for name, value in block.items():
                fields[name][issues] = value
        dims = ("time", "step", "number", "latitude", "longitude")
        return xr.Dataset(
            {name: (dims, value, field_attributes(name)) for name, value in fields.items()},
            {
                "time": self.days.astype("datetime64[ns]"),
                "step": np.arange(1, self._leads + 1).astype("timedelta64[D]").astype("m8[ns]"),
                "number": np.arange(self.members),
                **axes(self.grid),
            },
            self.attributes(),
        )
