"""Gridded weather: readers, sampling at places, the archive by cycle, predictors along the path."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=["archive", "fields", "netcdf", "path", "sampling"],
    submod_attrs={
        "archive": ["WeatherArchive"],
        "netcdf": ["WeatherFile"],
        "path": ["path_predictors"],
        "sampling": ["bilinear_weights", "ring", "sample"],
    },
)
