"""CAMx output in NetCDF (version 6.40 on): guidance of the pollutants."""

from __future__ import annotations

from forecast.weather.product import Header, Product


def is_camx(header: Header) -> bool:
    """Whether a file says it is of CAMx.

    CAMx 7 writes the attributes CAMx_NAME and IOAPI_VERSION "IOAPI-CAMx"; files converted from its
    binary format bear NAME, NOTE and ITZON.
    """
    attributes = header.attributes
    if header.form != "netcdf" or "TFLAG" not in header.variables:
        return False
    said = (str(attributes.get(name, "")) for name in ("IOAPI_VERSION", "EXEC_ID"))
    return (
        "CAMx_NAME" in attributes
        or {"NAME", "NOTE", "ITZON"} <= attributes.keys()
        or any("camx" in text.lower() for text in said)
    )


PRODUCTS = [
    Product(
        name="camx",
        title="CAMx (NetCDF): concentrations of the lowest layer",
        container="ioapi",
        names={
            "pm25": ("PM25", "PM2_5", "PM25_TOT", "TOTPM25"),
            "pm10": ("PM10", "TOTPM10"),
            "so2": ("SO2",),
            "no2": ("NO2",),
            "o3": ("O3",),
            "co": ("CO",),
        },
        recognises=is_camx,
    )
]
