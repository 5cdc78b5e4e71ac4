"""Station histories: one reader a format, one data model, one store a source."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        "airnow",
        "aqs",
        "cf",
        "cities_daily",
        "cnemc",
        "cnemc_stations",
        "daily_store",
        "five_cities",
        "formats",
        "merged",
        "openaq",
        "prsa",
        "source",
        "sql",
        "store",
        "table",
    ],
    submod_attrs={
        "cnemc_stations": ["read_cnemc_stations"],
        "formats": ["AnySource"],
        "merged": ["read_merged"],
        "prsa": ["read_prsa"],
        "source": ["Reading", "Source"],
        "store": ["ObservationStore", "WriteReport"],
    },
)
