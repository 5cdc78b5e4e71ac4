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
    dressed : str
        What it is if no forecast, or "".
    damage : str
        What was wrong with the newer cycle, where that is the reason.
    filled : str
        Leads whose missing days older cycles filled in, with these cycles.
    """

    product: str
    cycle: str
    older_days: int
    dressed: str
    damage: str
    filled: str = ""


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
            served.append(Served(product, "", 0, "", ""))
            continue
        damage = str(cases[f"{prefix}cycle_damage"].values)
        name, dressed, filled = (
            str(cases[prefix + c].values) for c in ("cycle", "dressed", "cycle_filled")
        )
        served.append(Served(product, name, int(age), dressed, damage, filled))
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
        reason, cycle = f" ({s.damage})" if s.damage else "", _clock(s.cycle)
        if not s.cycle:
            out.append((f"气象产品{s.product}缺报", f"weather {s.product} was missing"))
        if s.older_days:
            days = "day" if s.older_days == 1 else "days"
            zh = f"气象产品{s.product}采用{cycle}起报，比常规早{s.older_days}天{reason}"
            en = f"weather {s.product} is of cycle {cycle}, {s.older_days} {days} older{reason}"
            out.append((zh, en))
        elif s.damage:
            zh = f"气象产品{s.product}采用{cycle}起报，较新的一次不可读{reason}"
            en = f"weather {s.product} is of cycle {cycle}, a newer one cannot be read{reason}"
            out.append((zh, en))
        if s.filled:
            parts = [part.split(": ") for part in s.filled.split("; ")]
            zh = "、".join(f"时效{leads}天用{_clock(name)}起报" for leads, name in parts)
            en = ", ".join(f"leads {leads} come from cycle {_clock(name)}" for leads, name in parts)
            out.append(
                (f"气象产品{s.product}不全，{zh}补", f"weather {s.product} is incomplete, {en}")
            )
        if s.dressed:
            perfect = s.dressed == "analyses as they are"
            zh = "为分析场（完美预报），并非预报" if perfect else "为模拟预报（分析场加时效误差）"
            out.append(
                (f"气象产品{s.product}{zh}", f"weather {s.product} is SIMULATED ({s.dressed})")
            )
    return [zh if lang == "zh" else en for zh, en in out]


def _clock(cycle: str) -> str:
    """Name of a cycle as a reader wants it: ``2016-01-19``, or ``2016-01-19 00 UTC``."""
    return f"{cycle.replace('T', ' ')} UTC" if "T" in cycle else cycle
