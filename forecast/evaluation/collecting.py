"""One batch of issued files reduced to sums by group, model, issue and lead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr
from scipy.sparse import csr_matrix

from forecast.evaluation.batches import read_batch
from forecast.evaluation.families import families_of, model_sums
from forecast.evaluation.groups import Group, pair_groups, place_groups, sums_of_groups
from forecast.evaluation.parts import Key, Part, write_part
from forecast.evaluation.settings import Evaluation
from forecast.evaluation.truth import KEEP, models, observed_pairs, shared_pairs, valid_days
from forecast.standard import Standard, as_date, standard_for


@dataclass(frozen=True)
class Collection:
    """What every batch is reduced by.

    Attributes
    ----------
    observed : xarray.Dataset
        Daily values, index, level and primary pollutants, (place, day).
    settings : Evaluation
        Parameters of the scores and groups.
    by, scores : tuple of str
        Groupings, and names of scores.
    common : bool
        Count only the pairs that every model forecast, so that models can be compared.
    folder : Path
        Where parts are put aside.
    never : set of tuple of str
        Pollutant or index, and model that has no forecast of it at all: it is not waited for.
    adjusted : bool
        Whether some forecast was adjusted: what guidance said is then scored beside.
    """

    observed: xr.Dataset
    settings: Evaluation
    by: tuple[str, ...]
    scores: tuple[str, ...]
    common: bool
    folder: Path
    never: frozenset[tuple[str, str]] = frozenset()
    adjusted: bool = False

    def parts(self, number: int, paths: Sequence[Path]) -> list[Part]:
        """Sums of the batch of that number, for each standard of its days."""
        issued = read_batch(paths, adjusted=self.adjusted)
        valid = valid_days(issued["issue"].values, issued["lead"].values)
        truth = observed_pairs(self.observed, issued, valid)
        out: list[Part] = []
        for standard in dict.fromkeys(standard_for(as_date(day)) for day in np.unique(valid)):
            holds = np.array([[standard.holds_on(as_date(d)) for d in row] for row in valid])
            inside = truth.where(xr.DataArray(holds, dims=KEEP))
            groups, sums = self._sums(issued, inside, standard)
            path = self.folder / f"{number}-{len(out)}.f8"
            out.append(write_part(path, standard.name, groups, sums))
        return out

    def _sums(
        self, issued: xr.Dataset, obs: xr.Dataset, standard: Standard
    ) -> tuple[list[Group], Mapping[Key, xr.Dataset]]:
        """Groups and the sums on (group, issue, lead, …)."""
        families = families_of(self.scores)
        seen = shared_pairs(issued, obs, self.never) if self.common else obs
        groups = list(self._groups(issued, seen))
        sums: dict[Key, xr.Dataset] = {}
        for model, forecast in models(issued, standard, self.settings.half_width):
            placed = forecast.transpose("place", *KEEP, ...)
            found: dict[Key, list[xr.Dataset]] = {}
            for _, members, of_group in groups:
                each = model_sums(placed, of_group, standard, families, self.settings)
                for (family, variable), by_place in each:
                    if (variable, model) in self.never:
                        continue
                    part = sums_of_groups(by_place, members)
                    found.setdefault((family, variable, model), []).append(part)
            sums |= {key: _joined(several) for key, several in found.items()}
        return [group for some, _, _ in groups for group in some], sums

    def _groups(
        self, issued: xr.Dataset, obs: xr.Dataset
    ) -> Iterator[tuple[list[Group], csr_matrix, xr.Dataset]]:
        """Groups, their places and observations of the groups that are summed in one pass."""
        laid = obs.transpose("place", *KEEP)
        yield *place_groups(issued, self.by), laid
        every, members = place_groups(issued, ())
        for name, mask in pair_groups(laid, self.by, self.settings):
            yield [Group(kind, name) for kind, _ in every], members, laid.where(mask)


def _joined(several: Sequence[xr.Dataset]) -> xr.Dataset:
    """Sums of several passes along the groups."""
    if len(several) == 1:
        return several[0]
    first = several[0]
    data = {
        name: (variable.dims, np.concatenate([s[name].values for s in several]))
        for name, variable in first.data_vars.items()
    }
    return xr.Dataset(data, first.coords, first.attrs)
