"""Sums of a batch of issues put aside on disk, and read back one group at a time.

Sums of a year by group, model, issue and lead do not fit into memory; those of one group do. Each
part is a bare array of float64 on (group, numbers), so that a piece of a group is one short read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import prod
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

    @cached_property
    def size(self) -> int:
        """How many numbers it is."""
        return sum(prod(shape) for _, _, shape in self.layout)


@dataclass(frozen=True)
class Part:
    """Sums of one batch and standard, as a file of numbers by group."""

    path: Path
    standard: str
    groups: tuple[Group, ...]
    pieces: tuple[Piece, ...]
    width: int

    @property
    def row_bytes(self) -> int:
        """Size of the sums of one group."""
        return self.width * np.dtype(np.float64).itemsize

    def rows(self, names: Sequence[str]) -> list[tuple[int, Group]]:
        """Row and group of some names, of either kind of place."""
        return [(i, group) for i, group in enumerate(self.groups) if group.name in names]

    def numbers(self, row: int, start: int, count: int) -> np.ndarray:
        """Some numbers of a row; nothing else of the file is read."""
        offset = row * self.row_bytes + start * np.dtype(np.float64).itemsize
        return np.fromfile(self.path, dtype=np.float64, count=count, offset=offset)


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
    numbers = np.concatenate(columns, axis=1, dtype=np.float64)
    numbers.tofile(path)
    return Part(path, standard, tuple(groups), tuple(pieces), numbers.shape[1])


@dataclass(frozen=True)
class _Entry:
    """Where the sums of a piece for one group lie."""

    part: Part
    piece: Piece
    group: Group
    row: int
    start: int

    @property
    def owner(self) -> tuple[str, str]:
        """Model and kind of place."""
        return self.piece.key[2], self.group.kind

    @property
    def at(self) -> tuple[str, str, str, str]:
        """Labels of `AXES`."""
        return (*self.owner, self.piece.key[1], self.group.name)

    def sums(self) -> Iterator[tuple[str, np.ndarray]]:
        """Name and values of each variable."""
        numbers = self.part.numbers(self.row, self.start, self.piece.size)
        offset = 0
        for name, _, shape in self.piece.layout:
            size = prod(shape)
            yield name, numbers[offset : offset + size].reshape(shape)
            offset += size


def entries_of(parts: Sequence[Part], names: Sequence[str]) -> Iterator[_Entry]:
    """Where the sums of some groups lie; nothing is read yet."""
    for part in parts:
        for row, group in part.rows(names):
            start = 0
            for piece in part.pieces:
                yield _Entry(part, piece, group, row, start)
                start += piece.size


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
        Standard, and the sums of a family: of all variables that the same models have, and of the
        groups that have the same kinds of place. A place, a member or a variable that some issues
        lack has no pairs there.
    """
    kinds: dict[str, set[str]] = {}
    for part in parts:
        for _, group in part.rows(names):
            kinds.setdefault(group.name, set()).add(group.kind)
    held: dict[tuple[str, str, tuple[int, ...], frozenset[str]], list[_Entry]] = {}
    for entry in entries_of(parts, names):
        inner = tuple(len(v) for n, v in entry.piece.labels.items() if n != "issue")
        of_kinds = frozenset(kinds[entry.group.name])
        key = (entry.part.standard, entry.piece.key[0], inner, of_kinds)
        held.setdefault(key, []).append(entry)
    issues = np.unique(np.concatenate([p.pieces[0].labels["issue"] for p in parts]))
    for (standard, family, *_), entries in held.items():
        for alike in _of_same_models(entries):
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
        labels = entry.piece.labels
        if not np.array_equal(labels["lead"], first.labels["lead"]):
            raise InputError(
                f"the issues from {str(labels['issue'][0])[:10]} on have other leads than those "
                "before; verify them apart"
            )
        rows = np.searchsorted(issues, labels["issue"])
        for name, values in entry.sums():
            arrays[name][at[entry.at], rows] = values
    lengths = tuple(len(labels) for labels in axes)
    return xr.Dataset(
        {
            name: ((*AXES, *dims), arrays[name].reshape(*lengths, *arrays[name].shape[1:]))
            for name, dims, _ in first.layout
        },
        {**dict(zip(AXES, axes, strict=True)), **first.labels, "issue": issues},
        {"family": family},
    )
