"""Pictures of a briefing: the members' courses, AQI fans and level probabilities of its cities."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.bulletin import Language
from forecast.consultation.briefing import Briefing
from forecast.consultation.products.tables import city_name, member_name, words_of
from forecast.errors import MissingExtraError
from verification.pictures.language import legible, picture_language
from verification.pictures.style import COLOURS, MARKERS, Simulated, finish, legend_below

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_CITIES = 12
"""Cities drawn at most; tables name them all."""
PANEL, ROW = 2.25, 1.9
"""Inches that a panel is wide at least, and high: twelve fit an A4 sheet either way."""
DPI = 200
BAND, FAN, INK = 0.16, "#2b6cb0", "#112233"
"""Strength of the colours of the levels behind a fan; colours of fan and median."""
LOWEST_TOP = 120.0
"""AQI up to which an axis reaches at least."""
NAME = 24
"""Signs of the name of a city in a picture."""
_SIMULATED: dict[str, Simulated] = {"no": False, "data": True, "weather": "weather"}


def check_pictures() -> None:
    """Raise MissingExtraError unless pictures can be drawn."""
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise MissingExtraError("a picture", "report") from None


def drawn_cities(briefing: Briefing) -> list[dict[str, Any]]:
    """Cities that are drawn: those with a forecast; of many those likeliest to be heavily polluted.

    They keep the order of the briefing. Equal probabilities are told apart by the highest AQI that
    the fans reach.
    """
    known = [c for c in briefing["cities"] if any(d["fan"][0] is not None for d in c["days"])]

    def risk(city: dict[str, Any]) -> tuple[float, float]:
        return (
            max(d["heavy"] or 0.0 for d in city["days"]),
            max(d["fan"][-1] or 0.0 for d in city["days"]),
        )

    chosen = sorted(known, key=risk, reverse=True)[:MOST_CITIES]
    return [c for c in known if c in chosen]


def members_picture(briefing: Briefing, lang: Language, width: float) -> bytes:
    """Median AQI of every member by day, mean over the cities, as PNG.

    Parameters
    ----------
    briefing : dict
        From `make_briefing`.
    lang : {"zh", "en"}
        English where no Chinese font is installed.
    width : float
        Inches.

    Returns
    -------
    bytes
    """
    speech = picture_language(lang)
    figure, (ax,) = _panels(1, 1, width, 2.6)
    days = briefing["head"]["valid_days"]
    members = briefing["guidance"]["members"]
    names = legible([member_name(m["name"], speech) for m in members])
    for k, (member, name) in enumerate(zip(members, names, strict=True)):
        colour, marker = COLOURS[k % len(COLOURS)], MARKERS[k % len(MARKERS)]
        aqi = np.array(member["aqi"], float)
        ax.plot(
            range(len(days)), aqi, color=colour, marker=marker, ms=3, lw=1.2, label=_shown(name)
        )
    _day_axis(ax, days, every=1)
    ax.set_ylim(0, 1.05 * max([LOWEST_TOP, *(v for m in members for v in m["aqi"] if v)]))
    legend_below(ax, columns=4)
    _finish(ax, briefing, speech, words_of(speech)["medians"])
    return _png(figure)


def fans_picture(
    briefing: Briefing, lang: Language, cities: Sequence[dict[str, Any]], width: float
) -> bytes:
    """AQI fans of cities, 5 to 95 and 25 to 75 %, with the issued ranges, as PNG.

    Parameters
    ----------
    briefing, lang, width
        As in `members_picture`.
    cities : sequence of dict
        Such as `drawn_cities` gives; one panel each, all of one scale.

    Returns
    -------
    bytes
    """
    speech = picture_language(lang)
    figure, axes = _panels(len(cities), _columns(len(cities), width), width, ROW)
    days, levels = briefing["head"]["valid_days"], briefing["head"]["levels"]
    colours = [np.array(one["color"]) / 255 for one in levels]
    reached = [max(d["fan"][-1] or 0, d["high"] or 0) for c in cities for d in c["days"]]
    top = 1.05 * max(LOWEST_TOP, *reached)
    for ax, city, name in zip(axes, cities, _names(cities, speech), strict=True):
        lower = 0
        for colour, one in zip(colours, levels, strict=True):
            ax.axhspan(lower, one["upper"], color=colour, alpha=BAND, lw=0)
            lower = one["upper"]
        known = [(k, d) for k, d in enumerate(city["days"]) if d["fan"][0] is not None]
        x = [k for k, _ in known]
        fan = np.array([d["fan"] for _, d in known])
        ax.fill_between(x, fan[:, 0], fan[:, 4], color=FAN, alpha=0.25, lw=0)
        ax.fill_between(x, fan[:, 1], fan[:, 3], color=FAN, alpha=0.45, lw=0)
        for k, d in known:
            if d["low"] is not None and d["level"]:
                colour = colours[d["level"] - 1]
                ax.bar(k, d["high"] - d["low"], 0.3, d["low"], color=colour, ec=INK, lw=0.5)
        ax.plot(x, fan[:, 2], color=INK, lw=1.2, marker=".", ms=3)
        _day_axis(ax, days, every=1 if len(axes) == 1 else 2)
        ax.set_ylim(0, top)
        _finish(ax, briefing, speech, name)
    return _png(figure)


def levels_picture(
    briefing: Briefing, lang: Language, cities: Sequence[dict[str, Any]], width: float
) -> bytes:
    """Probabilities of the six levels by city and day, in the official colours, as PNG.

    Parameters
    ----------
    briefing, lang, cities, width
        As in `fans_picture`.

    Returns
    -------
    bytes
    """
    speech = picture_language(lang)
    figure, axes = _panels(len(cities), _columns(len(cities), width), width, ROW)
    days, levels = briefing["head"]["valid_days"], briefing["head"]["levels"]
    for ax, city, name in zip(axes, cities, _names(cities, speech), strict=True):
        share = np.array([d["levels"] for d in city["days"]], float)
        below = np.zeros(len(days))
        for one, part in zip(levels, np.nan_to_num(share).T, strict=True):
            ax.bar(range(len(days)), part, 0.8, below, color=np.array(one["color"]) / 255,
                   ec="white", lw=0.4)  # fmt: skip
            below += part
        _day_axis(ax, days, every=1 if len(axes) == 1 else 2)
        ax.set_ylim(0, 1)
        ax.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
        _finish(ax, briefing, speech, name)
    return _png(figure)


def _panels(count: int, columns: int, width: float, row: float) -> tuple[Figure, list[Axes]]:
    """A figure of panels; a last row that is not full leaves its places empty."""
    from matplotlib.figure import Figure

    rows = -(-count // columns)
    high = row if count > 1 else max(row, 2.6)
    figure = Figure(figsize=(width, rows * high), dpi=DPI, layout="constrained")
    every = list(figure.subplots(rows, columns, squeeze=False, sharey=True).ravel())
    for ax in every[count:]:
        ax.set_axis_off()
    return figure, every[:count]


def _columns(count: int, width: float) -> int:
    return min(count, int(width // PANEL))


def _names(cities: Sequence[dict[str, Any]], speech: Language) -> list[str]:
    return [_shown(name) for name in legible([city_name(c, speech) for c in cities])]


def _shown(name: str) -> str:
    """A name short enough for a picture, in which no sign means mathematics."""
    short = name if len(name) <= NAME else f"{name[:NAME]}…"
    return short.replace("$", r"\$")


def _day_axis(ax: Axes, days: Sequence[str], every: int) -> None:
    """Days below the axis: 12/6."""
    shown = range(0, len(days), every)
    ax.set_xticks(list(shown), [f"{int(days[k][5:7])}/{int(days[k][8:])}" for k in shown])
    ax.set_xlim(-0.6, len(days) - 0.4)


def _finish(ax: Axes, briefing: Briefing, speech: Language, heading: str) -> None:
    mark = _SIMULATED[briefing["head"]["simulated"]]
    finish(ax, speech, heading, "", ylabel="", simulated=mark, clear=4.0)


def _png(figure: Figure) -> bytes:
    out = BytesIO()
    figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()
