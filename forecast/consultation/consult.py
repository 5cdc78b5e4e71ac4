"""From an issued forecast in a workspace to the briefings of the areas of one level."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import xarray as xr

from forecast.bulletin import Language
from forecast.chain import backtest_folder
from forecast.config import Config
from forecast.consultation.adjusting.adjustments import Overruled
from forecast.consultation.adjusting.revising import revised
from forecast.consultation.areas import areas_of, find_area, parts_of
from forecast.consultation.briefing import make_briefing
from forecast.consultation.change import issue_before
from forecast.consultation.consulted import read_consulted
from forecast.consultation.dispersion import dispersion
from forecast.consultation.evaluation import recent_pairs
from forecast.consultation.insight import insight
from forecast.consultation.products.outlines import read_outlines
from forecast.consultation.products.wording import area_bulletin
from forecast.consultation.products.writers import EXTRA, FORMATS, Options, write_briefing
from forecast.errors import ConfigError, InputError
from forecast.export import write_products
from forecast.issued import latest_files, write_issued
from forecast.known import known_at
from forecast.leftovers import mark, sweep_once
from forecast.recent import MEMORY_DAYS
from forecast.workspace import Workspace

USUAL = tuple(f for f in FORMATS if f not in (*EXTRA, "zip"))
"""Formats that need no extra, without the package, which holds them again."""


class Consulted(NamedTuple):
    """What a consultation gave.

    Attributes
    ----------
    written : list of Path
        Files below ``products/<issue>`` (``<issue>.r2`` … of a revision); before them the new
        revision where there is one, and the table and bulletins that go with every issue.
    texts : list of str
        Bulletin of each area.
    overruled : list of Overruled
        Adjustments another level had the last word on.
    """

    written: list[Path]
    texts: list[str]
    overruled: list[Overruled]


def consult_day(
    config: Config,
    workspace: Workspace,
    issue: pd.Timestamp,
    level: str = "nation",
    area: str | None = None,
    *,
    formats: str = ",".join(USUAL),
    adjust: Sequence[Path] = (),
    backtest: str | None = None,
    lang: Language = "zh",
) -> Consulted:
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
        Formats of `products.writers.FORMATS`, with commas between.
    adjust : sequence of Path
        Files of adjustments, see `read_adjustments`; merged they make a new revision of the issued
        forecast first. Where the newest revision is what they make of the one before, none is
        issued again: its products are completed, as after a run that was broken off.
    backtest : str, optional
        Take the forecast from this back-test (``latest``: the newest) rather than from ``issued``.
    lang : {"zh", "en"}
        Of the texts returned, and of what is written in one language.

    Returns
    -------
    Consulted

    Raises
    ------
    ConfigError
        A format is unknown, or a back-test is to be adjusted.
    InputError
        There is no issued forecast of the day, no such back-test, or no such area; or a file of
        adjustments or outlines cannot be used, and then nothing is written.
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
    if adjust and backtest is not None:
        raise ConfigError("--import issues a revision; a back-test is left as it is")
    folder = workspace.issued
    products = workspace.products
    if backtest is not None:
        run = backtest_folder(workspace, backtest)
        folder, products = run / "issued", run / "products"
    files = latest_files(folder)
    if issue not in files:
        raise InputError(f"{folder}: no forecast issued on {issue:%Y-%m-%d}; run `wubu issue`")
    source = files[issue]
    issued = read_consulted(source)
    areas = areas_of(issued, config.consultation.areas)
    chosen = [a for a in areas if a.level == level] if area is None else []
    if not chosen:
        chosen = [find_area(areas, level, area)]
    outlines = config.consultation.outlines
    lines = [] if outlines is None else read_outlines(config.data_folder / outlines)
    options = Options(lang, config.consultation.exchange, lines)
    written: list[Path] = []
    overruled: list[Overruled] = []
    base = None
    if adjust:
        issued, overruled, base = revised(issued, source, adjust, config.consultation.areas)
    context = _context(config, workspace, issued, files)
    texts = []
    products.mkdir(parents=True, exist_ok=True)
    sweep_once(products)
    with tempfile.TemporaryDirectory(prefix=f".making.{mark()}.", dir=products) as room:
        made = write_products(issued, Path(room)) if adjust else []
        for one in chosen:
            briefing = make_briefing(
                issued, one, config.consultation, parts=parts_of(one, areas), **context
            )
            made += write_briefing(briefing, Path(room), wanted, options)
            texts.append(area_bulletin(briefing, lang))
        # every product is there: only now is anything issued
        if base is not None:
            source = write_issued(issued, folder, after=base)
        if adjust:
            written = [source]
        target = products / source.stem
        target.mkdir(exist_ok=True)
        written += [path.replace(target / path.name) for path in dict.fromkeys(made)]
    return Consulted(written, texts, overruled)


def _context(
    config: Config, workspace: Workspace, issued: xr.Dataset, files: Mapping[pd.Timestamp, Path]
) -> dict[str, Any]:
    """What goes into every briefing of an issue beside the forecast; each where it can be had."""
    issue = pd.Timestamp(issued["issue"].values)
    found: dict[str, Any] = {"before": issue_before(issue, files)}
    with suppress(InputError):
        known = known_at(workspace, config, issue, days=MEMORY_DAYS)
        cities = issued["place"].values[issued["kind"].values == "city"].tolist()
        found["observed"] = known.daily
        found["pairs"] = recent_pairs(files, known.daily, cities, issue)
        with suppress(InputError):
            found["weather"] = dispersion(known, issue)
        with suppress(InputError):
            found["told"] = insight(issued, known, workspace)
    return found
