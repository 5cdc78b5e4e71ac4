"""What each weather predictor is, in a line: name to formula and units."""

from __future__ import annotations

from forecast.errors import InputError
from forecast.weather.days.derived import DERIVED
from forecast.weather.days.stability import CALM_10M, CALM_500HPA, DRY_MM
from forecast.weather.days.steps import WINDOWS
from forecast.weather.fields import FIELDS, LEVELS_HPA, Field
from forecast.weather.predictors.path import COMPASS
from forecast.weather.predictors.path_history import MOST_DRY_DAYS

_FIELDS: dict[str, Field] = {**FIELDS, **DERIVED}
_DAY = {
    "min": "daily minimum",
    "max": "daily maximum",
    **{name: f"{first:g}–{last:g} h mean" for name, (first, last) in WINDOWS.items()},
}
_ALONG = {
    "target": "on the target day, mean of members and cycles",
    "before1": "on the day before the target (to the issue: analysis)",
    "before2": "two days before the target (to the issue: analysis)",
    "after1": "on the day after the target",
    "path": "mean from lead 1 to the target",
    "run4": "mean of the four days to the target (to the issue: analysis)",
    "spread": "standard deviation of the members on the target day",
    "change": "target day minus the day before (lead 0: analysis)",
    "sum": "sum from lead 1 to the target",
    **{compass: f"150 km {compass} of the place on the target day" for compass in COMPASS},
}
_STAGNANT = (
    f"ws < {CALM_10M:g} m s-1, ws500 < {CALM_500HPA:g} m s-1, tp < {DRY_MM:g} mm "
    "(Wang and Angell 1999)"
)
_WHOLE = {
    "recirculation3": "1 − |Σ wind| / Σ speed of the three days to the target "
    "(Allwine and Whiteman 1994), mean of the members",
    "dry_days": f"days in a row to the target with tp < {DRY_MM:g} mm, analysis before lead 1, at "
    f"most {MOST_DRY_DAYS}, mean of the members",
    "stagnation_share": f"share of the members stagnant on the target day: {_STAGNANT}",
    "stagnation_days": f"days from lead 1 to the target, mean of the members, with {_STAGNANT}",
    **{
        f"{name}_gradient_{axis}": f"{FIELDS[name].standard_name} 300 km {axis} minus 300 km "
        f"{opposite} of the place on the target day (Pa)"
        for name in ("msl", "sp")
        for axis, opposite in (("north", "south"), ("east", "west"))
    },
}


def describe(name: str) -> str:
    """Say what a predictor of `path_predictors` is.

    Parameters
    ----------
    name : str
        ``t2m_target``, ``ventilation_max_spread``, ``recirculation3``, …

    Returns
    -------
    str
        Formula or field, day, and units.

    Raises
    ------
    InputError
        No weather predictor has that name.

    Examples
    --------
    >>> describe("t2m_before1")
    't2m: air temperature (K), daily mean, on the day before the target (to the issue: analysis)'
    """
    if name in _WHOLE:
        return _WHOLE[name]
    daily, _, along = name.rpartition("_")
    field, _, statistic = daily.partition("_")
    if field in _FIELDS and along in _ALONG and statistic in ("", *_DAY):
        whole_day = "daily sum" if _FIELDS[field].cell == "amount" else "daily mean"
        return f"{_field(field)}, {_DAY.get(statistic, whole_day)}, {_ALONG[along]}"
    raise InputError(f"{name}: no weather predictor has that name")


def _field(name: str) -> str:
    """Name, formula and units of a field."""
    if name in DERIVED:
        field = DERIVED[name]
        return f"{name}: {field.long_name}, {field.formula} ({field.units})"
    text = FIELDS[name].standard_name.replace("_", " ")
    aloft = [f" at {level} hPa" for level in LEVELS_HPA if name.endswith(str(level))]
    return f"{name}: {text}{''.join(aloft)} ({FIELDS[name].units})"
