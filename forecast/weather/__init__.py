"""Gridded weather: any file opened alike, brought to places and local days, kept by cycle."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        "archive",
        "days",
        "dressing",
        "fields",
        "grids",
        "opening",
        "predictors",
        "products",
        "sampling",
    ],
    submod_attrs={
        "archive.cycles": ["WeatherArchive"],
        "days.accumulation": ["amounts"],
        "days.derived": ["DERIVED", "derive"],
        "days.steps": ["local_days"],
        "dressing.correlation": ["estimate_correlation"],
        "dressing.dressed": ["dress"],
        "fields": ["FIELDS"],
        "grids": ["Grid"],
        "opening": ["open_weather"],
        "predictors.path": ["path_predictors"],
        "predictors.predictor_text": ["describe"],
        "sampling.area_mean": ["area_weights"],
        "sampling.ring": ["ring"],
        "sampling.weights": ["Sampler", "grid_weights", "sample"],
    },
)
