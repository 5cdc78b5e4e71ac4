"""`wubu verify --forecast … --observed …`: anybody's files, without a configuration."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from forecast.errors import ConfigError, MissingExtraError

if TYPE_CHECKING:
    import pandas as pd

    from forecast.foreign import Contest

PICTURES = (".png", ".pdf", ".svg")
COMPARED = ("mae", "crps_quantiles", "crps_fair", "level_accuracy", "range_accuracy",
            "category_accuracy", "ts")  # fmt: skip
"""Scores that `--against` compares where none is named."""


def verify_files(
    forecast: Sequence[Path],
    observed: Sequence[Path],
    *,
    against: str | None = None,
    lang: str = "en",
    out: Path | None = None,
    plot: Path | None = None,
    by: Sequence[str] = (),
    scores: Sequence[str] = (),
) -> None:
    """Score forecast files against observations, and print, write and draw what comes out.

    Parameters
    ----------
    forecast, observed : sequence of Path
        CSV or NetCDF; see `forecast.foreign.read_forecasts`.
    against : str, optional
        Model, or ``persistence`` or ``climatology``, that the others are compared with.
    lang : str
        ``zh`` or ``en``.
    out : Path, optional
        Table of all scores to write (CSV); a comparison is written beside it.
    plot : Path, optional
        Picture to draw, of the suffixes `PICTURES`.
    by, scores : sequence of str
        Groupings, and scores to show in place of the usual ones.

    Raises
    ------
    InputError
        A file cannot be used, or files have nothing in common.
    ConfigError
        An option cannot be used with these files.
    MissingExtraError
        A picture is asked for and matplotlib is not installed.
    """
    from forecast.cli.file_columns import DEFAULTS
    from forecast.cli.show import show_paths
    from forecast.cli.show_files import show_chosen_files, show_files, show_legend
    from forecast.foreign import compare_files, score_files
    from forecast.foreign.families import SCORE_NAMES

    if plot is not None and plot.suffix.lower() not in PICTURES:
        raise ConfigError(f"--plot {plot}: expected a name that ends in {', '.join(PICTURES)}")
    held = _read(forecast, observed, by, scores, lang)
    _check_against(against, held)
    if plot is not None and all(contest.time == "day" for contest in held):
        raise ConfigError("--plot draws scores by lead, and these files have no leads")
    names = tuple(scores) or (SCORE_NAMES if out is not None else DEFAULTS)
    tables = [score_files(contest, names, by) for contest in held]
    for table in tables:
        if scores:
            show_chosen_files(table, scores, lang)
        else:
            show_files(table, by, lang)
    if not scores:
        show_legend(_joined(tables), lang)
    compared = None
    if against is not None:
        contest = next(c for c in held if against in c.models)
        compared = compare_files(contest, against, tuple(scores) or COMPARED)
        _show_comparison(compared, tuple(scores), lang)
    paths = _write(tables, compared, out)
    if plot is not None:
        table = next(t for t in tables if t.attrs["time"] == "issue")
        paths.append(_draw(table, tuple(scores), plot, lang))
    if paths:
        show_paths(paths, lang)


def _read(
    forecast: Sequence[Path],
    observed: Sequence[Path],
    by: Sequence[str],
    scores: Sequence[str],
    lang: str,
) -> list[Contest]:
    """Files brought together; what a reader should know about them is printed."""
    from forecast.foreign import contests, match, read_forecasts, read_observed
    from forecast.foreign.groups import check_groupings
    from forecast.foreign.scoring import check_scores

    check_groupings(by)
    check_scores(scores)
    truth = read_observed(observed)
    contents = read_forecasts(forecast)
    matched = [match(content, truth) for content in contents]
    held = contests(matched)
    notes = [
        *truth.notes,
        *(n for part in (contents, matched, held) for c in part for n in c.notes),
    ]
    if notes:
        print({"zh": "读入说明：", "en": "What to know about these files:"}[lang])
        for note in dict.fromkeys(notes):
            print(f"  {note.text(lang)}")
    for contest in held:
        print(_scope(contest, lang) + "\n")
    return held


def _scope(contest: Contest, lang: str) -> str:
    """Places and days that are scored."""
    from forecast.foreign.content import valid_days

    days = valid_days(contest.observed)
    places = contest.observed.sizes["place"]
    if lang == "zh":
        return f"评分范围：{places}个站点或城市，{days.min()}至{days.max()}"
    plural = "" if places == 1 else "s"
    return f"Scored: {places} place{plural}, {days.min()} to {days.max()}"


def _check_against(against: str | None, held: Sequence[Contest]) -> None:
    known = list(dict.fromkeys(model for contest in held for model in contest.models))
    if against is not None and against not in known:
        raise ConfigError(f"--against {against!r}: expected one of {', '.join(known)}")


def _joined(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    import pandas as pd

    return pd.concat(tables, ignore_index=True)


def _show_comparison(compared: pd.DataFrame, scores: Sequence[str], lang: str) -> None:
    """Comparison by score; of the yes/no scores two thresholds, unless they are asked for."""
    from forecast.cli.show_file_comparison import show_file_comparison

    if not scores:
        compared = compared[compared["threshold"].isna() | compared["threshold"].isin((100, 200))]
    show_file_comparison(compared, lang)


def _write(
    tables: Sequence[pd.DataFrame], compared: pd.DataFrame | None, out: Path | None
) -> list[Path]:
    from forecast.evaluation import write_scorecard

    if out is None:
        return []
    paths = [write_scorecard(_joined(tables), out)]
    if compared is not None:
        against = re.sub(r"[^\w.-]+", "_", str(compared["reference"].iloc[0]))
        beside = out.with_name(f"{out.stem}-against-{against}{out.suffix}")
        paths.append(write_scorecard(compared, beside))
    return paths


def _draw(table: pd.DataFrame, scores: Sequence[str], path: Path, lang: str) -> Path:
    """Draw each score of each variable by lead, one panel each."""
    from forecast.atomic import whole_file
    from forecast.cli.file_columns import model_name, name_of, unit_of
    from forecast.foreign.references import REFERENCES

    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtraError("--plot", "report") from None
    from verification import draw_by_lead

    table = table[table["group"].str.split(" ").str[0] == "all"]
    table = table[table["lead"] != "all"]
    table = table.assign(model=[model_name(m, lang) for m in table["model"]])
    wanted = [s for s in scores or ("mae", "level_accuracy") if s in set(table["score"])]
    keys = ["score", "pollutant", "threshold", "group"]
    drawn = table[table["score"].isin(wanted if scores else wanted[:1])]
    panels = list(drawn.groupby(keys, sort=False, dropna=False))
    if not panels:
        raise ConfigError(f"--plot {path}: none of the scores asked for is there by lead")
    figure = Figure(figsize=(5.5, 3.2 * len(panels)), dpi=150, layout="constrained")
    axes = figure.subplots(len(panels), squeeze=False)[:, 0]
    references = [model_name(name, lang) for name in REFERENCES]
    for ax, ((score, variable, threshold, group), rows) in zip(axes, panels, strict=True):
        above = "" if np.isnan(threshold) else f" > {threshold:g}"
        title = name_of(variable, lang).split(" (")[0] + above + group.removeprefix("all")
        draw_by_lead(rows, score, references=references, unit=unit_of(variable), level=0.9, ax=ax,
                     lang=lang, title=title)  # fmt: skip
    with whole_file(path) as part:
        figure.savefig(part, format=path.suffix[1:].lower())
    return path
