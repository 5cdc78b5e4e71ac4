"""Every command's help fits 80 columns and holds an example that its parser takes."""

from __future__ import annotations

import re
import shlex

import pytest
import typer
from typer.testing import CliRunner

from forecast.cli.main import app
from forecast.cli.verify import spread_files

ROOT = typer.main.get_command(app)
EXAMPLE = re.compile(r"`(wubu [^`]+)`", re.DOTALL)


def leaves(command, path=()):
    """Every command that does something, with the words that call it."""
    if hasattr(command, "commands"):
        for name, below in command.commands.items():
            yield from leaves(below, (*path, name))
    else:
        yield path, command


COMMANDS = dict(leaves(ROOT))


def examples(command) -> list[list[str]]:
    """Arguments of the examples of a help text."""
    text = command.callback.__doc__ or command.help or ""
    return [shlex.split(" ".join(found.split()))[1:] for found in EXAMPLE.findall(text)]


def parse(arguments: list[str]):
    """Let the parsers take the arguments, without running anything; wrong ones are an error."""
    command, context = ROOT, None
    arguments = spread_files(arguments)
    while hasattr(command, "commands"):
        context = command.make_context(
            command.name, arguments[:0] or [], parent=context, resilient_parsing=True
        )
        command, arguments = command.commands[arguments[0]], arguments[1:]
    return command.make_context(command.name, list(arguments), parent=context)


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_help_holds_an_example_that_parses(path):
    command = COMMANDS[path]
    found = examples(command)
    own = [arguments for arguments in found if tuple(arguments[: len(path)]) == path]
    assert own, f"wubu {' '.join(path)} --help has no example"
    for arguments in found:
        assert parse(arguments) is not None


def test_a_wrong_example_would_be_found():
    with pytest.raises(Exception, match=r"[Mm]issing"):
        parse(["train", "config.yaml"])
    with pytest.raises(Exception, match="No such option"):
        parse(["issue", "config.yaml", "--day", "2015-12-05"])


@pytest.mark.parametrize("path", [(), *COMMANDS], ids=lambda path: " ".join(path) or "wubu")
def test_help_fits_eighty_columns(path):
    said = CliRunner().invoke(app, [*path, "--help"], env={"COLUMNS": "80", "TERM": "dumb"})
    assert said.exit_code == 0
    assert max(map(len, said.output.splitlines())) <= 80
    assert "Traceback" not in said.output
