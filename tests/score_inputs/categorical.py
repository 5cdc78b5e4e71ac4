"""Families of events and of the table of levels."""

import numpy as np

import verification as v
from score_inputs.world import Family, world

UNDEFINED_FOR_ONE_EVENT = frozenset(
    {
        *("pod", "miss_rate", "far", "ts", "frequency_bias", "pofd", "ets", "hss", "peirce"),
        *("odds_ratio", "odds_ratio_skill", "sedi"),
    }
)


def events(seed, error):
    """Events of the small world, any error with a miss and a false alarm on each lead at least."""
    fcst, truth = (v.exceeds(x, 120) for x in world(seed, error))
    if error:
        for lead in (0, 1):
            for event in (0, 1):
                first = np.argwhere(truth.values[:, lead] == event)[0]
                fcst.values[first[0], lead, first[1]] = 1 - event
    return fcst, truth


def levels(seed, error):
    return tuple(np.ceil(x / 50).clip(1, 6) for x in world(seed, error))


FAMILIES = (
    Family("contingency", v.contingency_sums, events, UNDEFINED_FOR_ONE_EVENT),
    Family(
        "table",
        v.level_table_sums,
        levels,
        frozenset({"table_hss", "table_peirce", "gerrity"}),
    ),
)
