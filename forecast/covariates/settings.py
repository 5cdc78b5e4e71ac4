"""One section of `covariates` in the configuration: the user's own predictors."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Column = Annotated[str, Field(min_length=1)]
Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class Covariate(BaseModel):
    """Numbers of the user's own that boosting learns from, one table or many.

    Three kinds differ by when a value is known:

    - ``static``: always; one row a place (land use, population, height).
    - ``past``: `delay_days` after its day; of each issue the newest known counts (electricity,
      traffic, emissions).
    - ``planned``: beforehand; of each case that of its valid day (measures, events). Where the
      table has a column of the day of announcement, a row is known from then on, and of several
      rows of one day the last announced counts.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Key
    kind: Literal["static", "past", "planned"]
    files: Annotated[str, Field(min_length=1, description="glob of CSV, relative to `data`")]
    columns: dict[Key, Column] = Field(min_length=1, description="predictor -> column")
    place: Column = Field(
        default="place", description="column of station, city or province, where there is one"
    )
    day: Column = Field(default="date", description="column of the day; none where static")
    announced: Column = Field(
        default="announced", description="column of the day a plan became known, where there is one"
    )
    delay_days: int = Field(
        default=0, ge=0, le=400, description="whole days from a past day until its value is out"
    )
    oldest_days: int = Field(
        default=400, ge=0, le=4000, description="age of a past day from which on it is missing"
    )
    otherwise: float | None = Field(
        default=None, description="a planned value where the table has no row; else missing"
    )

    @field_validator("columns")
    @classmethod
    def _columns_differ(cls, columns: dict[str, str]) -> dict[str, str]:
        if len(set(columns.values())) < len(columns):
            raise ValueError(f"one column twice: {', '.join(columns.values())}")
        return columns

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Covariate:
        if self.delay_days and self.kind != "past":
            raise ValueError(f"{self.name}: `delay_days` is of past values, this is {self.kind}")
        if self.otherwise is not None and self.kind != "planned":
            raise ValueError(f"{self.name}: `otherwise` is of planned values, this is {self.kind}")
        return self

    def predictor(self, column: str) -> str:
        """Name among the cases of one of its `columns`."""
        return f"covariate_{self.name}_{column}"
