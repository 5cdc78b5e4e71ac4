"""What GRIB calls the fields of the data model.

A name is ecCodes' ``shortName``, where needed with the level it is on: ``t@isobaricInhPa:850``,
``pres@surface``. A parameter ecCodes has no name for is ``discipline.category.number``.
"""

from __future__ import annotations

from collections.abc import Mapping

from forecast.weather.fields import FIELDS, LEVELS_HPA
from forecast.weather.product import Product

_NEAR_GROUND = {
    "u10": ("10u", "u@heightAboveGround:10"),
    "v10": ("10v", "v@heightAboveGround:10"),
    "t2m": ("2t", "t@heightAboveGround:2"),
    "d2m": ("2d", "dpt@heightAboveGround:2", "d@heightAboveGround:2"),
    "r2": ("2r", "r@heightAboveGround:2"),
    "q2": ("2sh", "2q", "q@heightAboveGround:2"),
    "sp": ("sp", "pres@surface"),
    "msl": ("msl", "prmsl", "mslet", "mslma", "pres@meanSea"),
    "blh": ("blh", "hpbl"),
    "tcc": (
        "tcc@atmosphere",
        "tcc@atmosphereSingleLayer",
        "tcc@entireAtmosphere",
        "tcc@surface",
        "avg_tcc@atmosphere",
        "avg_tcc@atmosphereSingleLayer",
    ),
    "tp": ("tp", "prate", "tprate", "avg_tprate", "mtpr"),
    "ssrd": (
        "ssrd",
        "sdswrf@surface",
        "dswrf@surface",
        "avg_sdswrf@surface",
        "avg_sdswrf",
        "msdwswrf",
    ),
    "pm25": ("pm2p5",),
    "pm10": ("pm10",),
}
_ALOFT = {
    f"{name}{level}": tuple(f"{short}@isobaricInhPa:{level}" for short in shorts)
    for level in LEVELS_HPA
    for name, shorts in {
        **{same: (same,) for same in "tuvrqw"},
        "gh": ("gh", "z"),
    }.items()
}
USUAL: Mapping[str, tuple[str, ...]] = {**_NEAR_GROUND, **_ALOFT}
"""Field to the names it goes by; the first that is in a file counts."""

MEANS = ("tcc",)
"""Fields taken as means over an interval where no value at the time itself is given."""


def spellings(product: Product) -> dict[str, tuple[str, int]]:
    """Names in a file to the field they stand for, and their rank among its names.

    Those of the product come before the usual ones, and keep their meaning against them.
    """
    found: dict[str, tuple[str, int]] = {}
    for names in (product.names, USUAL):
        for field in FIELDS:
            before = len(product.names.get(field, ())) if names is USUAL else 0
            for rank, name in enumerate(names.get(field, ())):
                found.setdefault(name, (field, before + rank))
    return found


def forms(short: str, type_of_level: str, level: int) -> tuple[str, str, str]:
    """The ways to write the name of a field on a level, the most exact first."""
    return f"{short}@{type_of_level}:{level}", f"{short}@{type_of_level}", short
