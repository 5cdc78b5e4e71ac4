"""Keys of GRIB messages through cfgrib, every failure one sentence that names the message."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from threading import RLock
from typing import Any

import numpy as np

from forecast.errors import InputError, MissingExtraError
from forecast.native import before_eccodes

_ONE_AT_A_TIME = RLock()
"""ecCodes is not built for several threads."""

_MISSING = float(np.finfo(np.float32).max)
_LARGEST = 1e30


@cache
def _modules() -> tuple[Any, Any]:
    """``eccodes`` and ``cfgrib.messages``; ecCodes' own log on stderr is put off.

    What it would log comes as an exception too. ``ECCODES_LOG_STREAM`` brings the log back.
    """
    before_eccodes()
    try:
        import eccodes
        from cfgrib import messages
    except (ImportError, RuntimeError):  # RuntimeError: the binding without the library
        raise MissingExtraError("GRIB", "grib") from None
    if "ECCODES_LOG_STREAM" not in os.environ:
        eccodes.codes_context_set_logging(_nowhere())
    return eccodes, messages


@cache
def _nowhere() -> Any:
    return open(os.devnull, "w")  # noqa: PTH123  (ecCodes keeps it as long as it lives)


@contextmanager
def decoding(where: str) -> Iterator[None]:
    """Turn what ecCodes and cfgrib raise into an error that names file and message.

    Messages are to be made, used and dropped within: one thread at a time is let in.
    """
    eccodes, _ = _modules()
    try:
        with _ONE_AT_A_TIME:
            yield
    except InputError:
        raise
    except KeyError as error:
        raise InputError(f"{where} has no {error.args[0]}") from None
    except OSError as error:
        raise InputError(f"{where} cannot be read: {error}") from None
    except (eccodes.CodesInternalError, ValueError, OverflowError, MemoryError) as error:
        text = str(error).strip().rstrip(".") or type(error).__name__
        raise InputError(f"{where} cannot be decoded: {text}") from None


def message_of(data: bytes) -> Any:
    """Message of its bytes; to be called within `decoding`.

    Returns
    -------
    cfgrib.messages.Message
    """
    eccodes, messages = _modules()
    return messages.Message(eccodes.codes_new_from_message(data), errors="ignore")


def keys_of(message: Any, names: Iterable[str]) -> dict[str, Any]:
    """Those keys of `names` the message has; to be called within `decoding`."""
    found = {name: message.message_get(name, default=None) for name in names}
    return {name: value for name, value in found.items() if value is not None}


def values_of(message: Any, size: int, where: str) -> np.ndarray:
    """Values of a message, in its order; to be called within `decoding`.

    Returns
    -------
    ndarray of float64, (size,)
        NaN where missing.

    Raises
    ------
    InputError
        There are more or fewer, which is known before they are decoded; or one is too large for
        any weather.
    """
    eccodes, _ = _modules()
    found = eccodes.codes_get_size(message.codes_id, "values")
    if found != size:
        raise InputError(f"{where} has {found} values; expected {size}, as its grid says")
    message["missingValue"] = _MISSING
    values = eccodes.codes_get_values(message.codes_id)
    values[values == _MISSING] = np.nan  # by a bitmap, or by a value of complex packing
    most = np.fmax.reduce(np.abs(values), initial=0.0)
    if not most < _LARGEST:
        raise InputError(f"{where} holds values up to {most:g}; expected less than {_LARGEST:g}")
    return values
