"""LightGBM's text of a model, looked through before its library reads it.

The library trusts the text: an index beyond the predictors or a node that is its own child would
make it read foreign memory or never end. Here only plain trees of numbers pass, with the parts in
the place and number the library will look for.
"""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import numpy as np

SPLITS = ("split_feature", "threshold", "decision_type", "left_child", "right_child")
OTHERS = ("split_gain", "internal_value", "internal_weight", "internal_count")
"""Arrays of a tree with one number a split; those of `OTHERS` are not used in a prediction."""
LEAVES = ("leaf_value", "leaf_weight", "leaf_count")
"""Arrays with one number a leaf."""
MOST_LEAVES = 131_072
"""What LightGBM itself allows."""
CATEGORICAL = 1
"""Bit of a decision by category, which none of ours is."""
PLAIN = re.compile(rb"[ -~\n]*")
"""The characters of a saved model; at a NUL the library would lose its place."""
PARAMETER = re.compile(r"\[([a-z0-9_]+): .*\]")
"""A line of what a model was trained with."""


def check_booster(path: Path) -> None:
    """Refuse the text of a model that is not made of sound trees.

    Raises
    ------
    ValueError
        It is damaged, or of a kind that is never saved here; the message names file and part.
    """
    text = path.read_bytes()
    head, _, rest = text.partition(b"\nTree=0\n")
    body, found, after = (b"Tree=0\n" + rest).partition(b"end of trees\n")
    try:
        if not PLAIN.fullmatch(text):
            raise ValueError("it is not plain text")
        header = _pairs(head.decode("ascii"))
        features = int(header["max_feature_idx"]) + 1
        counts = {len(header[name].split()) for name in ("feature_names", "feature_infos")}
        if not head.startswith(b"tree\nversion=v") or not rest or not found or counts != {features}:
            raise ValueError("its header does not fit")
        if (header["num_class"], header["num_tree_per_iteration"]) != ("1", "1"):
            raise ValueError("it has several outputs")
        for number, tree in enumerate(_trees(body, header["tree_sizes"])):
            _check_tree(_pairs(tree.decode("ascii")), number, features)
        _check_parameters(after.decode("ascii"))
    except (ValueError, LookupError, OverflowError) as error:
        raise ValueError(f"{path}: not a saved LightGBM model: {error}") from None


def _check_parameters(text: str) -> None:
    """What the model was trained with, a line each: the library does not survive other text."""
    _, begun, rest = text.partition("\nparameters:\n")
    lines, ended, _ = rest.partition("\nend of parameters\n")
    names = [PARAMETER.fullmatch(line) for line in lines.rstrip("\n").split("\n")]
    if not begun or not ended or None in names:
        raise ValueError("its parameters are not a line each")
    if len({found[1] for found in names if found}) < len(names):
        raise ValueError("a parameter stands twice")


def _pairs(text: str) -> dict[str, str]:
    lines = [line.partition("=") for line in text.split("\n") if "=" in line]
    pairs = {key: value for key, _, value in lines}
    if len(pairs) < len(lines):
        raise ValueError("a key stands twice")
    return pairs


def _trees(body: bytes, sizes: str) -> list[bytes]:
    """The text of each tree, cut where the library will cut it."""
    ends = np.cumsum([0, *map(int, sizes.split())])
    if ends[-1] != len(body) or (np.diff(ends) <= 0).any():
        raise ValueError("its tree_sizes are not those of its trees")
    return [body[a:b] for a, b in pairwise(ends)]


def _check_tree(tree: dict[str, str], number: int, features: int) -> None:
    where = f"tree {number}"
    leaves = int(tree["num_leaves"])
    plain = tree["num_cat"] == "0" and tree.get("is_linear", "0") == "0"
    if not np.isfinite(float(tree["shrinkage"])):  # without it the library ends the process
        raise ValueError(f"{where}: its shrinkage is no number")
    if tree["Tree"] != str(number) or not plain or not 1 <= leaves <= MOST_LEAVES:
        raise ValueError(f"{where} is of another kind")
    arrays = {name: _numbers(tree, name, leaves, where) for name in LEAVES}
    if not np.isfinite(arrays["leaf_value"]).all():
        raise ValueError(f"{where}: a leaf has no value")
    if leaves == 1:
        return
    arrays = {name: _numbers(tree, name, leaves - 1, where) for name in (*SPLITS, *OTHERS)}
    if np.isnan(arrays["threshold"]).any():
        raise ValueError(f"{where}: a threshold is no number")
    feature, decision, left, right = (
        _whole(arrays[name], name, where)
        for name in ("split_feature", "decision_type", "left_child", "right_child")
    )
    if (feature < 0).any() or (feature >= features).any():
        raise ValueError(f"{where}: a split is of a predictor beyond the {features} there are")
    if (decision < 0).any() or (decision > 127).any() or (decision & CATEGORICAL).any():
        raise ValueError(f"{where}: a split is of another kind")
    children = np.concatenate([left, right])
    parents = np.tile(np.arange(leaves - 1), 2)
    expected = np.concatenate([np.arange(-leaves, 0), np.arange(1, leaves - 1)])
    inner = children > 0
    if not np.array_equal(np.sort(children), expected) or (children <= parents)[inner].any():
        raise ValueError(f"{where}: its splits do not form a tree")


def _numbers(tree: dict[str, str], name: str, count: int, where: str) -> np.ndarray:
    cells = tree.get(name, "").split(" ")
    if name in (*LEAVES[1:], *OTHERS) and not tree.get(name):
        return np.zeros(count)
    if len(cells) != count:
        raise ValueError(f"{where}: {len(cells)} numbers of {name}; expected {count}")
    return np.array(cells, dtype=np.float64)


def _whole(values: np.ndarray, name: str, where: str) -> np.ndarray:
    if not (np.abs(values) < 2**31).all() or (values != np.rint(values)).any():
        raise ValueError(f"{where}: {name} are not whole numbers")
    return values.astype(np.int64)
