"""Units of pollutants in the output of chemistry-transport models.

Gases come as mixing ratios (ppmv). They are converted at 298.15 K and 1013.25 hPa, not at the
model's own temperature and pressure: the network publishes gases at that reference state (GB
3095-2012 as amended 2018, see `forecast.reference_state`), so a mixing ratio has one published
concentration whatever the weather. Converted at the ambient state, guidance would stand a tenth too
high in winter, and a third too low on the plateau, beside the values it is compared with. Particles
are mass per volume of ambient air in the models and in the network, and are left as they are.
"""

from __future__ import annotations

import re

from forecast.errors import InputError
from forecast.observations.units import factor_to_model


def concentration_factor(name: str, units: str | None, where: str) -> float:
    """What a model's concentration is multiplied by to be in the data model's units.

    Parameters
    ----------
    name : str
        Pollutant, one of `forecast.pollutants.POLLUTANTS`.
    units : str or None
        As the file states them: ``ppmV``, ``ppbv``, ``ug m^-3``, ``micrograms/m**3`` and the like;
        blanks around them do not count.
    where : str
        File, for the message.

    Raises
    ------
    InputError
        No units, unknown ones, or a mixing ratio of particles.

    Examples
    --------
    >>> concentration_factor("o3", "ppmV            ", "here")
    1962.0
    >>> concentration_factor("pm25", "micrograms/m**3", "here")
    1.0
    """
    if units is None:
        raise InputError(f"{where}: field {name} states no units; expected ppmv or µg m-3")
    text = re.sub(r"^micrograms?\b", "ug", units.strip().lower())
    try:
        return factor_to_model(name, text)
    except InputError as error:
        raise InputError(f"{where}: field {error}") from None
