"""What the evaluation of forecasts takes from the configuration."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from verification import NmcRules
from verification.consultation.half_levels import HALF_LEVEL_EDGES


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DustyDays(_Section):
    """When a daily mean counts as dusty."""

    above: float = Field(default=150, gt=0, description="PM10 above this, µg m-3")
    ratio: float = Field(default=0.4, gt=0, lt=1, description="PM2.5/PM10 at most this")


class Processes(_Section):
    """What one heavy-pollution process is, and when a forecast of it counts as a hit."""

    above: float = Field(default=200, ge=0, lt=500, description="AQI above this")
    radius_km: float = Field(default=200, gt=0, le=2000, description="cities this near touch")
    gap_days: int = Field(default=1, ge=0, le=5, description="days below that do not end it")
    tolerance_days: int = Field(default=1, ge=0, le=5, description="shift that still overlaps")
    share: float = Field(default=0.3, gt=0, le=1, description="share of its cities to be hit")


class NmcPoints(_Section):
    """Points of the form of the National Meteorological Centre."""

    aqi_errors: tuple[float, ...] = Field(
        default=(25, 50, 100, 150), description="an AQI that is off by at most this much …"
    )
    aqi_points: tuple[float, ...] = Field(default=(100, 80, 60, 30), description="… has so many")
    level_points: tuple[float, ...] = Field(
        default=(100, 50, 25), description="points of a level that is off by 0, 1, 2 … levels"
    )
    weights: tuple[float, float, float] = Field(
        default=(1, 1, 1), description="of AQI, level and primary pollutant in the composite"
    )

    @model_validator(mode="after")
    def _rules_hold(self) -> Self:
        self.rules()
        return self

    def rules(self) -> NmcRules:
        """The same as the scores take it."""
        return NmcRules(self.aqi_errors, self.aqi_points, self.level_points, weights=self.weights)


class HalfLevels(_Section):
    """Half-levels of the index, and by how many a hit may differ."""

    edges: tuple[float, ...] = Field(
        default=HALF_LEVEL_EDGES, min_length=1, description="upper ends of all but the last"
    )
    tolerance: int = Field(default=1, ge=0, le=11, description="half-levels")

    @field_validator("edges")
    @classmethod
    def _increase(cls, edges: tuple[float, ...]) -> tuple[float, ...]:
        if any(b <= a for a, b in pairwise(edges)):
            raise ValueError("edges must increase")
        return edges


MonthDay = Annotated[str, Field(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$")]


class Evaluation(_Section):
    """Parameters of the scores that no rule fixes (domain defaults)."""

    half_width: dict[int, int] = Field(
        default={200: 15, 300: 25, 500: 50},
        description="half-width of the issued range, by upper end of the AQI it applies to",
    )
    block_days: int = Field(default=15, ge=1, le=366, description="block of the bootstrap, days")
    replicates: int = Field(default=500, ge=100, le=10_000)
    confidence: float = Field(default=0.90, gt=0, lt=1)
    heating: tuple[MonthDay, MonthDay] = Field(
        default=("11-15", "03-15"), description="first and last day of the heating season"
    )
    correction: Literal["fdr", "holm"] = Field(
        default="fdr", description="of significance, for comparing models at many leads at once"
    )
    range_share: float = Field(
        default=0.25, gt=0, lt=1, description="HJ 1130: range around the AQI, as a share of it"
    )
    half_levels: HalfLevels = HalfLevels()
    nmc: NmcPoints = NmcPoints()
    dust: DustyDays = DustyDays()
    processes: Processes = Processes()

    @model_validator(mode="after")
    def _widths_cover_the_scale(self) -> Self:
        if max(self.half_width, default=0) < 500:
            raise ValueError("half_width must reach AQI 500")
        if not all(1 <= width <= 500 for width in self.half_width.values()):
            raise ValueError("a half_width must lie within 1 … 500")
        return self
