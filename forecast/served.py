"""Which weather an issued forecast was made from: the cycle of each product, and its age."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import xarray as xr

from forecast.errors import InputError


@dataclass(frozen=True)
class Served:
    """The cycle of one weather product that served an issue.

    Attributes
    ----------
    product : str
    cycle : str
        Its issue date, or its reference time in UTC; "" where there was none.
    older_days : int
        Days it is older than the cycle that should have served.
    dressed : bool
        Whether it is no forecast but analyses with simulated errors.
    damage : str
        What was wrong with the newer cycle, where that is the reason.
    """

    product: str
    cycle: str
    older_days: int
    dressed: bool
    damage: str


def weather_attributes(cases: xr.Dataset, products: Sequence[str]) -> dict[str, str]:
    """Which cycles served an issue, for the attributes of its forecast; see `weather_served`.

    Parameters
    ----------
    cases : xarray.Dataset
        Cases of one issue.
    products : sequence of str
        Names of the forecast products; the coordinates of the first bear no name.
    """
    served = []
    for i, product in enumerate(products):
        prefix = f"{product}_" if i else ""
        age = cases.coords.get(f"{prefix}cycle_age")
        if age is None or np.isnan(float(age)):
            served.append(Served(product, "", 0, False, ""))
            continue
        damage = str(cases[f"{prefix}cycle_damage"].values) if age > 0 else ""
        name, dressed = str(cases[f"{prefix}cycle"].values), bool(cases[f"{prefix}dressed"])
        served.append(Served(product, name, int(age), dressed, damage))
    return {"weather": json.dumps([asdict(s) for s in served])}


def weather_served(issued: xr.Dataset) -> list[Served]:
    """Which cycles an issued forecast was made from; none where the file does not say.

    Raises
    ------
    InputError
        The attribute is not what `weather_attributes` wrote.
    """
    try:
        return [Served(**row) for row in json.loads(issued.attrs.get("weather", "[]"))]
    except (ValueError, TypeError) as error:
        raise InputError(f"issued forecast: attribute weather is damaged: {error}") from None


def weather_remarks(issued: xr.Dataset, lang: str) -> list[str]:
    """What a reader of the forecast should know of its weather, one sentence each."""
    out = []
    for s in weather_served(issued):
        reason = f" ({s.damage})" if s.damage else ""
        if not s.cycle:
            zh, en = f"气象产品{s.product}缺报", f"weather {s.product} was missing"
        elif s.older_days:
            zh = f"气象产品{s.product}采用{s.cycle}起报，比常规早{s.older_days}天{reason}"
            en = f"weather {s.product} is of cycle {s.cycle}, {s.older_days} day(s) older{reason}"
        elif s.dressed:
            zh = f"气象产品{s.product}为模拟预报（再分析加时效误差）"
            en = f"weather {s.product} is SIMULATED (analyses with errors by lead)"
        else:
            continue
        out.append(zh if lang == "zh" else en)
    return out
