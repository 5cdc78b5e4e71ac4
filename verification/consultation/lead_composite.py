"""One figure for several leads: the weighted mean of a score by lead."""

from __future__ import annotations

from collections.abc import Mapping

import xarray as xr

NMC_LEAD_WEIGHTS: Mapping[int, float] = {1: 0.5, 2: 0.3, 3: 0.2}
"""Weights of leads of 1, 2 and 3 days (24, 48 and 72 h) in the composite of the NMC."""


def nmc_lead_composite(
    values: xr.DataArray,
    *,
    dim: str = "lead",
    weights: Mapping[int, float] = NMC_LEAD_WEIGHTS,
) -> xr.DataArray:
    """Mean of a score over the leads, weighted.

    Σ w(l) S(l) / Σ w(l), with .5, .3 and .2 for 24, 48 and 72 h.

    Parameters
    ----------
    values : xarray.DataArray
        A score by lead, such as `nmc_composite`; labels of `dim` are leads. Leads that have no
        weight are passed over.
    dim : str
        The dimension of leads.
    weights : mapping
        Label of a lead to its weight; days by default. Give `{24: .5, 48: .3, 72: .2}` for hours.

    Returns
    -------
    xarray.DataArray
        Without `dim`, under the name of the values; NaN where one of the weighted leads is.

    Raises
    ------
    ValueError
        If the values lack labels of leads or one of the weighted leads, or the weights are
        negative or all zero.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import nmc_lead_composite
    >>> points = xr.DataArray([80.0, 70.0, 60.0, 50.0], {"lead": [1, 2, 3, 4]}, ["lead"])
    >>> float(nmc_lead_composite(points))  # 0.5 x 80 + 0.3 x 70 + 0.2 x 60
    73.0
    """
    found = values.indexes[dim].tolist() if dim in values.indexes else []
    missing = [lead for lead in weights if lead not in found]
    if missing:
        raise ValueError(f"a composite over leads needs {list(weights)} on {dim!r}, found {found}")
    given = xr.DataArray(list(weights.values()), {dim: list(weights)}, [dim])
    total = float(given.sum())
    if not (given >= 0).all() or not total > 0:
        raise ValueError(f"weights of leads must not be negative or all zero, found {weights}")
    mean = (values.sel({dim: list(weights)}) * given).sum(dim, skipna=False) / total
    return mean.rename(values.name)
