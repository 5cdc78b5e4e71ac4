"""The section `consultation` of the configuration: areas, and what the rules leave open."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from forecast.consultation.episodes import RADIUS_KM
from forecast.consultation.warning import GAP_HOURS, LIFT_HOURS

Key = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$")]

Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9]{1,20}$")]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AreaSetting(_Section):
    """A region or province of one's own: its cities, and all cities of its provinces."""

    level: Literal["region", "province"]
    name: Key
    zh: str = Field(default="", description="Chinese name; `name` where not given")
    en: str = Field(default="", description="English name; `name` where not given")
    cities: list[str] = Field(default_factory=list, description="ids of the station table")
    provinces: list[str] = Field(default_factory=list, description="as in the station table")

    @model_validator(mode="after")
    def _holds_something(self) -> AreaSetting:
        if not self.cities and not self.provinces:
            raise ValueError(f"area {self.name}: `cities` or `provinces` are needed")
        return self


class Exchange(_Section):
    """Fields of the name of an exchange package that the receiving centre sets."""

    maker: Code = Field(default="WUBU", description="code of the centre that makes it")
    session: Literal["SH1", "SH2"] = "SH1"
    chain: Literal["BK1", "BK2"] = "BK1"
    codes: dict[str, Code] = Field(
        default_factory=dict, description="official codes of areas, by their id"
    )


class Consultation(_Section):
    """How warnings are counted, and which areas there are beside those of the station table."""

    rule: Literal["2024", "2018"] = Field(default="2024", description="technical guide of warnings")
    gap_hours: float = Field(
        default=GAP_HOURS, ge=0, le=120, description="longest break that does not part two runs"
    )
    lift_hours: float = Field(
        default=LIFT_HOURS, ge=0, le=120, description="hours below after which a warning is lifted"
    )
    regional: int = Field(
        default=3, ge=1, description="cities heavy on one day that make an episode regional"
    )
    fewest_pairs: int = Field(
        default=30, ge=1, description="pairs of forecast and observed an area needs to be ranked"
    )
    radius_km: float = Field(
        default=RADIUS_KM, gt=0, le=2000, description="cities this near share an episode"
    )
    areas: list[AreaSetting] = Field(default_factory=list)
    exchange: Exchange = Exchange()
    outlines: Path | None = Field(
        default=None, description="GeoJSON of the lines under the map, below `data`"
    )

    @model_validator(mode="after")
    def _areas_differ(self) -> Consultation:
        names = [(a.level, a.name.lower()) for a in self.areas]
        twice = [name for i, (level, name) in enumerate(names) if (level, name) in names[:i]]
        if twice:
            raise ValueError(f"two areas of one level share a name: {', '.join(twice)}")
        return self
