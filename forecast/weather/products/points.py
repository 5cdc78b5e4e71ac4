"""A CSV table of model output at points: guidance, or weather at stations."""

from __future__ import annotations

from forecast.weather.fields import FIELDS
from forecast.weather.product import Header, Product

_TIMES = {"issue", "valid", "valid_time", "time", "date", "day"}


def _recognises(header: Header) -> bool:
    """A table with a time, and a column that bears a field's name."""
    names = {name.split("[")[0].strip() for name in header.variables}
    return header.form == "text" and bool(_TIMES & names) and bool(FIELDS.keys() & names)


PRODUCTS = [
    Product(
        name="points",
        title="Model output at points by issue and lead, or by time or day (CSV)",
        container="points",
        recognises=_recognises,
    )
]
