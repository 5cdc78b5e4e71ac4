"""Groups of predictors by their names: the physical reasons a consultation speaks of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from forecast.errors import InputError
from forecast.pollutants import POLLUTANTS
from forecast.recent import LAGS, RUNS
from forecast.weather.days.derived import DERIVED
from forecast.weather.fields import FIELDS
from forecast.weather.predictors.path import COMPASS, EXTRA_STATISTICS, OFFSETS


def _any(names: Iterable[object]) -> str:
    return f"(?:{'|'.join(map(str, names))})"


_FIELD = _any(n for n in (*FIELDS, *DERIVED) if n not in POLLUTANTS)
_GUIDANCE, _STATISTIC = _any(POLLUTANTS), _any(EXTRA_STATISTICS)
_ALONG = _any((*OFFSETS, "path", "run4", "spread", "change", "sum"))
_RECENT = _any(("latest", "last6", "city", *(f"lag{k}" for k in LAGS), *RUNS))
_OF_PRODUCT = {
    "weather": rf"{_FIELD}(?:_{_STATISTIC})?_{_ALONG}|recirculation3|dry_days|"
    "stagnation_(?:share|days)",
    "upstream": rf"{_FIELD}_(?:gradient_)?{_any(COMPASS)}",
    "guidance": rf"{_GUIDANCE}(?:_{_STATISTIC})?_{_any((_ALONG, *COMPASS))}",
}
_AIR_QUALITY_MODEL = rf"guidance_.+_{_any(POLLUTANTS)}"
_OF_CASES = {
    "carry_over": f"{_RECENT}_{_any(POLLUTANTS)}",
    "season": f"normal_{_any(POLLUTANTS)}|season_(?:sin|cos)|weekday|day_off|festival",
    "place": "place_(?:lat|lon)",
    "covariate": "covariate_.+",
    "lead": "days_ahead",
}
GROUPS = ("carry_over", "weather", "upstream", "season", "place", "lead", "guidance", "covariate")


def predictor_groups(
    predictors: Iterable[str], products: Sequence[str] = ()
) -> dict[str, list[str]]:
    """Predictors by group, the groups in the order of `GROUPS`; empty groups are left out.

    Parameters and errors are those of `group_of`.

    Examples
    --------
    >>> predictor_groups(["t2m_path", "weekday", "latest_co", "ws_sum"])
    {'carry_over': ['latest_co'], 'weather': ['t2m_path', 'ws_sum'], 'season': ['weekday']}
    """
    found: dict[str, list[str]] = {group: [] for group in GROUPS}
    for name in predictors:
        found[group_of(name, products)].append(name)
    return {group: names for group, names in found.items() if names}


def group_of(predictor: str, products: Sequence[str] = ()) -> str:
    """Group of a predictor, by its name.

    Parameters
    ----------
    predictor : str
        As `forecast.cases.build_cases` names it.
    products : sequence of str
        Names of the forecast products but the first, which stand before those of their predictors.

    Returns
    -------
    str
        ``carry_over`` (recent concentrations of the place and its city), ``weather`` (of the target
        day and the path), ``upstream`` (points around and pressure gradient), ``season`` (calendar
        and normals), ``place``, ``lead``, ``guidance`` (concentrations of a model) or
        ``covariate`` (the user's own).

    Raises
    ------
    InputError
        The name belongs to no group, or to several.

    Examples
    --------
    >>> group_of("lag2_pm25"), group_of("r2_south"), group_of("cams_pm25_target", ["cams"])
    ('carry_over', 'upstream', 'guidance')
    >>> group_of("guidance_cams_pm25")
    'guidance'
    """
    prefix = f"(?:{_any(map(re.escape, products))}_)?" if products else ""
    rules = {**{g: f"{prefix}(?:{r})" for g, r in _OF_PRODUCT.items()}, **_OF_CASES}
    rules["guidance"] += f"|{_AIR_QUALITY_MODEL}"
    found = [group for group, rule in rules.items() if re.fullmatch(rule, predictor)]
    if len(found) != 1:
        raise InputError(
            f"predictor {predictor!r}: belongs to {' and '.join(found) or 'no group'}, "
            "expected exactly one group of predictors"
        )
    return found[0]
