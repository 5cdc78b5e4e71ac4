"""The TIGGE archive: global ensembles of many centres in one GRIB 2, as each centre's grid.

Amounts are since the start of the forecast, as the messages state.
"""

from __future__ import annotations

from forecast.weather.product import Header, Product


def _recognises(header: Header) -> bool:
    return header.form == "grib" and header.attributes.get("class") == "ti"


PRODUCTS = [
    Product(
        name="tigge",
        title="TIGGE archive, any centre (GRIB 2)",
        container="grib",
        delay_hours=48.0,  # after the initial time (conditions of ECMWF's TIGGE server)
        recognises=_recognises,
    )
]
