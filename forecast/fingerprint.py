"""A digest of everything a forecast is made from: configuration, code and data.

Two runs with the same fingerprint give the same bytes, so one may go on where the other stopped,
and a trained ensemble with the same fingerprint need not be trained again.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version as installed_version
from pathlib import Path

import numpy as np
import xarray as xr

from forecast.config import Config
from forecast.version import version

PACKAGES = ("ensembles", "forecast")
"""Packages whose code decides the forecast."""
LIBRARIES = ("lightgbm", "numpy", "pandas", "scipy", "xarray")
"""Libraries whose version may change its last digits."""
DIGITS = 16


def fingerprint(config: Config, *data: xr.Dataset) -> str:
    """Digest of a configuration, the code in use and data.

    Parameters
    ----------
    config : Config
        Paths and the number of workers do not enter.
    *data : xarray.Dataset
        Every value of every variable and coordinate enters, with name, dimensions and type, and
        so does the order of the data sets; attributes do not.

    Returns
    -------
    str
        16 hex digits of SHA-256.
    """
    digest = hashlib.sha256(f"{config.digest} {code_digest()}".encode())
    for dataset in data:
        for name in sorted(dataset.variables, key=str):
            variable = dataset.variables[name]
            values = variable.values
            if values.dtype.kind == "O":
                values = values.astype(str)
            digest.update(f"|{name} {variable.dims} {values.shape} {values.dtype.str}|".encode())
            digest.update(np.ascontiguousarray(values).reshape(-1).view(np.uint8).data)
        digest.update(b"||")
    return digest.hexdigest()[:DIGITS]


@cache
def code_digest() -> str:
    """Digest of the version, the source files and the libraries in use, 16 hex digits."""
    libraries = [f"{name} {installed_version(name)}" for name in LIBRARIES]
    digest = hashlib.sha256(" ".join([version(), *libraries]).encode())
    root = Path(__file__).parent.parent
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*")):
            name = path.relative_to(root).as_posix()
            # the shipped configurations lie here in an installation only, and decide nothing
            if path.suffix in (".py", ".yaml") and not name.startswith("forecast/configs/"):
                digest.update(f"|{name}|".encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()[:DIGITS]
