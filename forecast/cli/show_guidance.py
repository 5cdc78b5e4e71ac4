"""Guidance on the console: the raw model beside its corrections and the ensemble."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from rich.table import Table

from forecast.cli.show import console, table_of
from forecast.cli.show_scores import by_standard, number, simulated_note, values
from forecast.cli.words import word
from forecast.guidance.settings import KALMAN, MAPPED, Guidance
from forecast.pollutants import LABELS
from forecast.training import ENSEMBLE

SHOWN = {"bias": "+.2f", "crps_quantiles": ".2f"}
"""Scores of the table and how they are written."""


def show_guidance(
    scores: pd.DataFrame, guidance: Sequence[Guidance], lang: str, *, simulated: bool | str
) -> None:
    """Print bias and CRPS at stations of each guidance, its corrections and the ensemble.

    Its first pollutant by lead, the others over all leads. Each model is scored on what it has.

    Parameters
    ----------
    scores : pandas.DataFrame
        From `forecast.evaluation.evaluate` with the default scores.
    guidance : sequence of Guidance
        Sections of the configuration; one that was never issued is left out.
    lang : str
        ``zh`` or ``en``.
    simulated : bool or "weather"
        Named in every title.
    """
    note = simulated_note(simulated, lang)
    for suffix, part in by_standard(scores, lang):
        for source in guidance:
            if source.name in set(part["model"]):
                console().print(_table(part, source, lang, note, suffix))


def _table(scores: pd.DataFrame, source: Guidance, lang: str, note: str, suffix: str) -> Table:
    models = [source.name, source.name + MAPPED, source.name + KALMAN, ENSEMBLE]
    title = {
        "zh": f"{note}数值模式{source.name}：站点日均值的偏差 / CRPS（µg/m³，CO为mg/m³）{suffix}",
        "en": f"{note}Guidance {source.name} at stations: bias / CRPS (µg/m³, CO mg/m³){suffix}",
    }[lang]
    table = table_of(title, ["pollutant", "lead", *models, "pairs"], lang)
    part = scores[(scores["place_kind"] == "station") & scores["score"].isin(SHOWN)]
    for pollutant in source.columns:
        own = part[part["pollutant"] == pollutant]
        if pollutant != next(iter(source.columns)):  # by lead the first alone: enough to read
            own = own[own["lead"] == "all"]
        for lead, at in own.groupby("lead", sort=False):
            found = {score: values(at, score) for score in SHOWN}
            cells = [
                " / ".join(_figure(found[s], model, form) for s, form in SHOWN.items())
                for model in models
            ]
            pairs = at[(at["model"] == source.name) & (at["score"] == "bias")]["pairs"]
            label = LABELS[pollutant]
            table.add_row(label, word(str(lead), lang), *cells, f"{int(pairs.sum()):,}")
    return table


def _figure(found: pd.Series, model: str, form: str) -> str:
    value = float(found.get(model, np.nan))
    return format(value, form) if np.isfinite(value) else number(value)
