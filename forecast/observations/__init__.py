"""Station histories: one reader a format, one data model, one store."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=["prsa", "store"],
    submod_attrs={
        "prsa": ["read_prsa"],
        "store": ["ObservationStore", "WriteReport"],
    },
)
