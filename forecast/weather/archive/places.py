"""Where weather is wanted: the stations, and the ring of points around each."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from forecast.weather.grids import Grid
from forecast.weather.sampling.ring import ring
from forecast.weather.sampling.weight_cache import cached_weights
from forecast.weather.sampling.weights import Method, Sampler

BEARINGS = np.array([0.0, 90.0, 180.0, 270.0])
DISTANCES_KM = np.array([150.0, 300.0])
RING = len(BEARINGS) * len(DISTANCES_KM)


@dataclass(frozen=True)
class Places:
    """Stations, and how a field is brought to them.

    Attributes
    ----------
    names : ndarray of str, (place,)
    lat, lon : ndarray, (place,)
        Degrees.
    method : {"linear", "nearest", "k-nearest"}
        At the stations and on the ring.
    outside : {"error", "missing"}
        What a station outside a grid is. Ring points outside are always missing.
    cache : Path
        Folder of the weights.
    """

    names: np.ndarray
    lat: np.ndarray
    lon: np.ndarray
    cache: Path
    method: Method = "linear"
    outside: Literal["error", "missing"] = "error"

    @classmethod
    def of(
        cls,
        stations: pd.DataFrame,
        cache: Path,
        method: Method = "linear",
        outside: Literal["error", "missing"] = "error",
    ) -> Places:
        """Places of a station table."""
        lat, lon = stations["lat"].to_numpy(float), stations["lon"].to_numpy(float)
        return cls(stations.index.to_numpy().astype(str), lat, lon, cache, method, outside)

    @property
    def digest(self) -> str:
        """Of all that decides what is sampled, not of where the weights are kept."""
        found = hashlib.sha256(f"{self.names.tolist()}{self.method}{self.outside}".encode())
        for values in (self.lat, self.lon, BEARINGS, DISTANCES_KM):
            found.update(np.ascontiguousarray(values, "<f8").tobytes())
        return found.hexdigest()[:16]

    def sampler(self, grid: Grid) -> Sampler:
        """Sampler of a grid: ``at`` the places, and on the ring ``around`` them.

        Raises
        ------
        InputError
            A place lies outside the grid and `outside` is "error".
        """
        names = self.names if self.outside == "error" else None
        ring_lat, ring_lon = ring(self.lat, self.lon, BEARINGS, DISTANCES_KM)
        at = cached_weights(self.cache, grid, self.lat, self.lon, method=self.method, names=names)
        around = cached_weights(
            self.cache, grid, ring_lat.ravel(), ring_lon.ravel(), method=self.method
        )
        return Sampler(grid, {"at": at, "around": around})
