"""Gridded weather: readers, sampling at places, the archive by cycle, predictors along the path."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        "accumulation",
        "archive",
        "area_mean",
        "derived",
        "dressing",
        "fields",
        "grids",
        "moisture",
        "opening",
        "path",
        "predictor_text",
        "products",
        "ring",
        "sampling",
        "stability",
        "steps",
        "wind",
    ],
    submod_attrs={
        "accumulation": ["amounts"],
        "archive": ["WeatherArchive"],
        "area_mean": ["area_weights"],
        "derived": ["DERIVED", "derive"],
        "dressing": ["dress"],
        "dressing_correlation": ["estimate_correlation"],
        "fields": ["FIELDS"],
        "grids": ["Grid"],
        "opening": ["open_weather"],
        "path": ["path_predictors"],
        "predictor_text": ["describe"],
        "ring": ["ring"],
        "sampling": ["Sampler", "grid_weights", "sample"],
        "steps": ["local_days"],
    },
)
