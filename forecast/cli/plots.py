"""Scores by lead as a picture, for which the extra `report` is needed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import pandas as pd

from forecast.atomic import whole_file
from forecast.cli.show_chosen import PRINTED
from forecast.cli.show_scores import by_standard
from forecast.cli.words import word
from forecast.errors import ConfigError, InputError, MissingExtraError
from forecast.pollutants import LABELS, UNITS
from verification import SCORES

KINDS = (".png", ".pdf", ".svg")
LABEL_LENGTH = 36
"""Letters that fit beside a panel; a score with a longer name goes by its short one there."""
PANELS = 8
"""Scores on one page, at most."""
DEFAULT = (
    ("crps_quantiles", "station", "pm25", None),
    ("level_accuracy", "city", "aqi", None),
    ("range_accuracy", "city", "aqi", None),
    ("ts", "city", "aqi", 200),
)
"""Score, kind of place, variable and threshold that are drawn unless scores are named."""


def check_picture(path: Path) -> None:
    """Raise unless a picture of this name can be drawn, before anything is computed.

    Raises
    ------
    ConfigError
        The kind of file is unknown.
    MissingExtraError
        matplotlib is not installed.
    """
    if path.suffix.lower() not in KINDS:
        raise ConfigError(f"--plot {path}: expected a name that ends in {', '.join(KINDS)}")
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise MissingExtraError("--plot", "report") from None


def draw_scores(
    scores: pd.DataFrame,
    names: Sequence[str],
    path: Path,
    *,
    lang: str,
    level: float,
    simulated: bool | Literal["weather"],
) -> Path:
    """Draw scores of a scorecard by lead, one panel each, and write the picture.

    Parameters
    ----------
    scores : pandas.DataFrame
        From `forecast.evaluation.evaluate`.
    names : sequence of str
        Scores; those of the consultation if there are none.
    path : Path
        PNG, PDF or SVG.
    lang : str
        ``zh`` or ``en``.
    level : float
        Confidence level of the intervals.
    simulated : bool or "weather"
        Named in every title.

    Returns
    -------
    Path
        The file.
    """
    from matplotlib.figure import Figure

    from verification import draw_by_lead

    panels = _panels(scores, names)
    if not panels:
        raise InputError(f"--plot {path}: none of the scores has pairs by lead to draw")
    rows = (len(panels) + 1) // 2
    columns = min(2, len(panels))
    figure = Figure((3.6 * columns, 3.3 * rows), dpi=150, layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for ax, rows_of_panel in zip(grid, panels, strict=False):
        first = rows_of_panel.iloc[0]
        draw_by_lead(
            rows_of_panel.replace({"model": _models(rows_of_panel, lang)}),
            references=[word(r, lang) for r in ("persistence", "climatology")],
            unit=PRINTED.get(UNITS.get(first["pollutant"], ""), ""),
            level=level,
            ax=ax,
            lang=lang,
            title=_title(first, lang),
            simulated=simulated,
        )
        if len(ax.get_ylabel()) > LABEL_LENGTH:
            unit = PRINTED.get(UNITS.get(first["pollutant"], ""), "")
            ax.set_ylabel(
                f"{first['score']} ({unit})" if "(" in ax.get_ylabel() else first["score"]
            )
    for ax in grid[len(panels) :]:
        ax.set_visible(False)
    with whole_file(path) as part:
        figure.savefig(part, format=path.suffix.lower()[1:])
    return path


def _panels(scores: pd.DataFrame, names: Sequence[str]) -> list[pd.DataFrame]:
    """Rows by lead of each panel: of the newest standard, for chosen scores every variable."""
    _, both = by_standard(scores, "en")[-1]
    both = both[(both["lead"] != "all") & (both["pairs"] > 0)]
    keys = ["score", "place_kind", "pollutant", "threshold"]
    found = {
        (*key[:3], None if pd.isna(key[3]) else key[3]): rows
        for key, rows in both.groupby(keys, sort=False, dropna=False)
    }
    if not names:
        return [found[key] for key in DEFAULT if key in found]
    wanted = [key for name in names for key in found if key[0] == name]
    return [found[key] for key in wanted[:PANELS]]


def _models(rows: pd.DataFrame, lang: str) -> dict[str, str]:
    return {model: word(model, lang) for model in rows["model"].unique()}


def _title(row: pd.Series, lang: str) -> str:
    score = SCORES[row["score"]]
    name = score.chinese if lang == "zh" else score.long_name
    above = "" if pd.isna(row["threshold"]) else f" > {row['threshold']:g}"
    what = LABELS.get(row["pollutant"], str(row["pollutant"]).upper())
    return f"{word(row['place_kind'], lang)} {what}{above}: {name}"
