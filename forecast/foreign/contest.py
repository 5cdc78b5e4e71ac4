"""Models and references on equal terms: of each variable, the pairs that all of them have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np
import xarray as xr

from forecast.foreign.content import Note, valid_days
from forecast.foreign.families import VALUE_FAMILIES, Ingredients, Key, ingredients
from forecast.foreign.matching import Matched
from forecast.foreign.references import (
    CLIMATOLOGY,
    PERSISTENCE,
    REFERENCES,
    at_days,
    climatology,
    persistence,
)

COVERED = 0.9
"""Share of the models' pairs that a reference must have to stand beside them; what it lacks of
them is left out for all, so a reference with many gaps would change what the models are judged by.
"""


@dataclass(frozen=True)
class Entry:
    """One variable and family.

    Attributes
    ----------
    makings : dict of str to Ingredients
        By model and reference.
    shown : tuple of str
        Models, and the references that have enough pairs.
    mask : xarray.DataArray
        Pairs that all shown have; at a lead where they have none in common, each its own.
    """

    makings: dict[str, Ingredients]
    shown: tuple[str, ...]
    mask: xr.DataArray


@dataclass(frozen=True)
class Contest:
    """Models that all know leads, or all know only days, with what was observed.

    Attributes
    ----------
    time : str
        Dimension whose days are resampled: ``issue`` or ``day``.
    models : tuple of str
        In the order given, then the references.
    entries : dict of Key to Entry
    observed : xarray.Dataset
        For each pair.
    notes : tuple of Note
    """

    time: str
    models: tuple[str, ...]
    entries: dict[Key, Entry]
    observed: xr.Dataset
    notes: tuple[Note, ...]

    @property
    def keep(self) -> tuple[str, ...]:
        """Dimensions of time."""
        return ("issue", "lead") if self.time == "issue" else ("day",)


def contests(matched: Sequence[Matched]) -> list[Contest]:
    """Put models beside each other and beside the references.

    Parameters
    ----------
    matched : sequence of Matched
        One a model, all with the same observations.

    Returns
    -------
    list of Contest
        One of the models with leads, one of those without, as far as there are any.
    """
    kinds = dict.fromkeys(m.time for m in matched)
    return [_contest([m for m in matched if m.time == time]) for time in kinds]


def _contest(matched: Sequence[Matched]) -> Contest:
    aligned = xr.align(
        *(m.forecast for m in matched), join="outer", exclude=("member", "quantile"), copy=False
    )
    forecasts = dict(zip((m.model for m in matched), aligned, strict=True))
    truth = reduce(lambda a, b: a.combine_first(b), (m.observed for m in matched))
    like = aligned[0]
    truth = truth.sel(place=like["place"].values)
    observed = at_days(truth, valid_days(like), like)
    notes: list[Note] = []
    for name, make in ((PERSISTENCE, persistence), (CLIMATOLOGY, climatology)):
        found = make(truth, like)
        if found is None:
            notes.append(_ABSENT[name])
        else:
            forecasts[name] = found
    makings: dict[Key, dict[str, Ingredients]] = {}
    for model, forecast in forecasts.items():
        for key, made in ingredients(forecast, observed).items():
            makings.setdefault(key, {})[model] = made
    entries = {}
    for key, by_model in makings.items():
        if set(by_model) - set(REFERENCES):
            entries[key] = _entry(key[0], by_model, notes)
    entries = _one_mask(entries)
    models = tuple(forecasts)
    return Contest(matched[0].time, models, entries, observed, tuple(dict.fromkeys(notes)))


def _one_mask(entries: dict[Key, Entry]) -> dict[Key, Entry]:
    """Scores of a value, its members and its quantiles are of the same pairs."""
    out = dict(entries)
    for variable in {v for v, _ in entries}:
        same = [(variable, f) for f in VALUE_FAMILIES if (variable, f) in entries]
        mask = reduce(lambda a, b: a & b, (entries[key].mask for key in same), xr.DataArray(True))
        out |= {key: replace(entries[key], mask=mask) for key in same}
    return out


_ABSENT = {
    PERSISTENCE: Note(
        "文件没有起报日或时效，不知预报时已有哪些实况，故不列持续性预报",
        "persistence is not shown: without issue or lead nobody knows what had been observed when "
        "the forecast was made",
    ),
    CLIMATOLOGY: Note(
        "实况中没有早一年的数据，故不列气候态预报",
        "climatology is not shown: it needs observations of an earlier year",
    ),
}


def _entry(variable: str, makings: dict[str, Ingredients], notes: list[Note]) -> Entry:
    present = {model: made.present() for model, made in makings.items()}
    own = {m: p for m, p in present.items() if m not in REFERENCES}
    mask = _common(own, variable, notes)
    judged = mask & reduce(lambda a, b: a | b, own.values())
    pairs = int(judged.sum())
    shown = list(own)
    for name in (n for n in REFERENCES if n in present):
        there = int((judged & present[name]).sum())
        if there and there >= COVERED * pairs:
            shown.append(name)
            mask = mask & present[name]
            _note_left_out(variable, name, pairs - there, notes)
        else:
            notes.append(_too_few(variable, name, there, pairs))
    return Entry(makings, tuple(shown), mask)


def _common(present: Mapping[str, xr.DataArray], variable: str, notes: list[Note]) -> xr.DataArray:
    """Pairs that all models have; at a lead where there is none, all pairs."""
    each = xr.concat(list(present.values()), "model")
    pairs = [d for d in each.dims if d not in ("model", "lead")]
    has = each.any(pairs)
    joint = (each | ~has).all("model")
    none = ~(joint & each.any("model")).any(pairs) & has.any("model")
    if bool(none.any()):
        notes.append(
            Note(
                f"{variable}：各模型没有共同样本，各按自己的样本评分，不可直接比较",
                f"{variable}: the models have no pairs in common (at some lead); each is scored on "
                "its own, so do not compare them",
            )
        )
    dropped = int((each.any("model") & ~(joint | none)).sum())
    if dropped:
        notes.append(
            Note(
                f"{variable}：{dropped:,}个样本不是各模型都有，未计入",
                f"{variable}: {dropped:,} pairs that only some of the models have are left out",
            )
        )
    return joint | none


def _note_left_out(variable: str, reference: str, count: int, notes: list[Note]) -> None:
    if count:
        zh = "持续性" if reference == PERSISTENCE else "气候态"
        notes.append(
            Note(
                f"{variable}：{count:,}个样本没有{zh}预报，未计入",
                f"{variable}: {count:,} pairs for which there is no {reference} are left out",
            )
        )


def _too_few(variable: str, reference: str, there: int, pairs: int) -> Note:
    zh = "持续性" if reference == PERSISTENCE else "气候态"
    share = there / pairs if pairs else np.nan
    return Note(
        f"{variable}：{zh}预报只覆盖{share:.0%}的样本，不列出",
        f"{variable}: {reference} covers only {share:.0%} of the pairs and is not shown",
    )
