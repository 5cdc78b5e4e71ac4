"""Observed PM2.5 beside the estimate of the weather alone, as a drawing in a page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from forecast.consultation.cases.markup import Node, element

WIDTH, HEIGHT = 900, 260
LEFT, RIGHT, TOP, BOTTOM = 46, 12, 30, 28
OBSERVED, ESTIMATE = "#b0341d", "#2b6cb0"


def pm25_chart(rows: Sequence[dict[str, Any]], labels: Sequence[str], word: dict[str, str]) -> Node:
    """Draw observed and estimated PM2.5 by day.

    Parameters
    ----------
    rows : sequence of dict
        Days of `weather_alone`; where a day holds ``past``, the band about its estimate is what
        the model, wrong by the earlier differences, would have given.
    labels : sequence of str
        Names of the days.
    word : dict of str
        Words of one language.

    Returns
    -------
    Element
        An ``svg``.
    """
    bands = [
        None if r["past"] is None else [r["estimate"] * (1 + r["past"][k] / 100)
                                        for k in ("low", "high")]
        for r in rows
    ]  # fmt: skip
    values = [r[k] for r in rows for k in ("observed", "estimate")]
    most = 1.05 * max([*values, *(b[1] for b in bands if b), 50.0])
    step = (WIDTH - LEFT - RIGHT) / len(rows)

    def x(k: int) -> float:
        return round(LEFT + (k + 0.5) * step, 1)

    def y(value: float) -> float:
        return round(TOP + (1 - value / most) * (HEIGHT - TOP - BOTTOM), 1)

    name = f"{word['observed_pm25']}, {word['estimate']}"
    svg = element("svg", viewBox=f"0 0 {WIDTH} {HEIGHT}", role="img", aria_label=name)
    for grid in range(0, int(most) + 1, 50 if most < 400 else 100):
        line = {"x1": LEFT, "x2": WIDTH - RIGHT, "y1": y(grid), "y2": y(grid)}
        svg.append(element("line", **line, stroke="#e3e8ee"))
        svg.append(_text(str(grid), LEFT - 6, y(grid) + 4, "end"))
    for k, band in enumerate(bands):
        if band:
            low, high = y(band[0]), y(band[1])
            box = {"x": x(k) - 14, "width": 28, "y": high, "height": round(low - high, 1)}
            svg.append(element("rect", **box, fill=ESTIMATE, opacity=0.2))
        svg.append(_text(labels[k], x(k), HEIGHT - 8, "middle"))
    for key, colour in (("estimate", ESTIMATE), ("observed", OBSERVED)):
        points = " ".join(f"{x(k)},{y(r[key])}" for k, r in enumerate(rows))
        svg.append(element("polyline", points=points, fill="none", stroke=colour, stroke_width=2))
        for k, r in enumerate(rows):
            svg.append(element("circle", cx=x(k), cy=y(r[key]), r=3.5, fill=colour))
    legend = ((OBSERVED, "observed_pm25", 1), (ESTIMATE, "estimate", 1), (ESTIMATE, "band", 0.2))
    for k, (colour, key, opacity) in enumerate(legend):
        at = LEFT + k * 270
        svg.append(element("rect", x=at, y=8, width=14, height=8, fill=colour, opacity=opacity))
        svg.append(_text(word[key], at + 20, 16, "start"))
    return svg


def _text(text: str, x: float, y: float, anchor: str) -> Node:
    return element("text", text, x=x, y=y, text_anchor=anchor)
