"""What the libraries of NetCDF raise on a damaged file, and attributes that are text where due."""

from __future__ import annotations

import xarray as xr

UNREADABLE = (
    *(OSError, RuntimeError, ValueError, TypeError, AttributeError, LookupError),
    ArithmeticError,
)
"""To be turned into `InputError` around the opening and loading of a file, and nothing else."""
TEXT_ATTRIBUTES = (
    *("units", "standard_name", "long_name", "axis", "positive", "calendar", "bounds"),
    *("coordinates", "grid_mapping", "cell_methods", "cf_role"),
)


def plain_attributes(data: xr.Dataset) -> None:
    """Make text of attributes that conventions want as text, in place: some files have arrays."""
    for variable in data.variables.values():
        for name in TEXT_ATTRIBUTES:
            value = variable.attrs.get(name, "")
            if not isinstance(value, str):
                variable.attrs[name] = str(value)
