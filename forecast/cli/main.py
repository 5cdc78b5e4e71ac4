"""Entry point: errors become one sentence and an exit code, never a traceback."""

from __future__ import annotations

import io
import os
import sys
import traceback
from pathlib import Path

from forecast.cli.case import case
from forecast.cli.commands import app
from forecast.cli.consult import consult
from forecast.cli.fetch import app as fetch_app
from forecast.cli.report import report
from forecast.cli.verify import spread_files, verify
from forecast.errors import ConfigError, InputError, MissingExtraError

FAILED, USAGE, INTERRUPTED = 1, 2, 130
app.command()(consult)
app.command()(case)
app.command()(verify)
app.command()(report)
app.add_typer(fetch_app, name="fetch")


def main(arguments: list[str] | None = None) -> None:
    """Run a command and exit: 0 done, 1 failed, 2 wrong usage or configuration.

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
    except KeyboardInterrupt:
        return _fail("interrupted", INTERRUPTED)
    except ConfigError as error:
        return _fail(str(error), USAGE)
    except (InputError, MissingExtraError) as error:
        return _fail(str(error), FAILED)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _fail(f"{where}{error.strerror or error}", FAILED)
    except MemoryError:
        return _fail("not enough memory; lower `workers` in the configuration", FAILED)
    except Exception as error:  # whatever nothing above foresaw: still one sentence
        if os.environ.get("WUBU_TRACEBACK"):
            raise
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(place.filename).name}:{place.lineno}"
        what = " ".join(f"{type(error).__name__}: {error}".split())
        return _fail(f"internal error at {where}, please report it: {what}", FAILED)
    return 0


def _fail(message: str, code: int) -> int:
    print(f"wubu: {message}", file=sys.stderr)
    return code
