"""The examples of CONTRIBUTING.md run as they stand, and what they make fits where it belongs."""

from __future__ import annotations

from typing import Annotated

import pytest
from document_sections import blocks, section
from pydantic import Field, TypeAdapter

from forecast.observations.formats import AnySource
from verification import SCORES

GUIDES = ("Add a reader", "Add a member", "Add a score", "Add a standard")


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A function that runs the blocks of a guide in an empty folder and returns their names."""
    monkeypatch.chdir(tmp_path)

    def ran(guide: str) -> dict:
        text = section("CONTRIBUTING.md", guide)
        for content in blocks(text, "yaml"):
            name = content.splitlines()[0].removeprefix("# ")
            (tmp_path / name).write_text(content, encoding="utf-8")
        names: dict = {"__name__": "example"}
        for number, code in enumerate(blocks(text, "python"), start=1):
            exec(compile(code, f"{guide}, block {number}", "exec", dont_inherit=True), names)
        return names

    return ran


@pytest.mark.parametrize("guide", GUIDES)
def test_runs(run, guide):
    assert "assert" in blocks(section("CONTRIBUTING.md", guide), "python")[-1]
    run(guide)


def test_the_reader_is_chosen_by_its_format(run):
    reader = run("Add a reader")["Piped"]
    both = TypeAdapter(Annotated[AnySource | reader, Field(discriminator="format")])
    source = both.validate_python({"format": "piped", "files": "*.txt"})
    assert isinstance(source, reader)
    assert source.store_name == "piped"


def test_the_score_is_new_and_known_by_its_description(run):
    (score,) = run("Add a score")["SCORES"]
    assert score.name not in SCORES
    assert score.range[0] == score.perfect
