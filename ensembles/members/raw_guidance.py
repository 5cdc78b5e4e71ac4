"""Raw guidance: another model's forecast as it is, for comparison.

The distribution has no spread: all its quantiles are the one value, so its CRPS is the absolute
error and its bias that of the model. It is not meant to be weighed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import xarray as xr

from ensembles.distribution import LEVELS, Distribution
from ensembles.folds import Fold
from ensembles.table import DIMS


@dataclass(frozen=True)
class RawGuidance:
    """Guidance without any correction.

    Parameters
    ----------
    guidance : str
        Case variable (issue, lead, place) in the target's unit.
    name : str
        Of the member.

    Examples
    --------
    >>> import numpy as np, xarray as xr
    >>> cases = xr.Dataset(
    ...     {"model": (("issue", "lead", "place"), np.float32([[[7.5]]]))},
    ...     {"issue": np.array(["2014-01-01"], "M8[ns]"), "lead": [1], "place": ["a"]},
    ... )
    >>> raw = RawGuidance("model").fit(cases, cases["model"])
    >>> raw.predict(cases).quantiles.values[0, 0, 0, [0, 49, 98]].tolist()
    [7.5, 7.5, 7.5]
    """

    guidance: str
    name: str = "raw_guidance"

    def fit(self, cases: xr.Dataset, target: xr.DataArray) -> FittedRawGuidance:
        """Nothing is learned."""
        return FittedRawGuidance(self.guidance)

    def cross_fit(
        self, cases: xr.Dataset, target: xr.DataArray, folds: list[Fold]
    ) -> tuple[FittedRawGuidance, Distribution]:
        """Nothing is learned, so every case is out of fold."""
        fitted = self.fit(cases, target)
        return fitted, fitted.predict(cases)


@dataclass(frozen=True)
class FittedRawGuidance:
    """Which case variable is the guidance."""

    guidance: str

    def predict(self, cases: xr.Dataset) -> Distribution:
        """The guidance at every level; NaN where there is none."""
        shape = tuple(cases.sizes[d] for d in DIMS)
        values = np.full(shape, np.nan, np.float32)
        if self.guidance in cases:
            values = cases[self.guidance].transpose(*DIMS).values.astype(np.float32)
        return Distribution.from_values(np.repeat(values[..., None], len(LEVELS), axis=-1), cases)

    def save(self, folder: Path) -> None:
        """Write ``raw_guidance.json``."""
        folder.mkdir(parents=True, exist_ok=True)
        state = json.dumps({"guidance": self.guidance})
        (folder / "raw_guidance.json").write_text(state, encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read ``raw_guidance.json``."""
        return cls(
            json.loads((folder / "raw_guidance.json").read_text(encoding="utf-8"))["guidance"]
        )
