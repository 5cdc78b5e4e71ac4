"""The briefing page: one HTML file that needs nothing else, to be opened in any browser."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from forecast.bulletin import Language
from forecast.consultation.briefing import Briefing
from forecast.consultation.products.consultation_tables import SIDE_BY_SIDE
from forecast.consultation.products.wording import bulletin_lines
from forecast.consultation.products.words import WORDS
from forecast.weight_picture import MEMBERS_ZH

FOLDER = "page_parts"


def briefing_page(briefing: Briefing, lang: Language = "zh", outlines: Sequence = ()) -> str:
    """Write the page of a briefing.

    Parameters
    ----------
    briefing : dict
        From `make_briefing`.
    lang : {"zh", "en"}
        Language it opens in; a button changes it.
    outlines : sequence of lines
        Under the point map, from `forecast.consultation.products.outlines.read_outlines`.

    Returns
    -------
    str
        HTML with style and script inside. Whatever text the briefing holds is shown as text: the
        data stand in a block of JSON in which no tag can be opened or closed.
    """
    text = {"zh": bulletin_lines(briefing, "zh"), "en": bulletin_lines(briefing, "en")}
    data = {
        **briefing,
        "text": text,
        "words": WORDS,
        "members_zh": MEMBERS_ZH,
        "lang": lang,
        "outlines": outlines,
        "side_by_side": SIDE_BY_SIDE,
    }
    page = page_part("page.html")
    for mark, name in (("/*STYLE*/", "page.css"), ("/*SCRIPT*/", "page.js")):
        page = page.replace(mark, page_part(name))
    return page.replace("/*DATA*/", _embedded(data))


def page_part(name: str) -> str:
    """Text of a file that goes with the page."""
    return (files("forecast.consultation.products") / FOLDER / name).read_text(encoding="utf-8")


def _embedded(data: dict[str, Any]) -> str:
    """JSON that is also safe inside a script element."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text
