"""What weather products take from the configuration."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from forecast.weather.fields import FIELDS
from forecast.weather.products import products

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]
"""A name that is a file's as well."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


AXES = (
    *("issue", "lead", "member", "latitude", "longitude", "level", "valid_time", "time", "step"),
    *("number", "day", "date", "valid", "lat", "lon", "point", "reference", "expver"),
    *("t", "u", "v", "r", "q", "gh", "z", "w"),
)
"""Names of axes, and of fields on levels, that a weather file's own names may be mapped to."""


class Dressing(_Section):
    """Forecasts made from analyses for the days before the first archived one."""

    members: int = Field(default=5, ge=1, le=100)
    correlation: dict[str, list[float]] | Literal["archive"] = Field(
        default="archive",
        description="member with analysis, by field and lead; or estimated from the archive",
    )
    perfect_prognosis: bool = Field(
        default=False, description="take the analyses themselves for forecasts, without error"
    )
    library_days: int = Field(
        default=730, ge=365, description="first days of the analyses that lend errors to each other"
    )

    @field_validator("correlation")
    @classmethod
    def _within_bounds(cls, given: dict[str, list[float]] | str) -> dict[str, list[float]] | str:
        if isinstance(given, dict):
            for name, values in given.items():
                if name not in FIELDS:
                    raise ValueError(f"correlation of an unknown field {name!r}")
                if not values or not all(0 <= v <= 1 for v in values):
                    raise ValueError(f"correlation of {name} must be numbers within 0 … 1")
        return given


class Weather(_Section):
    """One weather product: forecasts by cycle, or analyses by day."""

    product: Name
    kind: Literal["forecast", "analysis"]
    files: str | None = Field(
        default=None, min_length=1, description="glob of the files, relative to `data`"
    )
    format: str | None = Field(
        default=None, description="product the files are of; recognised where not given"
    )
    rename: dict[str, str] = Field(default_factory=dict, description="file's name -> ours")
    units: dict[str, str] = Field(default_factory=dict, description="of fields that state none")
    fields: list[str] = Field(
        default_factory=list, description="of the data model, to keep; all where not given"
    )
    point: tuple[float, float] | None = Field(
        default=None, description="latitude and longitude of a table of one point"
    )
    sampling: Literal["linear", "nearest", "k-nearest"] = "linear"
    outside: Literal["error", "missing"] = Field(
        default="error", description="what a station outside the grid is"
    )
    delay_hours: float | None = Field(
        default=None, ge=0, le=240, description="from a cycle's time until it is at hand"
    )
    oldest_days: int = Field(
        default=2, ge=0, le=10, description="days a cycle may serve on while no newer one is there"
    )
    lagged_days: int = Field(
        default=1,
        ge=1,
        le=15,
        description="days whose cycles are averaged for a day they all forecast; 1: the newest",
    )
    dressing: Dressing | None = None

    @field_validator("format")
    @classmethod
    def _known_format(cls, name: str | None) -> str | None:
        if name is not None and name not in products():
            raise ValueError(f"unknown format; known are {', '.join(products())}")
        return name

    @field_validator("rename")
    @classmethod
    def _known_names(cls, rename: dict[str, str]) -> dict[str, str]:
        for old, name in rename.items():
            if name not in FIELDS and name not in AXES:
                raise ValueError(
                    f"{old} is renamed to {name!r}, which is no field ({', '.join(FIELDS)}) and no "
                    f"axis ({', '.join(AXES)})"
                )
        return rename

    @field_validator("units")
    @classmethod
    def _units_of_fields(cls, units: dict[str, str]) -> dict[str, str]:
        for name in units:
            if name not in FIELDS:
                raise ValueError(f"units of an unknown field {name!r}")
        return units

    @field_validator("point")
    @classmethod
    def _on_the_globe(cls, point: tuple[float, float] | None) -> tuple[float, float] | None:
        if point is not None and not (abs(point[0]) <= 90 and abs(point[1]) <= 360):
            raise ValueError("point must be a latitude within ±90 and a longitude within ±360")
        return point

    @field_validator("fields")
    @classmethod
    def _known_fields(cls, names: list[str]) -> list[str]:
        for name in names:
            if name not in FIELDS:
                raise ValueError(f"unknown field {name!r}; known are {', '.join(FIELDS)}")
        return names

    @model_validator(mode="after")
    def _has_a_source(self) -> Self:
        if self.kind == "analysis" and self.dressing:
            raise ValueError(f"{self.product}: an analysis cannot be dressed as itself")
        if not self.files and not self.dressing:
            raise ValueError(f"{self.product}: `files` are missing")
        return self
