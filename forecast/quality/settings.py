"""Settings of quality control and alarms; every default is the domain's or argued beside it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from forecast.pollutants import POLLUTANTS

Rule = Literal[
    "negative",
    "zero",
    "sentinel",
    "out_of_range",
    "capped",
    "constant",
    "spike",
    "pm_reversed",
    "shifted",
    "dust",
    "duplicate",
    "bad_coordinates",
]
ValueRule = Literal["negative", "zero", "sentinel", "out_of_range", "capped"]
"""Rules that look at nothing later than a value: only they may decide what reaches a mean, or what
counts at an hour would depend on what came after it."""
Pollutant = Literal["pm25", "pm10", "so2", "no2", "o3", "co"]
Positive = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(gt=0, le=1)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SentinelSettings(_Section):
    """Numbers that stand for something else than a measurement.

    CO is compared in mg/m³ and, because most files carry µg/m³, with a thousandth of each number;
    0.999 mg/m³ is an ordinary CO value and stays one.
    """

    values: tuple[float, ...] = (-9999, -999, 999, 9999, 99999, 999990, 999999)
    caps: dict[Pollutant, Positive] = {"pm25": 999, "pm10": 999, "co": 10}
    # 999 is a cap and a sentinel. Air at the cap is surrounded by very dirty air.
    cap_support: Share = Field(
        default=0.4,
        description="a cap that is also a sentinel counts as measured when a value in the 2 h "
        "before reaches this share of it",
    )
    # Beyond the worst hours on record (Beijing, 15 March 2021: PM10 above 8,000) or, for gases,
    # beyond the top of the 24 h scale; O3 above 800 µg/m³ has not been measured in China.
    highest: dict[Pollutant, Positive] = {
        "pm25": 2000,
        "pm10": 10_000,
        "so2": 2620,
        "no2": 1200,
        "o3": 800,
        "co": 60,
    }


class ConstantSettings(_Section):
    """Values that stay the same.

    The run that counts is at least `hours`, and longer where a station's values are coarse: with a
    share ``p`` of unchanged hours, a run of ``n`` hours has the chance ``p**(n - 1)`` of being
    natural, which must fall to `chance`; never more than `longest` hours are asked for.
    """

    hours: int = Field(default=4, ge=2)
    chance: Share = 1e-4
    longest: int = Field(default=24, ge=2)
    floor: dict[Pollutant, Annotated[float, Field(ge=0)]] = Field(
        default={"pm25": 3, "pm10": 6, "so2": 3, "no2": 3, "o3": 3, "co": 0.2},
        description="at or below it a constant value is the detection limit, not a fault",
    )


class SpikeSettings(_Section):
    """Single high hours.

    A value is a spike when it exceeds the hours around it by `ratio`, by `spreads` times the mean
    hour-to-hour change of the last `hours`, and by `rise`; unless the neighbours rise too.
    """

    ratio: float = Field(default=2.5, gt=1)
    spreads: Positive = 4
    hours: int = Field(default=24, ge=4)
    rise: dict[Pollutant, Positive] = {
        "pm25": 40,
        "pm10": 60,
        "so2": 20,
        "no2": 30,
        "o3": 40,
        "co": 1,
    }


class NeighbourSettings(_Section):
    """Who a station is compared with, and when the neighbours confirm a rise."""

    radius_km: Positive = 50
    number: int = Field(default=6, ge=1, le=50, description="at most so many, nearest first")
    rise: float = Field(default=1.3, gt=1, description="least factor by which a neighbour rises")
    strong: float = Field(default=2, gt=1, description="factor that is a rise in any case")
    window: int = Field(default=2, ge=0, le=6, description="hours before and after to rise in")
    share: Share = Field(default=0.5, description="of the reporting neighbours, for an event")


class ShiftSettings(_Section):
    """Columns that run early or late, found by the correlation of changes at every lag.

    A shift is reported when the correlation at its lag is at least `correlation` and exceeds that
    at lag 0 by `margin`; in a series shorter than a block by more, as the square root of the
    block's length over the series'. The ``slow`` limits are for variations against the 24 hours
    before, of companions and neighbours.
    """

    block_hours: int = Field(default=744, ge=240, description="hours judged together")
    # A year holds every season's wind; in half a year, weather that crosses a region in a day can
    # look like a shift, and an isolated city's columns agree too little to be judged.
    block_days: int = Field(default=365, ge=60, description="days judged together, daily tables")
    lags_hours: int = Field(default=26, ge=1, le=72)
    lags_days: int = Field(default=3, ge=1, le=7)
    correlation: Share = 0.2
    margin: Share = 0.15
    radius_km: Positive = Field(default=50, description="reach of the neighbours, hourly data")
    slow_correlation: Share = 0.4
    slow_margin: Share = 0.25
    slow_least_lag: int = Field(
        default=3, ge=1, description="hours; air itself takes some from one station to the next"
    )
    daily_correlation: Share = 0.3
    daily_margin: Share = 0.2
    daily_neighbour_correlation: Share = 0.4
    daily_neighbour_margin: Share = 0.35
    daily_radius_km: Positive = 400
    valid: Share = Field(default=0.5, description="share of a block's changes a column must have")


class DustSettings(_Section):
    """Dust hours (domain definition)."""

    jump: float = Field(default=2, gt=1, description="PM10 over the mean of the hours before")
    hours: int = Field(default=6, ge=2, description="hours before")
    above: Positive = Field(default=150, description="µg/m³")
    ratio: Share = Field(default=0.5, description="of the PM2.5/PM10 ratio of the hours before")
    back: float = Field(default=1.1, gt=1, description="ends at or below this × PM10 before")
    longest: int = Field(default=48, ge=1, description="hours, should PM10 never come back")


class StationSettings(_Section):
    """Stations that repeat another or stand where they cannot."""

    equal_share: Share = Field(default=0.98, description="equal values that make a duplicate")
    least_hours: int = Field(default=48, ge=2, description="common values needed to say so")
    same_place_km: Positive = 0.02
    far_km: Positive = Field(default=400, description="from the middle of the station's city")
    box: tuple[float, float, float, float] | None = Field(
        default=None, description="west, south, east, north of the network, degrees"
    )


class AlarmSettings(_Section):
    """Alarms for the duty desk: a jump within one hour to above the hourly limit."""

    jump: Positive = Field(default=0.5, description="relative rise within the hour")
    # GB 3095-2012 grade II hourly limits; PM has none, so its 24 h limit (2012) stands in.
    limits: dict[Pollutant, Positive] = {
        "pm25": 75,
        "pm10": 150,
        "so2": 500,
        "no2": 200,
        "o3": 200,
        "co": 10,
    }


class QualitySettings(_Section):
    """Everything quality control can be told."""

    exclude: tuple[ValueRule, ...] = Field(
        # Certainly not measurements. A capped, constant or high value may be true, and to lose a
        # heavy-pollution hour costs more than to keep a doubtful one.
        default=("negative", "out_of_range", "sentinel"),
        description="rules whose values never reach a mean",
    )
    sentinels: SentinelSettings = SentinelSettings()
    constant: ConstantSettings = ConstantSettings()
    spikes: SpikeSettings = SpikeSettings()
    pm_tolerance: float = Field(default=0, ge=0, description="µg/m³ PM2.5 may exceed PM10 by")
    neighbours: NeighbourSettings = NeighbourSettings()
    shift: ShiftSettings = ShiftSettings()
    dust: DustSettings = DustSettings()
    stations: StationSettings = StationSettings()
    alarms: AlarmSettings = AlarmSettings()
    worst: int = Field(default=3, ge=1, description="worst cases listed, by rule and pollutant")

    @field_validator("exclude")
    @classmethod
    def _in_order(cls, rules: tuple[str, ...]) -> tuple[str, ...]:
        """Sort: the digest of a configuration must not hang on the order they were named in."""
        return tuple(sorted(set(rules)))

    @model_validator(mode="after")
    def _tables_are_complete(self) -> QualitySettings:
        tables = {
            "sentinels.highest": self.sentinels.highest,
            "constant.floor": self.constant.floor,
            "spikes.rise": self.spikes.rise,
        }
        for name, table in tables.items():
            lacking = [p for p in POLLUTANTS if p not in table]
            if lacking:
                raise ValueError(f"{name} needs every pollutant; {', '.join(lacking)} missing")
        return self
