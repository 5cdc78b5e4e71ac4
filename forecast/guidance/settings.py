"""One section of `guidance` in the configuration: forecasts of an air-quality model."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from forecast.observations.units import canonical_unit, factor_to_model
from forecast.pollutants import POLLUTANTS
from forecast.weather.fields import mass_fraction

AIR_DENSITY = 1.184
"""kg/m³ of dry air at 298.15 K and 1013.25 hPa, the state gases are reported at."""
MAPPED, KALMAN = "_mapped", "_kalman"
"""What the names of the corrected members end in, after the name of the guidance."""
TAKEN = ("climatology", "persistence", "linear_mos", "emos", "analog", "boosting", "ensemble")
"""Names that other members bear."""

Column = Annotated[str, Field(min_length=1)]


class Guidance(BaseModel):
    """Daily values of an air-quality model, one file or many.

    A file without a column `issue` holds one value a valid day, which serves all leads: it is taken
    as known at every issue. With it, a value is by issue, lead and, where there is a column
    `place`, station or city; it enters the issues from its own on, `delay_days` later.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$")]
    files: Annotated[str, Field(min_length=1, description="glob of CSV, relative to `data`")]
    columns: dict[str, Column] = Field(min_length=1, description="pollutant -> column")
    units: dict[str, str] = Field(
        default_factory=dict, description="by pollutant; those of the data model where not given"
    )
    day: Column = Field(default="date", description="column of the valid day")
    issue: Column = Field(default="issue", description="column of the issue date, where there is")
    lead: Column = Field(default="lead", description="column of the lead in days, likewise")
    place: Column = Field(default="place", description="column of station or city, likewise")
    point: tuple[float, float] | None = Field(
        default=None,
        description="latitude and longitude of a file without places; far stations have none of it",
    )
    utc_offset: float | None = Field(
        default=None,
        ge=-12,
        le=14,
        description="clock of the file's days; they are taken for the network's of the same date",
    )
    delay_days: int = Field(
        default=0, ge=0, le=5, description="days from an issue of the model until it is at hand"
    )

    @field_validator("name")
    @classmethod
    def _no_members_name(cls, name: str) -> str:
        if name in TAKEN or name.endswith((MAPPED, KALMAN)):
            raise ValueError(
                f"a member is named so; choose a name other than {', '.join(TAKEN)} that does not "
                f"end in {MAPPED} or {KALMAN}"
            )
        return name

    @field_validator("columns", "units", mode="before")
    @classmethod
    def _known_pollutants(cls, given: Any) -> Any:
        for pollutant in given if isinstance(given, dict) else ():
            if pollutant not in POLLUTANTS:
                raise ValueError(
                    f"unknown pollutant {pollutant!r}; known are {', '.join(POLLUTANTS)}"
                )
        return given

    @field_validator("point")
    @classmethod
    def _on_the_globe(cls, point: tuple[float, float] | None) -> tuple[float, float] | None:
        if point is not None and not (abs(point[0]) <= 90 and abs(point[1]) <= 360):
            raise ValueError("point must be a latitude within ±90 and a longitude within ±360")
        return point

    @model_validator(mode="after")
    def _units_convert(self) -> Guidance:
        for pollutant, unit in self.units.items():
            if pollutant not in self.columns:
                raise ValueError(f"units of {pollutant}, which has no column")
            if canonical_unit(unit) is None and mass_fraction(pollutant, unit) is None:
                raise ValueError(
                    f"units of {pollutant}: {unit!r} is unknown; expected µg/m³, mg/m³, ppb, ppm "
                    "or a mass of the air such as ug/kg"
                )
            self.factor(pollutant)
        return self

    def factor(self, pollutant: str) -> float:
        """What a value of the file is multiplied by to be in the data model's unit."""
        unit = self.units.get(pollutant)
        if unit is None:
            return 1.0
        fraction = mass_fraction(pollutant, unit)
        return factor_to_model(pollutant, unit) if fraction is None else fraction * AIR_DENSITY

    def predictor(self, pollutant: str) -> str:
        """Name of its predictor among the cases."""
        return predictor_name(self.name, pollutant)


def predictor_name(guidance: str, pollutant: str) -> str:
    """Name of a guidance's predictor among the cases.

    Examples
    --------
    >>> predictor_name("cams", "pm25")
    'guidance_cams_pm25'
    """
    return f"guidance_{guidance}_{pollutant}"
