"""Entry point: errors become one sentence and an exit code, never a traceback."""

from __future__ import annotations

import io
import os
import sys

from forecast.cli.case import case
from forecast.cli.codes import exit_code
from forecast.cli.commands import app
from forecast.cli.consult import consult
from forecast.cli.fetch import app as fetch_app
from forecast.cli.report import report
from forecast.cli.run import run as run_command
from forecast.cli.simulate import simulate
from forecast.cli.status import status
from forecast.cli.verify import spread_files, verify
from forecast.errors import sentence, unforeseen

app.command()(consult)
app.command()(case)
app.command()(verify)
app.command()(report)
app.command()(simulate)
app.command(name="run")(run_command)
app.command()(status)
app.add_typer(fetch_app, name="fetch")


def main(arguments: list[str] | None = None) -> None:
    """Run a command and exit with its code, see `forecast.cli.codes`.

    Parameters
    ----------
    arguments : list of str, optional
        Instead of those of the process.
    """
    sys.exit(run(arguments))


def run(arguments: list[str] | None = None) -> int:
    """Run a command and return its exit code."""
    for stream in (sys.stdout, sys.stderr):  # a console that knows no Chinese shows "?" instead
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        app(args=spread_files(sys.argv[1:] if arguments is None else arguments), prog_name="wubu")
    except SystemExit as done:  # how typer ends, wrong usage included
        return done.code if isinstance(done.code, int) else int(done.code is not None)
    except (Exception, KeyboardInterrupt) as error:
        if unforeseen(error) and os.environ.get("WUBU_TRACEBACK"):
            raise
        print(f"wubu: {sentence(error)}", file=sys.stderr)
        return exit_code(error)
    return 0
