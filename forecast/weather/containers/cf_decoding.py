"""Times and leads of a CF file from its numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr

from forecast.errors import InputError
from forecast.unreadable import UNREADABLE

_SECONDS = {
    **dict.fromkeys(("d", "day"), 86400.0),
    **dict.fromkeys(("h", "hr", "hour"), 3600.0),
    **dict.fromkeys(("min", "minute"), 60.0),
    **dict.fromkeys(("s", "sec", "second"), 1.0),
    **dict.fromkeys(("ms", "millisecond"), 1e-3),
    **dict.fromkeys(("us", "microsecond"), 1e-6),
    **dict.fromkeys(("ns", "nanosecond"), 1e-9),
}


def decoded_times(path: Path, name: str, variable: xr.Variable) -> np.ndarray:
    """Times of a variable in units "… since …", UTC, to the second.

    Raises
    ------
    InputError
        No such units, a calendar without our dates (360-day, no leap years), or values that are
        missing or no times.
    """
    units = str(variable.attrs.get("units", ""))
    if " since " not in units:
        raise InputError(
            f"{path}: axis {name} is not a date: its units are {units!r}; "
            "expected '<unit> since <date>'"
        )
    attributes = {k: variable.attrs[k] for k in ("units", "calendar") if k in variable.attrs}
    try:
        plain = xr.Variable(variable.dims, variable.values, attributes)
        values = xr.decode_cf(xr.Dataset({"time": plain}))["time"].values
        if values.dtype.kind != "M":
            calendar = variable.attrs.get("calendar")
            raise InputError(
                f"{path}: axis {name} is in calendar {calendar!r}; expected the standard one"
            )
        seconds = values.astype("M8[ns]") + np.timedelta64(500_000_000, "ns")
    except InputError:
        raise
    except UNREADABLE as error:
        reason = str(error).split("\n", maxsplit=1)[0]
        raise InputError(f"{path}: axis {name} is not a date: {reason}") from None
    if np.isnat(seconds).any():
        raise InputError(f"{path}: axis {name} holds a missing value")
    return seconds.astype("M8[s]").astype("M8[ns]")


def decoded_leads(
    path: Path, name: str, variable: xr.Variable, *, otherwise: str | None = None
) -> np.ndarray:
    """Leads of a variable as timedelta64[ns].

    Parameters
    ----------
    path, name, variable
        File, name and the variable with its numbers.
    otherwise : str, optional
        Units where none are stated; an axis named ``forecast_hour`` or ``fhour`` is in hours.

    Raises
    ------
    InputError
        Units are missing or unknown, or a lead is missing or negative.
    """
    if name.lower() in ("forecast_hour", "fhour"):
        otherwise = "hours"
    if name.lower() == "forecast_day":
        otherwise = "days"
    units = variable.attrs.get("units", otherwise)
    if units is None:
        raise InputError(f"{path}: axis {name} states no units; expected hours or days")
    factor = seconds_of(units)
    if factor is None or variable.dtype.kind not in "fiu":
        raise InputError(f"{path}: axis {name} is in {units!r}; expected hours or days")
    seconds = variable.values.astype(np.float64) * factor
    if not np.isfinite(seconds).all():
        raise InputError(f"{path}: axis {name} holds a missing value")
    if (seconds < 0).any() or (seconds > 1e9).any():
        raise InputError(
            f"{path}: axis {name} holds leads from {variable.values.min()} to "
            f"{variable.values.max()} {units}; expected none below 0"
        )
    return (np.rint(seconds * 1000).astype(np.int64) * 1_000_000).astype("m8[ns]")


def seconds_of(units: object) -> float | None:
    """Seconds of a unit of time, None where it is none: ``hours``, ``h``, ``days``, ``min``."""
    unit = str(units).strip().lower()
    return _SECONDS.get(unit, _SECONDS.get(unit.removesuffix("s")))
