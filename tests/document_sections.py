"""Sections and fenced blocks of the project's documents, for the tests that read them."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def sections(name: str) -> dict[str, str]:
    """Text below every heading of a document, in order; headings of all depths, as they stand."""
    text = (ROOT / name).read_text(encoding="utf-8")
    fences = [match.span() for match in FENCE.finditer(text)]
    heads = [
        match
        for match in re.finditer(r"^#+ .*$", text, re.MULTILINE)
        if not any(start <= match.start() < end for start, end in fences)
    ]
    ends = [*(head.start() for head in heads[1:]), len(text)]
    return {h.group(): text[h.end() : end] for h, end in zip(heads, ends, strict=True)}


def section(name: str, start: str) -> str:
    """Text of the one section whose heading begins so (after the #)."""
    found = [text for head, text in sections(name).items() if head.lstrip("# ").startswith(start)]
    assert len(found) == 1, f"{name}: {len(found)} sections called {start}"
    return found[0]


def blocks(text: str, language: str) -> list[str]:
    """Fenced blocks of a language."""
    return [body for kind, body in FENCE.findall(text) if kind == language]
