"""Plain YAML: data alone, each key once, and no more of it than somebody wrote."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import yaml

MOST_CHARACTERS = 4_000_000
"""A configuration with the names of ten thousand places has a tenth of it."""
MOST_KEYS = 50_000
"""Keys of one mapping; merged keys double from one to the next, and a page of them fills memory."""


class _Plain(yaml.SafeLoader):
    """Safe YAML in which a key may stand only once: the second would silently win."""

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Merge what ``<<`` names, up to `MOST_KEYS`."""
        super().flatten_mapping(node)
        if len(node.value) > MOST_KEYS:
            raise yaml.YAMLError(f"over {MOST_KEYS} keys, {_line(node)}")

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Refuse a mapping that holds a key twice."""
        seen = set()
        for key, _ in node.value:
            if isinstance(key.value, str):
                if key.value in seen:
                    raise yaml.YAMLError(f"key {key.value!r} stands twice, again {_line(key)}")
                seen.add(key.value)
        return super().construct_mapping(node, deep)


def plain_yaml(text: str) -> Any:
    """Content of a YAML document.

    Parameters
    ----------
    text : str

    Raises
    ------
    ValueError
        It is no YAML, holds a key twice or anything but plain data, or is absurdly large; the
        message is one line.

    Examples
    --------
    >>> plain_yaml("a: [1, 2.5, text]")
    {'a': [1, 2.5, 'text']}
    """
    if len(text) > MOST_CHARACTERS:
        raise ValueError(f"{len(text):,} characters; expected at most {MOST_CHARACTERS:,}")
    try:
        return yaml.load(text, Loader=_Plain)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    except (yaml.YAMLError, ValueError, LookupError, AttributeError, TypeError) as error:
        raise ValueError(" ".join(str(error).split())) from None


def _line(node: yaml.Node) -> str:
    return f"in line {node.start_mark.line + 1}"
