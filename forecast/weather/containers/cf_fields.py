"""Which variable of a CF file is which field: by name, by standard name, by level."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
import xarray as xr

from forecast.weather.containers.cf_axes import CfAxes, Level
from forecast.weather.fields import FIELDS, LEVELS_HPA
from forecast.weather.product import Product

NAMES: Mapping[str, tuple[str, ...]] = {
    "u10": ("10u", "u10m", "uas"),
    "v10": ("10v", "v10m", "vas"),
    "t2m": ("2t", "tas"),
    "d2m": ("2d", "tdps"),
    "r2": ("2r", "rh2m", "hurs"),
    "q2": ("2sh", "sh2", "q2m", "huss"),
    "sp": ("ps",),
    "msl": ("mslp", "prmsl", "psl"),
    "blh": ("hpbl", "pblh", "zmla"),
    "tcc": ("clt",),
    "tp": ("pr", "mtpr", "avg_tprate", "tprate"),
    "ssrd": ("rsds", "msdwswrf", "avg_sdswrf"),
    "pm25": ("pm2p5", "pm2_5", "pm2p5_conc"),
    "pm10": ("pm10_conc",),
    "so2": ("so2_conc",),
    "no2": ("no2_conc",),
    "o3": ("go3", "o3_conc"),
    "co": ("co_conc",),
}
"""Usual names beside the field's own: ECMWF, CMIP, CAMS."""

ALOFT: Mapping[str, tuple[str, ...]] = {
    "t": ("t", "ta"),
    "u": ("u", "ua"),
    "v": ("v", "va"),
    "r": ("r", "hur"),
    "q": ("q", "hus"),
    "gh": ("gh", "zg", "z"),
    "w": ("w", "wap"),
}
"""Usual names of fields on pressure levels."""

_STANDARD: Mapping[str, tuple[str, ...]] = {
    "sp": ("surface_air_pressure",),
    "msl": ("air_pressure_at_mean_sea_level", "air_pressure_at_sea_level"),
    "blh": ("atmosphere_boundary_layer_thickness",),
    "tcc": ("cloud_area_fraction",),
    "tp": (
        *("precipitation_amount", "lwe_thickness_of_precipitation_amount"),
        *("precipitation_flux", "lwe_precipitation_rate"),
    ),
    "ssrd": (
        "integral_wrt_time_of_surface_downwelling_shortwave_flux_in_air",
        "surface_downwelling_shortwave_flux_in_air",
    ),
    "pm25": (
        "mass_concentration_of_pm2p5_ambient_aerosol_particles_in_air",
        "mass_concentration_of_pm2p5_ambient_aerosol_in_air",
    ),
    "pm10": (
        "mass_concentration_of_pm10_ambient_aerosol_particles_in_air",
        "mass_concentration_of_pm10_ambient_aerosol_in_air",
    ),
    **{
        name: tuple(f"{kind}_of_{gas}_in_air" for kind in ("mass_concentration", "mole_fraction"))
        for name, gas in (
            *(("so2", "sulfur_dioxide"), ("no2", "nitrogen_dioxide"), ("o3", "ozone")),
            ("co", "carbon_monoxide"),
        )
    },
}
_STANDARD_AT_HEIGHT = {
    "t2m": "air_temperature",
    "d2m": "dew_point_temperature",
    "r2": "relative_humidity",
    "q2": "specific_humidity",
    "u10": "eastward_wind",
    "v10": "northward_wind",
}
_STANDARD_ALOFT = {
    "air_temperature": "t",
    "eastward_wind": "u",
    "northward_wind": "v",
    "relative_humidity": "r",
    "specific_humidity": "q",
    "geopotential_height": "gh",
    "geopotential": "gh",
    "lagrangian_tendency_of_air_pressure": "w",
}
_HEIGHTS_M = {"u10": (10.0,), "v10": (10.0,), "t2m": (2.0,), "d2m": (2.0,), "r2": (2.0,)}
_HEIGHTS_M |= {"q2": (2.0,), **dict.fromkeys(("pm25", "pm10", "so2", "no2", "o3", "co"), (0.0,))}
_LOWEST_MODEL_LEVEL = 137.0
"""Of the IFS with 137 levels, at about 10 m; CAMS gives its gases there."""


@dataclass(frozen=True)
class Source:
    """Where a field stands in the file: a variable, and the rows of dimensions that are no axis."""

    variable: str
    rows: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))


def find_fields(
    raw: xr.Dataset, axes: CfAxes, product: Product, known_dims: frozenset[str]
) -> tuple[dict[str, Source], tuple[str, ...]]:
    """Tell where each field of the data model stands.

    Names of the product come first, then the field's own and its usual names, then the standard
    name where just one variable bears it at the field's height.

    Parameters
    ----------
    raw : xarray.Dataset
        The file.
    axes : CfAxes
        From `cf_axes.find_axes`.
    product : Product
        Its ``names`` may hold ``t`` for a variable on pressure levels as well as ``t850``.
    known_dims : frozenset of str
        Dimensions of time, member, space and ``expver``; any other is vertical or unknown.

    Returns
    -------
    sources : dict of str to Source
        By field, in the order of `FIELDS`.
    ignored : tuple of str
        Variables and levels that are no field of the data model.
    """
    search = _Search(raw, axes, known_dims, product.names)
    found: dict[str, Source] = {}
    taken: set[str] = set()
    ignored: list[str] = []
    for name in FIELDS:
        for variable in (*product.names.get(name, ()), name, *NAMES.get(name, ())):
            source = search.surface(name, variable) if variable in raw.data_vars else None
            if source is not None and variable not in taken:
                found[name] = source
                taken.add(variable)
                break
    for key in map(str, raw.data_vars):
        if key in taken:
            continue
        aloft = search.aloft(key)
        if aloft:
            found.update({n: s for n, s in aloft.items() if n in FIELDS and n not in found})
            ignored += [n for n in aloft if n not in FIELDS]
            taken.add(key)
    by_standard = search.by_standard_name(taken)
    found.update({n: s for n, s in by_standard.items() if n not in found})
    taken |= {s.variable for s in found.values()}
    edges = {v.attrs.get("bounds") for v in raw.variables.values()}
    ignored += [
        n
        for n in map(str, raw.data_vars)
        if n not in taken | edges | set(axes.names.values()) and raw[n].ndim
    ]
    return {n: found[n] for n in FIELDS if n in found}, tuple(ignored)


@dataclass(frozen=True)
class _Search:
    raw: xr.Dataset
    axes: CfAxes
    known_dims: frozenset[str]
    names: Mapping[str, tuple[str, ...]]

    def vertical(self, variable: str) -> str | None:
        """The dimension of a variable that is no time, member or space, if it is one."""
        others = [str(d) for d in self.raw[variable].dims if d not in self.known_dims]
        return others[0] if len(others) == 1 else None

    def surface(self, name: str, variable: str) -> Source | None:
        """A field at its own height; None where the variable stands at others."""
        dim = self.vertical(variable)
        if dim is None:
            return Source(variable)
        level = self.axes.levels.get(dim)
        if level is None:  # an unknown axis of one value says nothing, of more it is refused
            return Source(variable, {dim: 0} if self.raw.sizes[dim] == 1 else {})
        wanted = np.zeros(len(level.values), bool)
        if level.kind == "height":
            wanted = np.isin(level.values, _HEIGHTS_M.get(name, ()))
        elif level.kind == "model" and _HEIGHTS_M.get(name) == (0.0,):
            wanted = level.values == _LOWEST_MODEL_LEVEL
        return Source(variable, {dim: int(wanted.argmax())}) if wanted.any() else None

    def aloft(self, variable: str) -> dict[str, Source]:
        """Fields by level of a variable on pressure levels; empty where it is none."""
        short = self._short(variable)
        if short is None:
            return {}
        dim = self.vertical(variable)
        if dim is not None:
            level = self.axes.levels.get(dim)
            if level is None or level.kind != "pressure":
                return {}
            rows = {_level_name(short, hpa): {dim: i} for i, hpa in enumerate(level.values)}
            return {name: Source(variable, row) for name, row in rows.items()}
        scalar = self._scalar(variable, "pressure")
        if scalar is None or len(self.raw[variable].dims) < 2:
            return {}
        return {_level_name(short, scalar.values[0]): Source(variable)}

    def by_standard_name(self, taken: set[str]) -> dict[str, Source]:
        """Fields whose standard name, and height, just one of the variables left bears."""
        found: dict[str, Source] = {}
        for name in (*_STANDARD, *_STANDARD_AT_HEIGHT):
            fits = list(self._bearers(name, taken))
            if len(fits) == 1:
                found[name] = fits[0]
        return found

    def _bearers(self, name: str, taken: set[str]) -> Iterator[Source]:
        accepted = _STANDARD.get(name) or (_STANDARD_AT_HEIGHT[name],)
        for variable in map(str, self.raw.data_vars):
            attributes = self.raw[variable].attrs
            if variable in taken or attributes.get("standard_name") not in accepted:
                continue
            methods = str(attributes.get("cell_methods", ""))
            if any(m in methods for m in ("minimum", "maximum", "deviation", "variance", "median")):
                continue
            source = self.surface(name, variable)
            if source is None or (name in _STANDARD_AT_HEIGHT and not self._at(name, variable)):
                continue
            yield source

    def _at(self, name: str, variable: str) -> bool:
        if self.vertical(variable) in self.axes.levels:
            return True  # `surface` looked at the height
        scalar = self._scalar(variable, "height")
        return scalar is not None and scalar.values[0] in _HEIGHTS_M[name]

    def _scalar(self, variable: str, kind: str) -> Level | None:
        """The scalar level of a variable: the one it names, or the only one of the file."""
        scalars = {
            name: level
            for name, level in self.axes.levels.items()
            if level.kind == kind and not self.raw.variables[name].dims
        }
        named = str(self.raw[variable].encoding.get("coordinates", "")).split()
        own = [level for name, level in scalars.items() if name in named] or list(scalars.values())
        return own[0] if len(own) == 1 else None

    def _short(self, variable: str) -> str | None:
        standard = str(self.raw[variable].attrs.get("standard_name", ""))
        for short, usual in ALOFT.items():
            if variable in self.names.get(short, ()):
                return short
            if variable in usual:
                other = _STANDARD_ALOFT.get(standard)
                return None if "upward" in standard else other or short
        return _STANDARD_ALOFT.get(standard)


def _level_name(short: str, hpa: float) -> str:
    """``t850``; a level within 0.5 hPa of one of the data model's is that one."""
    near = [level for level in LEVELS_HPA if abs(level - hpa) < 0.5]
    return f"{short}{near[0] if near else round(float(hpa), 2):g}"
