"""What training, calibration and decision take from the configuration."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from ensembles.adaptive import DECAY, RATE
from forecast.pollutants import POLLUTANTS

Pollutant = Annotated[str, Field(pattern=f"^({'|'.join(POLLUTANTS)})$")]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Boosting(_Section):
    """Settings of the boosting member; the defaults suit a few dozen stations."""

    trees: int = Field(default=250, ge=10, le=20_000)
    learning_rate: float = Field(default=0.05, gt=0, le=1)
    leaves: int = Field(default=24, ge=2, le=4096)
    min_leaf: int = Field(default=200, ge=1, le=1_000_000)
    lead_weight: float = Field(
        default=1.5, ge=0, le=4, description="a case at lead k weighs k**-lead_weight in training"
    )


class Training(_Section):
    """How the ensemble is trained and recalibrated."""

    folds: int = Field(default=4, ge=2, le=20)
    refit_days: int = Field(default=90, ge=1, le=3660)
    min_days: int = Field(default=200, ge=30, description="least known days before a first fit")
    sample_rows: int | None = Field(
        default=None,
        ge=1000,
        description="most cases (issue, lead, station) to learn from, drawn evenly; all by default",
    )
    members: list[Literal["linear_mos", "emos", "analog", "boosting"]] = Field(
        default=["linear_mos", "emos", "analog", "boosting"],
        min_length=1,
        description="members beside climatology and persistence, which are always there",
    )
    boosting: Boosting = Boosting()


class Adaptation(_Section):
    """How fast verification moves the quantiles of a pollutant."""

    rate: float = Field(
        default=RATE, gt=0, le=0.2, description="step of a quantile's level after one issue"
    )
    decay: float = Field(
        default=DECAY, ge=0, le=1, description="part of the shift that fades with each issue"
    )


class Calibration(Adaptation):
    """How recent verification moves the quantiles without a new fit."""

    adaptive: bool = True
    pollutants: dict[Pollutant, Adaptation] = Field(
        default_factory=dict, description="rate and decay of single pollutants"
    )

    def of(self, pollutant: str) -> Adaptation:
        """Rate and decay of a pollutant; what its own rule leaves out is that of all."""
        own = self.pollutants.get(pollutant, Adaptation())
        return Adaptation(rate=self.rate, decay=self.decay).model_copy(
            update=own.model_dump(exclude_unset=True)
        )


class DecisionRule(_Section):
    """How scenarios become what is issued."""

    heavy_from: float = Field(
        default=0.28,
        gt=0,
        le=1,
        description="smoothed probability of AQI > 200 from which on a heavy level is issued",
    )
