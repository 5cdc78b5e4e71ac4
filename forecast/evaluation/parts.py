"""Sums of a batch of issues put aside on disk, and read back one group at a time.

Sums of a year by group, model, issue and lead do not fit into memory; those of one group do. Each
part is one array on (group, numbers), so that a group is read in one piece.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import xarray as xr

from forecast.errors import InputError
from forecast.evaluation.groups import Group

Key = tuple[str, str, str]
"""Family, variable, model."""
AXES = ("model", "place_kind", "pollutant", "group")


@dataclass(frozen=True)
class Piece:
    """Where the sums of one family, variable and model lie in a row, and how they are laid out."""

    key: Key
    layout: tuple[tuple[str, tuple[str, ...], tuple[int, ...]], ...]
    labels: Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Part:
    """Sums of one batch and standard, as a file of numbers by group."""

    path: Path
    standard: str
    groups: tuple[Group, ...]
    pieces: tuple[Piece, ...]

    def rows(self, names: Sequence[str]) -> list[tuple[Group, np.ndarray]]:
        """Numbers of the groups of some names, of either kind of place."""
        numbers = np.load(self.path, mmap_mode="r")
        wanted = [(i, group) for i, group in enumerate(self.groups) if group.name in names]
        return [(group, np.array(numbers[i])) for i, group in wanted]


def write_part(
    path: Path, standard: str, groups: Sequence[Group], sums: Mapping[Key, xr.Dataset]
) -> Part:
    """Put sums on (group, issue, lead, …) aside."""
    pieces, columns = [], []
    for key, found in sums.items():
        layout = []
        for name, variable in found.data_vars.items():
            laid = variable.variable.transpose("group", ...)
            layout.append((str(name), tuple(map(str, laid.dims[1:])), laid.shape[1:]))
            columns.append(laid.values.reshape(len(groups), -1))
        labels = {str(d): found[d].values for d in found.indexes if d != "group"}
        pieces.append(Piece(key, tuple(layout), labels))
    np.save(path, np.concatenate(columns, axis=1))
    return Part(path, standard, tuple(groups), tuple(pieces))


@dataclass(frozen=True)
class _Entry:
    """Sums of a piece for one group."""

    piece: Piece
    group: Group
    numbers: np.ndarray

    @property
    def owner(self) -> tuple[str, str]:
        """Model and kind of place."""
        return self.piece.key[2], self.group.kind

    @property
    def at(self) -> tuple[str, str, str, str]:
        """Labels of `AXES`."""
        return (*self.owner, self.piece.key[1], self.group.name)


def stacks(parts: Sequence[Part], names: Sequence[str]) -> Iterator[tuple[str, xr.Dataset]]:
    """Sums of some groups, each on (model, place_kind, pollutant, group, issue, lead, …).

    Parameters
    ----------
    parts : sequence of Part
        Of all batches.
    names : sequence of str
        Of the groups.

    Yields
    ------
    tuple of str and xarray.Dataset
        Standard, and the sums of a family: of all variables that the same models have. A place,
        a member or a variable that some issues lack has no pairs there.
    """
    held: dict[tuple[str, str, tuple[int, ...]], list[_Entry]] = {}
    for part in parts:
        for group, row in part.rows(names):
            offset = 0
            for piece in part.pieces:
                size = sum(int(np.prod(shape)) for _, _, shape in piece.layout)
                inner = tuple(len(v) for n, v in piece.labels.items() if n != "issue")
                entry = _Entry(piece, group, row[offset : offset + size])
                held.setdefault((part.standard, piece.key[0], inner), []).append(entry)
                offset += size
    issues = np.unique(np.concatenate([p.pieces[0].labels["issue"] for p in parts]))
    for standard, family, inner in list(held):
        for alike in _of_same_models(held.pop((standard, family, inner))):
            yield standard, _stack(alike, family, issues)


def _of_same_models(entries: Sequence[_Entry]) -> list[list[_Entry]]:
    """Entries whose variables the same models and kinds of place have."""
    has: dict[str, set[tuple[str, str]]] = {}
    for entry in entries:
        has.setdefault(entry.piece.key[1], set()).add(entry.owner)
    alike: dict[frozenset[tuple[str, str]], list[_Entry]] = {}
    for entry in entries:
        alike.setdefault(frozenset(has[entry.piece.key[1]]), []).append(entry)
    return list(alike.values())


def _stack(entries: Sequence[_Entry], family: str, issues: np.ndarray) -> xr.Dataset:
    first = entries[0].piece
    axes = [list(dict.fromkeys(labels)) for labels in zip(*(e.at for e in entries), strict=True)]
    at = {labels: i for i, labels in enumerate(product(*axes))}
    arrays = {name: np.zeros((len(at), len(issues), *shape[1:])) for name, _, shape in first.layout}
    for entry in entries:
        piece, offset = entry.piece, 0
        if not np.array_equal(piece.labels["lead"], first.labels["lead"]):
            raise InputError(
                f"the issues from {str(piece.labels['issue'][0])[:10]} on have other leads than "
                "those before; verify them apart"
            )
        rows = np.searchsorted(issues, piece.labels["issue"])
        for name, _, shape in piece.layout:
            size = int(np.prod(shape))
            part = entry.numbers[offset : offset + size].reshape(shape)
            arrays[name][at[entry.at], rows] = part
            offset += size
    lengths = tuple(len(labels) for labels in axes)
    return xr.Dataset(
        {
            name: ((*AXES, *dims), arrays[name].reshape(*lengths, *arrays[name].shape[1:]))
            for name, dims, _ in first.layout
        },
        {**dict(zip(AXES, axes, strict=True)), **first.labels, "issue": issues},
        {"family": family},
    )
