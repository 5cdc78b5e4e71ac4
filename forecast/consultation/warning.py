"""Heavy-pollution warnings: which colour a course of the AQI calls for.

The 2024 rule (and, by configuration, that of 2018) counts days of the AQI above 150, 200 and 300,
a day being 24 hours of the running 24 h AQI. Two runs above a threshold that are at most
`gap_hours` apart count as one; the hours between them are not days above it. The colour of a run
holds from its first hour to its last; the highest that applies wins.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np

COLOURS = ("none", "yellow", "orange", "red")
"""Colours of a warning by number, 0 … 3."""
RuleName = Literal["2024", "2018"]
GAP_HOURS, LIFT_HOURS = 36.0, 36.0
"""A shorter break joins two runs; so many hours below lift a warning. Common practice."""
HIGHEST_AQI = 500


@dataclass(frozen=True)
class Condition:
    """A run above `above` of at least `days` days, of which `and_days` lie above `and_above`.

    Examples
    --------
    >>> Condition(above=200, days=3, and_above=300, and_days=1)
    Condition(above=200, days=3, and_above=300, and_days=1)
    """

    above: int
    days: int
    and_above: int | None = None
    and_days: int = 0


RULES: Mapping[RuleName, Mapping[str, tuple[Condition, ...]]] = MappingProxyType(
    {
        "2024": {
            "yellow": (Condition(200, 1), Condition(150, 2)),
            "orange": (Condition(200, 2), Condition(150, 3)),
            "red": (Condition(200, 3, 300, 1),),
        },
        "2018": {
            "yellow": (Condition(200, 2),),
            "orange": (Condition(200, 3),),
            "red": (Condition(200, 4, 300, 2), Condition(HIGHEST_AQI - 1, 0)),
        },
    }
)
"""Conditions of each colour, any of which suffices. Zero days: as soon as it is exceeded."""


def warning_colours(
    aqi: np.ndarray,
    rule: RuleName = "2024",
    *,
    step_hours: float = 24.0,
    gap_hours: float = GAP_HOURS,
) -> np.ndarray:
    """Colour of the warning that each time falls under.

    Parameters
    ----------
    aqi : ndarray, (…, time)
        AQI of natural days, or the running 24 h AQI by hour. A missing value is not above any
        threshold; like a quiet one it is bridged when the break is short.
    rule : {"2024", "2018"}
        Technical guide of 2024 or of 2018.
    step_hours : float
        From one time to the next: 24 for days, 1 for hours.
    gap_hours : float
        Longest break that does not part two runs.

    Returns
    -------
    ndarray of int8, (…, time)
        0 … 3, see `COLOURS`. The breaks inside a run bear its colour.

    Raises
    ------
    ValueError
        The rule is unknown, or a number of hours is not positive.

    Examples
    --------
    >>> import numpy as np
    >>> warning_colours(np.array([120, 210, 230, 90, 80, 160, 170, 90])).tolist()
    [0, 2, 2, 0, 0, 1, 1, 0]
    >>> warning_colours(np.array([210, 190, 310, 220, 90])).tolist()  # a day between is bridged
    [3, 3, 3, 3, 0]
    """
    if rule not in RULES:
        raise ValueError(f"unknown rule of warnings {rule!r}; known are {', '.join(RULES)}")
    if not (step_hours > 0 and gap_hours >= 0):
        raise ValueError(f"hours must be positive, found {step_hours} and {gap_hours}")
    values = np.asarray(aqi, dtype=np.float64)
    rows = np.nan_to_num(values, nan=-1.0).reshape(-1, values.shape[-1])
    colour = np.zeros(rows.shape, np.int8)
    for number, name in enumerate(COLOURS[1:], start=1):
        for condition in RULES[rule][name]:
            holds = _under(rows, condition, step_hours, int(gap_hours // step_hours))
            colour = np.maximum(colour, np.where(holds, np.int8(number), np.int8(0)))
    return colour.reshape(values.shape)


def _under(aqi: np.ndarray, condition: Condition, step_hours: float, gap: int) -> np.ndarray:
    """Which times lie in a run that fulfils the condition, breaks inside it included."""
    above = aqi > condition.above
    run, inside = _runs(above, gap)
    enough = _hours(run, above, step_hours) >= 24 * condition.days
    if condition.and_above is not None:
        enough &= _hours(run, aqi > condition.and_above, step_hours) >= 24 * condition.and_days
    return np.asarray(enough[run] & inside)


def _runs(above: np.ndarray, gap: int) -> tuple[np.ndarray, np.ndarray]:
    """Number of the run each time belongs to, counted over all rows, and whether it is in one.

    Times after a run, before the next one begins, bear its number too but are not inside.
    """
    time = np.arange(above.shape[1])
    last = np.maximum.accumulate(np.where(above, time, -2 - gap - above.shape[1]), axis=1)
    before = np.concatenate([np.full((len(above), 1), -2 - gap), last[:, :-1]], axis=1)
    begins = above & (time - before > 1 + gap)
    run = np.cumsum(begins.ravel()).reshape(above.shape)
    following = np.where(above, time, 2 * above.shape[1] + gap)[:, ::-1]
    following = np.minimum.accumulate(following, axis=1)[:, ::-1]
    inside = above | (following - last <= 1 + gap)
    return run, inside


def _hours(run: np.ndarray, counted: np.ndarray, step_hours: float) -> np.ndarray:
    """Hours counted by run, position 0 for the times before any."""
    return step_hours * np.bincount(run[counted], minlength=int(run[-1, -1]) + 1)


def in_force(
    colours: np.ndarray, *, step_hours: float = 24.0, lift_hours: float = LIFT_HOURS
) -> np.ndarray:
    """Colour in force at each time: a warning holds until so many hours after its run.

    Parameters
    ----------
    colours : ndarray of int, (…, time)
        From `warning_colours`.
    step_hours : float
        From one time to the next.
    lift_hours : float
        A warning is lifted when it has been below its run for as long; part of a step counts as
        a whole one.

    Returns
    -------
    ndarray of int8, (…, time)

    Examples
    --------
    >>> import numpy as np
    >>> in_force(np.array([0, 2, 2, 0, 0, 0, 1, 0])).tolist()
    [0, 2, 2, 2, 2, 0, 1, 1]
    """
    held = np.asarray(colours, np.int8).copy()
    steps = int(np.ceil(lift_hours / step_hours))
    for step in range(1, steps + 1):
        later = np.asarray(colours)[..., : held.shape[-1] - step]
        held[..., step:] = np.maximum(held[..., step:], np.where(later > 0, later, 0))
    return held
