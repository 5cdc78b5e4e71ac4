"""What the station table takes from the configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from forecast.observations.delimited import Delimiter, Encoding
from forecast.stations import OPTIONAL, REQUIRED


class Stations(BaseModel):
    """The station table."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: Path = Field(description="CSV, relative to `data`")
    format: Literal["table", "cnemc", "cities"] = "table"
    columns: dict[str, str] = Field(
        default_factory=dict, description="our name -> the table's, where it has its own"
    )
    delimiter: Delimiter = ","
    encoding: Encoding = "utf-8"

    @model_validator(mode="after")
    def _known_columns(self) -> Self:
        own = {"columns", "delimiter", "encoding"} & self.model_fields_set
        if own and self.format != "table":
            raise ValueError(f"{', '.join(sorted(own))}: only for format table")
        known = (*REQUIRED, *OPTIONAL)
        for name in self.columns:
            if name not in known:
                raise ValueError(
                    f"columns: {name!r} is none of ours (our name comes first, the table's "
                    f"second); known are {', '.join(known)}"
                )
        return self
