"""Arguments that the scripts about a back-test have in common."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from forecast.chain import backtest_folder
from forecast.config import Config, load_config
from forecast.workspace import Workspace


def backtest_given(
    text: str | None, arguments: Sequence[str] | None
) -> tuple[Config, Workspace, Path]:
    """Configuration, workspace and folder of the back-test that the arguments name.

    Parameters
    ----------
    text : str or None
        Documentation of the script; its first line describes it.
    arguments : sequence of str or None
        ``CONFIG [--backtest NAME] [--data D] [--workspace W]``; those of the process where None.
    """
    parser = argparse.ArgumentParser(description=(text or "").splitlines()[0])
    parser.add_argument("config", type=Path)
    parser.add_argument("--backtest", default="latest")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--workspace", type=Path)
    given = parser.parse_args(arguments)
    config = load_config(given.config, data=given.data, workspace=given.workspace)
    workspace = Workspace(config.workspace_folder)
    return config, workspace, backtest_folder(workspace, given.backtest)
