"""Rules of scoring written into the sums, so that sums made by different rules do not merge.

The parameters of points and hits shape the sums. They are the one label of a dimension `rules`,
and labels within a pair must agree when sums are merged.
"""

from __future__ import annotations

import numpy as np
import xarray as xr

RULES = "rules"


def rules_label(**parameters: object) -> np.ndarray:
    """Label that spells out the parameters.

    Parameters
    ----------
    **parameters
        Numbers or sequences of numbers, by name.

    Returns
    -------
    numpy.ndarray
        One text.

    Examples
    --------
    >>> from verification.consultation.labels import rules_label
    >>> rules_label(edges=(25, 50.0), tolerance=1)
    array(['edges 25/50, tolerance 1'], dtype='<U24')
    """
    texts = [f"{name} {_spelt(value)}" for name, value in parameters.items()]
    return np.array([", ".join(texts)])


def _spelt(value: object) -> str:
    return "/".join(f"{number:.12g}" for number in np.atleast_1d(np.asarray(value, np.float64)))


def without_rules(value: xr.DataArray, name: str) -> xr.DataArray:
    """Take the dimension `rules` away from a score, and name it.

    Parameters
    ----------
    value : xarray.DataArray
        With the dimension `rules` of length one.
    name : str
        Name of the result.

    Returns
    -------
    xarray.DataArray
        Without that dimension and its label.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification.consultation.labels import without_rules
    >>> value = xr.DataArray([[1.0, 2.0]], {"rules": ["tolerance 1"]}, ["rules", "lead"])
    >>> without_rules(value, "hits").dims
    ('lead',)
    """
    return value.isel({RULES: 0}, drop=True).rename(name)
