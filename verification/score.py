"""What every score is: its family of sums, range, perfect value and orientation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import xarray as xr

Orientation = Literal["larger", "smaller", "nearest"]


@dataclass(frozen=True)
class Score:
    """A score that is a function of sums.

    Parameters
    ----------
    name : str
        Name in tables.
    family : str
        Family of sums that it is read from.
    function : callable
        Sums to `xarray.DataArray`.
    range : tuple of float
        Smallest and largest possible value, for input that is not negative.
    perfect : float
        Value of a perfect forecast.
    orientation : {"larger", "smaller", "nearest"}
        Better is larger, smaller, or nearer to `perfect`.
    long_name, chinese : str
        Name in words, in English and in Chinese.
    unit : {"input", "1"}
        In the unit of the forecast values, or without one.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import SCORES, continuous_sums
    >>> obs = xr.DataArray([10.0, 20.0], dims="x")
    >>> score = SCORES["mae"]
    >>> float(score(continuous_sums(obs + 2, obs))), score.perfect, score.orientation
    (2.0, 0.0, 'smaller')
    """

    name: str
    family: str
    function: Callable[[xr.Dataset], xr.DataArray]
    range: tuple[float, float]
    perfect: float
    orientation: Orientation
    long_name: str
    chinese: str
    unit: Literal["input", "1"] = "1"

    def __call__(self, sums: xr.Dataset) -> xr.DataArray:
        """Read the score from sums, under its own name.

        Parameters
        ----------
        sums : xarray.Dataset
            Sums of the family.

        Returns
        -------
        xarray.DataArray
            On the kept dimensions.

        Raises
        ------
        ValueError
            If the sums are of another family.
        """
        return self.function(sums).rename(self.name)
