"""A row of the table of benchmarks: what took how long, beside what it cannot be quicker than."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One measurement.

    Attributes
    ----------
    name : str
        What was done.
    size : str
        On how much.
    seconds : float
        How long it took; NaN where it was not run.
    peak : float
        Peak memory in GB, of the process or of what the work took beside its input (`size` says);
        NaN where it is not measured.
    limit : str
        What it is compared with: the bare work underneath, another library, or why it was not run.
    ratio : float
        Its seconds over those of `limit`; NaN without a comparison.
    """

    name: str
    size: str
    seconds: float = float("nan")
    peak: float = float("nan")
    limit: str = ""
    ratio: float = float("nan")
