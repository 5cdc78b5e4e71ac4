"""ECMWF's open data in GRIB 2: the IFS, single and ensemble, and the AIFS.

Amounts are since the start of the forecast. Open data of the IFS come one hour after the
dissemination schedule (ECMWF, Dissemination schedule; Open data: real-time forecasts from IFS and
AIFS).
"""

from __future__ import annotations

from forecast.weather.product import Header, Product


def _is(header: Header, mars_class: str, *streams: str) -> bool:
    keys = header.attributes
    return (
        header.form == "grib"
        and keys.get("centre") == "ecmf"
        and keys.get("class") == mars_class
        and keys.get("stream") in streams
    )


PRODUCTS = [
    Product(
        name="ifs-hres",
        title="IFS of ECMWF, the single forecast (GRIB)",
        container="grib",
        delay_hours=9.0,  # the last step is disseminated after 7 h 34 min
        recognises=lambda header: _is(header, "od", "oper", "scda"),
    ),
    Product(
        name="ifs-ens",
        title="IFS of ECMWF, the ensemble (GRIB)",
        container="grib",
        delay_hours=9.0,  # as the control forecast
        recognises=lambda header: _is(header, "od", "enfo"),
    ),
    Product(
        name="aifs",
        title="AIFS of ECMWF, single or ensemble (GRIB)",
        container="grib",
        delay_hours=8.0,  # released at once, but starts from the analysis of the IFS (5 h 40 min)
        recognises=lambda header: _is(header, "ai", "oper", "scda", "enfo"),
    ),
]
