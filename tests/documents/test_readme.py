"""The two READMEs say the same, section by section, and what they name is there."""

from __future__ import annotations

import re

import pytest
from document_sections import FENCE, ROOT, sections

ENGLISH, CHINESE = sections("README.md"), sections("README.zh-CN.md")
PAIRS = list(zip(ENGLISH, CHINESE, strict=False))


def shape(text: str) -> dict[str, object]:
    """What two sections of equal content have in common."""
    without = FENCE.sub("", text)
    lines = without.splitlines()
    return {
        "blocks": [kind for kind, _ in FENCE.findall(text)],
        "table rows": sum(line.startswith("|") for line in lines),
        "points": sum(line.startswith("- ") for line in lines),
        "numbered": sum(re.match(r"\d+\. ", line) is not None for line in lines),
        "pictures": len(re.findall(r"!\[", without)),
    }


def named(text: str) -> set[str]:
    """Commands, files, keys and options that a section names in code."""
    spans = re.findall(r"`([^`]+)`", FENCE.sub("", text))
    words = {word for span in spans for word in re.findall(r"[A-Za-z_][\w./*-]+", span)}
    return {word for word in words if not re.fullmatch(r"[A-Z]+", word)}


def test_the_same_sections_in_the_same_order():
    depths = [[head.count("#") for head in part] for part in (ENGLISH, CHINESE)]
    assert depths[0] == depths[1]


@pytest.mark.parametrize("english, chinese", PAIRS)
def test_sections_have_the_same_shape(english, chinese):
    assert shape(CHINESE[chinese]) == shape(ENGLISH[english])


@pytest.mark.parametrize("english, chinese", PAIRS)
def test_sections_name_the_same_things(english, chinese):
    here, there = named(ENGLISH[english]), named(CHINESE[chinese])
    assert here ^ there == set()


def test_scripts_notebooks_and_configurations_that_are_named_are_there():
    for text in ("\n".join(ENGLISH.values()), "\n".join(CHINESE.values())):
        for path in re.findall(r"\b(?:tests/benchmarks|notebooks|configs)/[\w./-]+\w", text):
            found = list(ROOT.glob(f"{path}*"))
            assert found, path
