"""A simulated world with known truth: weather, ensemble forecasts of it, emissions and stations.

It is the embedded demonstration, the tests' fixture and the source of data of any size. Nothing in
it is real: cities and stations are invented, every file says SIMULATED.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submod_attrs={"instruments": ["FaultRates"], "world": ["World", "simulate"]},
)
