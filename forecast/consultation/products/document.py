"""The briefing as a Word document of A4 sheets: the bulletin, the five steps, their pictures."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from forecast.bulletin import Language
from forecast.consultation.briefing import STEPS, Briefing
from forecast.consultation.products.cells import Cell, Table, printable
from forecast.consultation.products.pictures import (
    check_pictures,
    drawn_cities,
    fans_picture,
    levels_picture,
    members_picture,
)
from forecast.consultation.products.step_parts import parts_of
from forecast.consultation.products.tables import words_of
from forecast.consultation.products.word_document import WordDocument, docx_library
from forecast.consultation.products.wording import bulletin_lines
from forecast.version import version

UPRIGHT_DAYS = 10
"""Days beside each other that an upright sheet holds; with more the long side lies across."""
INCH = 25.4


def check_document() -> None:
    """Raise MissingExtraError unless documents with pictures can be written."""
    docx_library()
    check_pictures()


def write_document(briefing: Briefing, path: Path, lang: Language) -> Path:
    """Write the document of a briefing.

    Parameters
    ----------
    briefing : dict
        From `make_briefing`.
    path : Path
        ``.docx``, written whole or not at all; the same briefing gives the same bytes.
    lang : {"zh", "en"}

    Returns
    -------
    Path

    Raises
    ------
    MissingExtraError
        A library it takes is not installed.
    """
    check_document()
    briefing = printable(briefing)
    head, word = briefing["head"], words_of(lang)
    title = f"{head['title'][lang]}{'：' if lang == 'zh' else ': '}{head['area'][lang]}"
    colours = ["{:02X}{:02X}{:02X}".format(*one["color"]) for one in head["levels"]]
    document = WordDocument(title, lang, colours, wide=len(head["valid_days"]) > UPRIGHT_DAYS)
    document.title(title, marked=head["simulated"] != "no")
    document.paragraph(_subtitle(briefing, word), small=True)
    document.heading(word["bulletin"])
    for line in bulletin_lines(briefing, lang):
        document.paragraph(line)
    for step in STEPS:
        document.heading(word[step])
        if step == "guidance" and drawn_cities(briefing):
            picture = members_picture(briefing, lang, document.width / INCH)
            document.picture(picture, word["medians"], caption=False)
        for part in parts_of(step, briefing, lang):
            if isinstance(part, str):
                document.paragraph(part)
            else:
                document.table(part)
        if step == "consultation":
            _cities(document, briefing, lang)
    notes = word["notes"].format(standard=head["standard"], rule=head["warning_rule"])
    for note in (*head["remarks"][lang], notes):
        document.paragraph(note, small=True)
    made = datetime.fromisoformat(head["data_cut_off"].removesuffix("Z"))
    return document.save(path, made=made, author=f"wubu {version()}")


def _subtitle(briefing: Briefing, word: dict[str, str]) -> str:
    head = briefing["head"]
    revision = f" ({word['revision']} {head['revision']})" if head["revision"] > 1 else ""
    days = head["valid_days"]
    return (
        f"{word['issued']} {head['issue']}{revision} · {days[0]} – {days[-1]} · "
        f"{word['latest']} {head['latest_observation']}"
    )


def _cities(document: WordDocument, briefing: Briefing, lang: Language) -> None:
    """The key of the colours, and the pictures of the cities likeliest to be heavily polluted."""
    word, width = words_of(lang), document.width / INCH
    document.table(_level_key(briefing, lang))
    cities = drawn_cities(briefing)
    if cities:
        more = len(cities) < len(briefing["cities"])
        chosen = word["chosen"].format(count=len(cities)) if more else ""
        document.picture(fans_picture(briefing, lang, cities, width), word["fan_note"] + chosen)
        document.picture(
            levels_picture(briefing, lang, cities, width), word["levels_note"] + chosen
        )


def _level_key(briefing: Briefing, lang: Language) -> Table:
    """The levels with their ranges, each in its colour."""
    levels = briefing["head"]["levels"]
    lower = [0, *(one["upper"] + 1 for one in levels)]
    key = [
        Cell(f"{low}–{one['upper']}", level=k)
        for k, (low, one) in enumerate(zip(lower, levels, strict=False), start=1)
    ]
    return Table("", [one[lang] for one in levels], [key])
