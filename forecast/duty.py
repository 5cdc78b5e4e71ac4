"""The publishing duty of HJ 633-2026: what is missing of a forecast that is to be published.

Every day before 20:00 local time, for at least the next three days (that day excluded), AQI,
primary pollutant, level, category and colour are to be published. Category and colour follow from
the level.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from forecast.served import weather_remarks

BEFORE_HOUR = 20
"""Local hour before which a forecast is published."""
DAYS = 3
"""Days ahead, that of publication excluded."""
OLD_HOURS = 24
"""An observation is old that is so much older than the cut-off of the data."""
NAMED = 5
"""Places named in a remark."""


@dataclass(frozen=True)
class Remark:
    """What falls short of the duty, in Chinese and English."""

    zh: str
    en: str


def duty_remarks(issued: xr.Dataset, made: pd.Timestamp) -> list[Remark]:
    """What falls short of the publishing duty.

    Parameters
    ----------
    issued : xarray.Dataset
        From `forecast.issued.read_issued`.
    made : pandas.Timestamp
        When it is made, UTC. A forecast made after its last day is a forecast of the past that
        nobody publishes: nothing is said of its time, and its first three days count.

    Returns
    -------
    list of Remark
        Late; days or cities without a forecast; old or missing weather; old observations;
        stations without any. Empty where all is as it should be.
    """
    local = made + pd.Timedelta(hours=float(issued.attrs["utc_offset"]))
    valid = pd.DatetimeIndex(issued["valid_day"].values)
    today = local.normalize()
    past = today > valid[-1]
    due = valid[:DAYS] if past else pd.date_range(today + pd.Timedelta(days=1), periods=DAYS)
    remarks = [] if past else _late(local, today, valid)
    remarks += _incomplete(issued, due)
    remarks += [
        Remark(zh, en)
        for zh, en in zip(weather_remarks(issued, "zh"), weather_remarks(issued, "en"), strict=True)
        if "SIMULATED" not in en
    ]
    return remarks + _old(issued) + _silent(issued)


def _late(local: pd.Timestamp, today: pd.Timestamp, valid: pd.DatetimeIndex) -> list[Remark]:
    if local < today + pd.Timedelta(hours=BEFORE_HOUR):
        return []
    clock = f"{local:%Y-%m-%d %H:%M}"
    return [
        Remark(
            f"已晚于{BEFORE_HOUR}:00：制作于{clock}",
            f"late: made {clock}, to be published before {BEFORE_HOUR}:00",
        )
    ]


def _incomplete(issued: xr.Dataset, due: pd.DatetimeIndex) -> list[Remark]:
    """Days of the duty beyond the forecast, and cities without a value on those within."""
    valid = pd.DatetimeIndex(issued["valid_day"].values)
    remarks = []
    beyond = due.difference(valid)
    if len(beyond):
        days = ", ".join(f"{d:%Y-%m-%d}" for d in beyond)
        remarks.append(Remark(f"缺{days}的预报", f"incomplete: no forecast of {days}"))
    own = issued.isel(
        lead=np.flatnonzero(valid.isin(due)), place=np.flatnonzero(issued["kind"].values == "city")
    )
    low, high = own["aqi_low"].values, own["aqi_high"].values
    held = np.isfinite(low) & np.isfinite(high) & (own["level"].values > 0)
    held &= own["primary"].values >= 0
    missing = own["place"].values[~held.all(axis=0)].astype(str)
    if len(missing):
        zh, en = _named(missing)
        count, total = len(missing), own.sizes["place"]
        remarks.append(
            Remark(
                f"{total}个城市中{count}个预报不全：{zh}",
                f"incomplete: {count} of {total} cities lack a day: {en}",
            )
        )
    return remarks


def _old(issued: xr.Dataset) -> list[Remark]:
    latest = str(issued.attrs["latest_observation"])
    if latest == "none":
        return [Remark("没有任何观测", "stale: no observation is known")]
    day, clock = latest.split(" ")
    hours, minutes = (int(part) for part in clock.split(":"))
    end = pd.Timestamp(day) + pd.Timedelta(hours=hours, minutes=minutes)
    cut_off = pd.Timestamp(issued.attrs["data_cut_off"].removesuffix("Z"))
    cut_off += pd.Timedelta(hours=float(issued.attrs["utc_offset"]))
    age = (cut_off - end) / pd.Timedelta(hours=1)
    if age < OLD_HOURS:
        return []
    return [
        Remark(
            f"观测陈旧：最新为{latest}，早于资料截止{age:.0f}小时",
            f"stale: the latest observation is of {latest}, {age:.0f} h before the cut-off",
        )
    ]


def _silent(issued: xr.Dataset) -> list[Remark]:
    silent = np.array(str(issued.attrs.get("stations_silent", "")).split())
    if not len(silent):
        return []
    total = int((issued["kind"].values == "station").sum())
    zh, en = _named(silent)
    return [
        Remark(
            f"{total}个站点中{len(silent)}个最近一日无观测：{zh}",
            f"stale: {len(silent)} of {total} stations have no value of the last day: {en}",
        )
    ]


def _named(names: np.ndarray) -> tuple[str, str]:
    more = len(names) > NAMED
    first = names[:NAMED].tolist()
    return "、".join(first) + ("等" if more else ""), ", ".join(first) + (" …" if more else "")
