"""From an issued forecast in a workspace to the briefings of the areas of one level."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pandas as pd
import xarray as xr

from forecast.bulletin import Language
from forecast.chain import backtest_folder
from forecast.config import Config
from forecast.consultation.adjustments import adjusted, read_adjustments
from forecast.consultation.areas import areas_of, find_area
from forecast.consultation.briefing import make_briefing
from forecast.consultation.dispersion import dispersion
from forecast.consultation.exchange import EXTRA, FORMATS, USUAL, write_briefing
from forecast.consultation.wording import area_bulletin
from forecast.errors import ConfigError, InputError
from forecast.issued import latest_files, read_issued, write_issued
from forecast.known import known_at
from forecast.workspace import Workspace


def consult_day(
    config: Config,
    workspace: Workspace,
    issue: pd.Timestamp,
    level: str = "nation",
    area: str | None = None,
    *,
    formats: str = ",".join(USUAL),
    adjust: Path | None = None,
    backtest: str | None = None,
    lang: Language = "zh",
) -> tuple[list[Path], list[str]]:
    """Write the briefings of one issue.

    Parameters
    ----------
    config : Config
    workspace : Workspace
    issue : pandas.Timestamp
        Local issue date; its newest revision is taken.
    level : str
        ``nation``, ``region``, ``province`` or ``city``.
    area : str, optional
        Id or name of one area of the level; all of them where not given.
    formats : str
        Formats of `exchange.FORMATS`, with commas between.
    adjust : Path, optional
        Edited workbook: its adjustments make a new revision of the issued forecast first.
    backtest : str, optional
        Take the forecast from this back-test (``latest``: the newest) rather than from ``issued``.
    lang : {"zh", "en"}
        Of page, workbook and document, and of the texts returned.

    Returns
    -------
    written : list of Path
        Files below ``products/<issue>``.
    texts : list of str
        Bulletin of each area.

    Raises
    ------
    ConfigError
        A format is unknown, or a back-test is to be adjusted.
    InputError
        There is no issued forecast of the day, no such back-test, or no such area; or the workbook
        cannot be used, and then nothing is written.
    MissingExtraError
        A format takes a library that is not installed; nothing is written.
    """
    wanted = tuple(dict.fromkeys(f.strip() for f in formats.split(",")))
    unknown = [f for f in wanted if f not in FORMATS]
    if unknown:
        raise ConfigError(f"--format: {unknown[0]!r} is unknown; known are {', '.join(FORMATS)}")
    for name in wanted:
        if name in EXTRA:
            EXTRA[name]()
    if adjust is not None and backtest is not None:
        raise ConfigError("--import issues a revision; a back-test is left as it is")
    folder = workspace.issued
    products = workspace.products / f"{issue:%Y-%m-%d}"
    if backtest is not None:
        run = backtest_folder(workspace, backtest)
        folder, products = run / "issued", run / "products" / f"{issue:%Y-%m-%d}"
    files = latest_files(folder)
    if issue not in files:
        raise InputError(f"{folder}: no forecast issued on {issue:%Y-%m-%d}; run `wubu issue`")
    issued = read_issued(files[issue])
    written: list[Path] = []
    if adjust is not None:
        changes = read_adjustments(adjust, issued)
        if not changes:
            raise InputError(f"{adjust}: no row of the sheet of adjustments is filled in")
        written.append(write_issued(adjusted(issued, changes), folder))
        issued = read_issued(written[0])
    areas = areas_of(issued, config.consultation.areas)
    chosen = [a for a in areas if a.level == level] if area is None else []
    if not chosen:
        chosen = [find_area(areas, level, area)]
    observed, weather = _context(config, workspace, issue)
    texts = []
    for one in chosen:
        briefing = make_briefing(
            issued, one, config.consultation, observed=observed, earlier=files, weather=weather
        )
        written += write_briefing(briefing, products, wanted, lang)
        texts.append(area_bulletin(briefing, lang))
    return written, texts


def _context(
    config: Config, workspace: Workspace, issue: pd.Timestamp
) -> tuple[xr.Dataset | None, xr.Dataset | None]:
    """Observed days known at the issue, and the dispersion ahead; None where there is none."""
    observed = weather = None
    with suppress(InputError):  # a briefing is made of what there is
        known = known_at(workspace, config, issue)
        observed = known.daily
        weather = dispersion(known, issue)
    return observed, weather
