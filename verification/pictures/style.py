"""How all pictures look: axes, type sizes, colours, legends.

Pictures are laid out for half the width of an A4 page. Lines differ in colour, marker and dash,
so that they tell apart in grey print and for colour-blind readers. Nothing here touches the
state of `matplotlib.pyplot`, and no display is needed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import xarray as xr

from verification.pictures.language import Language, chinese_font, fold, import_fonts, legible

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Simulated = bool | Literal["weather"]
Sums = xr.Dataset | Mapping[str, xr.Dataset]

HALF_WIDTH = 3.5
"""Inches: half the text width of an A4 page."""

TITLE, LABEL, TICK = 8.5, 8.0, 7.0
"""Type sizes in points."""

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Okabe and Ito (2008), a palette that colour-blind readers tell apart."""

MARKERS = ("o", "s", "^", "D", "v", "P", "X")
GREY = "0.45"

LEVEL_COLOURS = ("#00E400", "#FFFF00", "#FF7E00", "#FF0000", "#99004C", "#7E0023")
"""Official colours of the six levels of the Chinese index (HJ 633)."""

LEVEL_NAMES: dict[Language, tuple[str, ...]] = {
    "en": ("excellent", "good", "light", "moderate", "heavy", "severe"),
    "zh": ("优", "良", "轻度", "中度", "重度", "严重"),
}


def open_axes(ax: Axes | None, width: float = HALF_WIDTH, height: float = 3.2) -> Axes:
    """Give the axes back, or new ones in a figure of their own of `width` × `height` inches.

    Raises
    ------
    ImportError
        If matplotlib is not installed; the message names the command that installs it.

    Examples
    --------
    >>> from verification.pictures.style import open_axes
    >>> open_axes(None).figure.get_size_inches().tolist()
    [3.5, 3.2]
    """
    if ax is not None:
        return ax
    import_fonts()
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=150, layout="constrained")
    return figure.add_subplot()


def finish(
    ax: Axes,
    lang: Language,
    heading: str,
    note: str,
    *,
    xlabel: str = "",
    ylabel: str = "",
    simulated: Simulated = False,
    clear: float = 6.0,
    room: float | None = None,
) -> Axes:
    """Write title and labels, and set sizes and a font that holds every character.

    Parameters
    ----------
    ax : Axes
        Where everything else is already drawn.
    lang : {"en", "zh"}
        From `picture_language`.
    heading, note : str
        First line of the title: what is shown; second line: how many pairs.
    xlabel, ylabel : str
        Labels of the axes with units.
    simulated : bool or "weather"
        Mark the title when the data, or only the weather behind them, are simulated.
    clear : float
        Points between the axes and the title.
    room : float, optional
        Inches for a line of the title, where names left of the axes are longer than usual.

    Returns
    -------
    Axes

    Examples
    --------
    >>> from verification.pictures.style import finish, open_axes
    >>> ax = finish(open_axes(None), "en", "MAE", "9 pairs", simulated=True)
    >>> ax.get_title(loc="left").splitlines()
    ['[SIMULATED DATA] MAE', '9 pairs']
    """
    mark = {
        "en": {True: "[SIMULATED DATA] ", "weather": "[SIMULATED WEATHER] "},
        "zh": {True: "【模拟数据】", "weather": "【模拟气象】"},
    }[lang].get(simulated, "")
    # Half an em a letter, and what stands left of the axes, fit the title to the figure.
    width = axes_width(ax) if room is None else room
    letters = int(max(width, 1.0) * 72 / (0.52 * TITLE))
    lines = [line for text in (mark + heading, note) for line in fold(text, letters)]
    ax.set_title("\n".join(lines), loc="left", fontsize=TITLE, linespacing=1.25, pad=clear)
    ax.set_xlabel(xlabel, fontsize=LABEL)
    ax.set_ylabel(ylabel, fontsize=LABEL)
    for each in (ax, *ax.child_axes):
        each.tick_params(labelsize=TICK)
    _set_fonts(ax, lang)
    return ax


def axes_width(ax: Axes) -> float:
    """Width of axes in inches, before the labels have taken their room."""
    figure: Any = ax.figure
    return float(ax.get_position(original=True).width * figure.get_figwidth())


def _set_fonts(ax: Axes, lang: Language) -> None:
    """Set a Chinese font beside the usual ones where there is one to set."""
    from matplotlib import rcParams
    from matplotlib.text import Text

    font = chinese_font()
    if font is None:
        return
    usual = list(rcParams["font.family"])
    family = [font, *usual] if lang == "zh" else [*usual, font]
    for text in ax.findobj(Text):
        text.set_fontfamily(family)
    for each in (ax, *ax.child_axes):
        each.tick_params(labelfontfamily=family)


def legend_below(
    ax: Axes, handles: Sequence[Any] | None = None, *, columns: int = 3, side: str = "center"
) -> None:
    """Legend under the label of the horizontal axis, clear of everything drawn.

    It stands below the middle of the axes, or ends with their right side.

    Examples
    --------
    >>> from verification.pictures.style import legend_below, open_axes
    >>> ax = open_axes(None)
    >>> _ = ax.plot([1, 2], label="ensemble")
    >>> legend_below(ax)
    >>> ax.get_legend().get_texts()[0].get_text()
    'ensemble'
    """
    from matplotlib.transforms import ScaledTranslation

    handles = ax.get_legend_handles_labels()[0] if handles is None else handles
    if not handles:
        return
    corner: Any = f"upper {side}"
    rows = -(-len(handles) // columns)
    drop = ScaledTranslation(0, -31 / 72, ax.figure.dpi_scale_trans)  # ticks and label: 31 points
    ax.legend(
        handles=handles,
        loc=corner,
        bbox_to_anchor=({"center": 0.5, "right": 1.0}[side], 0.0),
        bbox_transform=ax.transAxes + drop,
        ncols=-(-len(handles) // rows),  # rows of equal length
        fontsize=TICK,
        frameon=False,
        borderaxespad=0.0,
        columnspacing=1.2,
        handletextpad=0.5,
    )


def by_name(sums: Sums, family: str, *, dims: int = 0) -> dict[str, xr.Dataset]:
    """Sums by the name of their model, checked: their family, and how many dimensions are kept.

    Raises
    ------
    ValueError
        If sums are of another family, or keep more than `dims` dimensions.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification.pictures.style import by_name
    >>> sums = xr.Dataset({"pairs": 3.0}, attrs={"family": "contingency"})
    >>> list(by_name(sums, "contingency"))
    ['']
    """
    named = {"": sums} if isinstance(sums, xr.Dataset) else dict(sums)
    if not named:
        raise ValueError("a picture needs at least one set of sums, found none")
    for name, each in named.items():
        if each.attrs.get("family") != family:
            raise ValueError(
                f"this picture needs sums of the family {family!r}, "
                f"found {each.attrs.get('family')!r}{f' for {name!r}' if name else ''}"
            )
        kept = [str(d) for d in each["pairs"].dims]
        if len(kept) > dims:
            raise ValueError(
                f"this picture shows at most {dims} kept dimensions, found {kept}: "
                "reduce the sums with group_sums"
            )
    return named


def label_ends(ax: Axes, along: xr.DataArray, x: np.ndarray, y: np.ndarray, colour: str) -> None:
    """Write the first and the last label of the dimension of `along` beside their points.

    Examples
    --------
    >>> import numpy as np
    >>> import xarray as xr
    >>> from verification.pictures.style import label_ends, open_axes
    >>> ax = open_axes(None)
    >>> along = xr.DataArray([5.0, 5.0, 5.0], dims="lead", coords={"lead": [1, 2, 3]})
    >>> label_ends(ax, along, np.array([0.0, 0.5, np.nan]), np.zeros(3), "black")
    >>> [text.get_text() for text in ax.texts]
    ['1', '2']
    """
    from matplotlib.patheffects import withStroke

    shown = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    if along.ndim == 0 or not shown.size:
        return
    names = legible(along[along.dims[0]].values)
    for k in dict.fromkeys((shown[0], shown[-1])):
        ax.annotate(
            names[k],
            (x[k], y[k]),
            xytext=(3, 3),
            textcoords="offset points",
            fontsize=TICK,
            color=colour,
            path_effects=[withStroke(linewidth=1.5, foreground="white")],
            zorder=5,
        )
