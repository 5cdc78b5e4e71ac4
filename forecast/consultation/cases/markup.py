"""Pages of HTML built from elements: text is always escaped, and nothing is fetched.

A page holds its content once a language; a button shows the other one. Without a script, as in
print, the language it was written in is shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree as ET

from forecast.bulletin import Language
from forecast.consultation.products.page import page_part

Node = ET.Element
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"


def element(tag: str, *children: Node | str, **attributes: Any) -> Node:
    """An element with children; an attribute that is None is left out.

    A trailing underscore of an attribute's name is dropped (``class_``), others become hyphens.

    Examples
    --------
    >>> ET.tostring(element("p", "a < ", element("b", "b"), class_="x"), encoding="unicode")
    '<p class="x">a &lt; <b>b</b></p>'
    """
    named = {k.rstrip("_").replace("_", "-"): v for k, v in attributes.items()}
    made = ET.Element(tag, {k: str(v) for k, v in named.items() if v is not None})
    for child in children:
        if isinstance(child, str):
            if len(made):
                made[-1].tail = (made[-1].tail or "") + child
            else:
                made.text = (made.text or "") + child
        else:
            made.append(child)
    return made


def table(head: Sequence[str], rows: Sequence[Sequence[Node | str]]) -> Node:
    """A table; a cell is text, or a ``td`` of its own."""
    cells = [element("th", title, scope="col") for title in head]
    body = [
        element("tr", *(c if isinstance(c, ET.Element) else element("td", c) for c in row))
        for row in rows
    ]
    whole = element("table", element("thead", element("tr", *cells)), element("tbody", *body))
    return element("div", whole, class_="scroll")


def document(
    contents: Mapping[Language, Sequence[Node]],
    titles: Mapping[Language, str],
    buttons: Mapping[Language, str],
    lang: Language,
    *,
    simulated: bool = False,
) -> str:
    """A whole page.

    Parameters
    ----------
    contents : mapping of language to elements
        What stands below the title.
    titles : mapping of language to str
    buttons : mapping of language to str
        What the button that leads to the other language says.
    lang : {"zh", "en"}
        Language it opens in.
    simulated : bool
        Whether the title stands out as one of simulated data.

    Returns
    -------
    str
        HTML with style and script inside.
    """
    mains = [
        element(
            "main",
            element(
                "header",
                element("h1", titles[one], class_="simulated" if simulated else None),
                element("nav", element("button", buttons[one], type="button", class_="language")),
            ),
            *contents[one],
            lang=one,
            hidden=None if one == lang else "",
        )
        for one in contents
    ]
    style = page_part("page.css") + page_part("case.css")
    page = element(
        "html",
        element(
            "head",
            element("meta", charset="utf-8"),
            element("meta", name="viewport", content="width=device-width, initial-scale=1"),
            element("meta", http_equiv="Content-Security-Policy", content=POLICY),
            element("title", titles[lang]),
            element("style", style),
        ),
        element("body", *mains, element("script", page_part("case.js"))),
        lang=lang,
    )
    return "<!doctype html>\n" + ET.tostring(page, encoding="unicode", method="html") + "\n"
