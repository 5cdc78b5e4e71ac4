"""What the document and the workbook show of each step: lines of text and tables, in order."""

from __future__ import annotations

from forecast.bulletin import Language
from forecast.consultation.briefing import Briefing
from forecast.consultation.products.cells import Table
from forecast.consultation.products.consultation_tables import (
    adjustments_table,
    area_days_table,
    change_table,
    city_days_table,
    episodes_table,
    evaluation_tables,
    similar_tables,
    warnings_table,
)
from forecast.consultation.products.tables import (
    contributions_table,
    members_table,
    observed_table,
    said_table,
    weather_table,
    weights_table,
    words_of,
    year_line,
)

Part = str | Table


def parts_of(step: str, briefing: Briefing, lang: Language) -> list[Part]:
    """Lines and tables of a step of `forecast.consultation.briefing.STEPS`, without bulletin."""
    word = words_of(lang)
    if step == "review":
        line = year_line(briefing, lang)
        tables = observed_table(briefing, lang), said_table(briefing, lang)
        return [tables[0], *([line] if line else []), *([tables[1]] if tables[1].title else [])]
    if step == "weather":
        return [weather_table(briefing, lang)]
    if step == "guidance":
        why = contributions_table(briefing, lang)
        told: list[Part] = [word["why_note"], why] if why.rows else []
        return [members_table(briefing, lang), weights_table(briefing, lang), *told]
    if step == "consultation":
        return [
            episodes_table(briefing, lang),
            warnings_table(briefing, lang),
            *(t for t in (change_table(briefing, lang),) if t.rows),
            *similar_tables(briefing, lang),
            *(t for t in (adjustments_table(briefing, lang),) if t.rows),
            area_days_table(briefing, lang),
            city_days_table(briefing, lang),
        ]
    return [word["evaluation_note"], *evaluation_tables(briefing, lang)]
