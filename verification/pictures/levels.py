"""Table of forecast levels against observed levels, in the official colours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from verification.pictures.language import Language, legible, pairs_text, picture_language, titled
from verification.pictures.style import (
    LEVEL_COLOURS,
    LEVEL_NAMES,
    TICK,
    Simulated,
    finish,
    open_axes,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WORDS = {
    "en": {
        "heading": "Level table",
        "fcst": "forecast level",
        "obs": "observed level",
        "note": "equal {equal:.0%}, over {over:.0%}, under {under:.0%}",
        "share": "shares: of each observed level",
    },
    "zh": {
        "heading": "预报与实况等级",
        "fcst": "预报等级",
        "obs": "实况等级",
        "note": "准确 {equal:.0%}，偏高 {over:.0%}，偏低 {under:.0%}",
        "share": "百分比：占该实况等级的比例",
    },
}


def draw_level_table(
    sums: xr.Dataset,
    *,
    colours: Sequence[str] = LEVEL_COLOURS,
    names: Sequence[str] | None = None,
    ax: Axes | None = None,
    lang: str = "en",
    title: str = "",
    simulated: Simulated = False,
) -> Axes:
    """Draw how often each level was forecast when each level was observed.

    Columns are observed levels, rows are forecast levels, both rising from the lower left corner:
    above the diagonal the forecast was too high. A cell holds the number of pairs and its share
    of the column; it has the colour of its observed level, the stronger the larger the share, so
    that frequent and rare levels read alike.

    Parameters
    ----------
    sums : xarray.Dataset
        From `level_table_sums`, summed over all kept dimensions: `count` by `level_fcst` and
        `level_obs`.
    colours : sequence of str
        Colour of each level in the order of `level_obs`, as matplotlib reads colours; those of
        the Chinese index (HJ 633) by default.
    names : sequence of str, optional
        Name of each level; those of the Chinese index when there are six, else the labels.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure without it.
    lang : {"en", "zh"}
        See `picture_language`.
    title : str
        Heading in place of the usual one.
    simulated : bool or "weather"
        Mark the title: data, or only weather, are simulated.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If `count` is missing or has other dimensions, the levels of forecast and observed differ,
        or there are fewer colours or names than levels.
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import draw_level_table
    >>> table = xr.DataArray([[3.0, 1.0], [0.0, 4.0]], dims=("level_fcst", "level_obs"))
    >>> sums = xr.Dataset({"count": table.assign_coords(level_fcst=[1, 2], level_obs=[1, 2])})
    >>> ax = draw_level_table(sums.assign(pairs=8.0, weight=8.0), colours=["green", "red"])
    >>> [text.get_text().split() for text in ax.texts]
    [['3', '100%'], ['1', '20%'], ['0', '0%'], ['4', '80%']]
    """
    count = _count(sums)
    size = count.shape[0]
    speech = picture_language(lang)
    words = _WORDS[speech]
    names = _names(names, sums["level_obs"].values, speech)
    for what, given in (("colours", colours), ("names", names)):
        if len(given) < size:
            raise ValueError(f"{size} levels need as many {what}, found {len(given)}")
    ax = open_axes(ax, height=3.9)
    column = count.sum(axis=0)
    share = np.divide(count, column, out=np.zeros_like(count), where=column > 0)
    for i, j in np.ndindex(size, size):
        _cell(ax, (i, j), float(count[i, j]), share[i, j] if column[j] else np.nan, colours[j])
    _heads(ax, size, colours, legible(names))
    total = count.sum() or np.nan
    parts = {"equal": np.trace(count), "over": np.tril(count, -1).sum()}
    parts["under"] = np.triu(count, 1).sum()
    note = titled(pairs_text(sums["pairs"], speech), words["note"], speech)
    note = note.format(**{k: v / total for k, v in parts.items()}) + "\n" + words["share"]
    labels: dict[str, Any] = {"xlabel": words["obs"], "ylabel": words["fcst"]}
    finish(ax, speech, title or words["heading"], note, simulated=simulated, **labels)
    ax.tick_params(labelsize=TICK - 0.5)
    return ax


def _count(sums: xr.Dataset) -> np.ndarray:
    """Counts as (forecast, observed)."""
    dims = [str(d) for d in sums["count"].dims] if "count" in sums else []
    if sorted(dims) != ["level_fcst", "level_obs"]:
        raise ValueError(
            "this picture needs `count` by level_fcst and level_obs alone, "
            f"found {dims or list(sums.data_vars)}: reduce the sums with group_sums"
        )
    count = sums["count"].transpose("level_fcst", "level_obs")
    levels = [count[d].values.tolist() for d in count.dims]
    if levels[0] != levels[1]:
        raise ValueError(f"forecast levels {levels[0]} and observed levels {levels[1]} differ")
    return count.values


def _names(names: Sequence[str] | None, labels: np.ndarray, lang: Language) -> list[str]:
    if names is not None:
        return list(names)
    return list(LEVEL_NAMES[lang]) if len(labels) == 6 else [str(label) for label in labels]


def _cell(ax: Axes, at: tuple[int, int], number: float, share: float, colour: str) -> None:
    from matplotlib.colors import to_rgb

    i, j = at
    strength = 0.0 if np.isnan(share) else 0.08 + 0.92 * share if share else 0.0
    fill = 1 - strength * (1 - np.asarray(to_rgb(colour)))
    dark = fill @ (0.299, 0.587, 0.114) < 0.5  # luma of Rec. 601: what is dark takes white type
    text = f"{number:,.0f}" + ("" if np.isnan(share) else f"\n{share:.0%}")
    _square(ax, j - 0.5, i - 0.5, facecolor=fill, edgecolor="0.7", lw=0.4)
    if i == j:
        _square(ax, j - 0.5, i - 0.5, fill=False, edgecolor="0.1", lw=1.2, zorder=3, clip_on=False)
    ink = "white" if dark else "0.1" if number else "0.6"
    ax.text(j, i, text, ha="center", va="center", fontsize=TICK - 0.5, color=ink, linespacing=1.15)


def _square(
    ax: Axes, x: float, y: float, width: float = 1.0, height: float = 1.0, **style: Any
) -> None:
    from matplotlib.patches import Rectangle

    ax.add_patch(Rectangle((x, y), width, height, **style))


def _heads(ax: Axes, size: int, colours: Sequence[str], names: Sequence[str]) -> None:
    """A strip of the official colour at the head of every row and column."""
    strip = 0.16
    for k in range(size):
        style: dict[str, Any] = {
            "facecolor": colours[k],
            "edgecolor": "0.3",
            "lw": 0.4,
            "clip_on": False,
        }
        _square(ax, k - 0.5, -0.5 - strip, 1.0, strip, **style)
        _square(ax, -0.5 - strip, k - 0.5, strip, 1.0, **style)
    ax.set(xlim=(-0.5 - strip, size - 0.5), ylim=(-0.5 - strip, size - 0.5), aspect="equal")
    ax.set_xticks(range(size), names[:size])
    ax.set_yticks(range(size), names[:size])
    ax.tick_params(length=0)
    for side in ax.spines.values():
        side.set_visible(False)
