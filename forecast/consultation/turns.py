"""Turns of the weather ahead: when dispersion changes, cold air comes, it rains.

The marks are rules of thumb of the duty desk for daily means over an area: cold air is a day colder
by `COLDER` and of a pressure higher by `HIGHER` than the day before, rain is `WET` or more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

COLDER, HIGHER, WET = 3.0, 300.0, 1.0
"""Fall of temperature in K, rise of pressure in Pa, rain of a day in mm."""


def turns_of(days: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Days ahead on which the weather turns.

    Parameters
    ----------
    days : sequence of dict
        Weather of an area by lead, from `forecast.consultation.briefing`: ``lead``, ``classes``
        (cities unfavourable, ordinary, favourable), and means of ``t2m`` (K), ``sp`` or ``msl``
        (Pa), ``tp`` (mm) where known.

    Returns
    -------
    list of dict
        ``lead``; ``dispersion``: class before and from that day on where it turns to or from
        unfavourable, else None; ``cold``: fall of temperature (K) and rise of pressure (Pa), or
        None; ``rain``: mm, or None. Days without any are left out.
    """
    found = []
    before: dict[str, Any] | None = None
    for day in days:
        turn = {
            "lead": day["lead"],
            "dispersion": _dispersion(before, day),
            "cold": _cold(before, day),
            "rain": day["tp"] if (day.get("tp") or 0) >= WET else None,
        }
        if any(turn[k] is not None for k in ("dispersion", "cold", "rain")):
            found.append(turn)
        before = day
    return found


def dispersion_class(day: dict[str, Any]) -> int | None:
    """Class of dispersion most cities have: 0 unfavourable … 2 favourable; None where unknown."""
    classes: list[int] = day["classes"]
    return classes.index(max(classes)) if any(classes) else None


def _dispersion(before: dict[str, Any] | None, day: dict[str, Any]) -> tuple[int, int] | None:
    if before is None:
        return None
    old, new = dispersion_class(before), dispersion_class(day)
    if old is None or new is None or old == new:
        return None
    return (old, new) if 0 in (old, new) else None


def _cold(before: dict[str, Any] | None, day: dict[str, Any]) -> tuple[float, float] | None:
    pressure = "sp" if day.get("sp") is not None else "msl"
    if before is None or any(d.get(n) is None for d in (before, day) for n in ("t2m", pressure)):
        return None
    fall, rise = before["t2m"] - day["t2m"], day[pressure] - before[pressure]
    return (fall, rise) if fall >= COLDER and rise >= HIGHER else None
