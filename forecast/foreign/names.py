"""What a column or a NetCDF variable is called: names of the field in Chinese and English.

A name is compared without case, blanks, punctuation and its unit, so ``PM2.5 (µg/m³)``, ``pm2_5``
and ``PM₂.₅浓度`` are one. Nothing is guessed beyond these tables: a name that is not in them is a
variable of the user's own.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from typing import Literal

from forecast.observations.units import canonical_unit

Side = Literal["", "forecast", "observed"]

PLACES = (
    "station stationid stationcode stationname site siteid sitecode sitename stn "
    "站点 站号 站点编码 站点代码 站点编号 站点名称 站名 监测点 监测点编码 监测点名称 点位 点位编码 "
    "点位名称",
    "code citycode cityid areacode 城市代码 城市编码 编码 代码 区划代码 行政区划代码",
    "place placeid location locationid loc point 地点 位置",
    "city cityname 城市 城市名 城市名称 地市 地区 area areaname name 名称",
)
"""Kinds of place columns; where a table has several, the first kind names its places."""

ROLES: dict[str, str] = {
    **{f"place{i}": words for i, words in enumerate(PLACES)},
    "issue": "issue issued issuedate issueday issuetime forecastissuedate init inittime initdate "
    "initialtime run rundate runtime reftime referencetime forecastreferencetime basetime "
    "basedate cycle publish publishdate publishtime 起报 起报日期 起报时间 起报时刻 起报日 "
    "发布日期 发布时间 发布日 制作日期 制作时间 预报发布日期",
    "lead": "lead leadtime leadday leaddays step period forecastperiod 时效 预报时效 提前天数 "
    "预见期",
    "lead_hours": "leadhour leadhours fhour fhours fhr forecasthour leadtimehours 时效小时",
    "day": "date valid validtime validdate validday time day datetime timestamp targetdate "
    "forecastdate fcstdate predictiondate 日期 预报日期 预报时间 有效日期 目标日期 时间 监测日期 "
    "观测日期 监测时间 观测时间 实况日期 年月日 日 observationdate obsdate obstime sampledate",
    "year": "year yr yyyy 年 年份",
    "month": "month mon 月 月份",
    "hour": "hour hr 小时 时次",
    "member": "member members ensemble realization ens ensemblemember number 成员 集合成员",
    "quantile": "quantile quantiles q percentile 分位数 分位 百分位",
    "model": "model modelname forecaster method 模式 模型 方法 预报员",
    "pollutant": "pollutant variable parameter param species item element 污染物 污染物名称 指标 "
    "项目 要素 因子 变量",
    "value": "value values val concentration conc 值 数值 浓度 浓度值",
    "unit": "unit units 单位",
}

VARIABLES: dict[str, str] = {
    "pm25": "pm25 pm2p5 细颗粒物",
    "pm10": "pm10 可吸入颗粒物",
    "so2": "so2 二氧化硫 sulfurdioxide sulphurdioxide",
    "no2": "no2 二氧化氮 nitrogendioxide",
    "o3": "o3 ozone 臭氧 o38h o3max8h o38hmax o38h24h mda8 o3mda8 臭氧8小时 o3日最大8小时 "
    "臭氧日最大8小时",
    "co": "co 一氧化碳 carbonmonoxide",
    "aqi": "aqi 空气质量指数 airqualityindex aqi指数",
    "level": "level aqilevel grade category airquality 级别 等级 空气质量级别 空气质量等级 aqi级别 "
    "aqi等级 空气质量指数级别 类别 空气质量类别 空气质量状况 空气质量 质量等级",
    "primary": "primary primarypollutant primarypollutants mainpollutant dominantpollutant "
    "首要污染物 首要 主要污染物",
    "aqi_low": "aqilow aqilower aqimin minaqi lowaqi low lower aqi下限 下限 aqi最低 aqi最小值 "
    "aqi低值",
    "aqi_high": "aqihigh aqiupper aqimax maxaqi highaqi high upper aqi上限 上限 aqi最高 aqi最大值 "
    "aqi高值",
}

SIDES: dict[Side, str] = {
    "forecast": "forecast forecasts fcst fc predicted prediction pred model simulated sim yhat "
    "预报 预报值 预测 预测值 模拟 模拟值",
    "observed": "observed observation observations obs measured measurement actual truth "
    "实况 实况值 观测 观测值 实测 实测值 监测 监测值",
    "": "mean avg average daily dailymean value concentration conc 24h 24小时 24小时平均 浓度 日均 "
    "日均值 日均浓度 平均 均值",
}

TIME_UNITS = ("h", "hour", "hours", "小时", "d", "day", "days", "天")

_ROLE = {word: role for role, words in ROLES.items() for word in words.split()}
_VARIABLE = {word: name for name, words in VARIABLES.items() for word in words.split()}
_SIDE = [(w, side) for side, words in SIDES.items() for w in words.split()]
_SIDE.sort(key=lambda pair: -len(pair[0]))

_MEMBER = re.compile(r"(?:(.+?)[\s_.\-]*)??(?:m|mem|member|ens|成员)[\s_.\-]*(\d{1,4})")
_QUANTILE = re.compile(
    r"(?:(.+?)[\s_.\-]*)??(?:q|p|quantile|percentile|分位)[\s_]*(\d*\.\d+|\d{1,3})%?"
)
_FRACTION = re.compile(r"(?:(.+?)[\s_\-]+)??(0?\.\d+)")
_PERCENT = re.compile(r"(?:(.+?)[\s_\-]+)??(\d{1,2}(?:\.\d+)?)%(?:分位数?)?")
_BRACKETS = re.compile(r"[(\[]([^)\]]*)[)\]]")
_TRAILING_UNIT = re.compile(r"[\s_]+([uμm]g[\s_/]?m-?\^?3|ppbv?|ppmv?)$")


@dataclass(frozen=True)
class Meaning:
    """What a name says.

    Attributes
    ----------
    role : str
        A key of `ROLES`, or ``variable``.
    variable : str
        Canonical name of the variable, ``""`` where the name leaves it open (``q10``).
    side : {"", "forecast", "observed"}
        Whether the name says that it holds forecast or observed values.
    unit : str
        Unit within the name, ``""`` without one.
    member : int or None
        Number of the ensemble member.
    quantile : float or None
        Level of the quantile.
    known : bool
        Whether the name is in the tables; a variable of the user's own is not.
    """

    role: str
    variable: str = ""
    side: Side = ""
    unit: str = ""
    member: int | None = None
    quantile: float | None = None
    known: bool = True


def meaning(name: str) -> Meaning:
    """Tell what a column or variable of this name holds.

    Parameters
    ----------
    name : str
        As it stands in the file.

    Returns
    -------
    Meaning
        A name of no table is a variable of the user's own, called as it stands, in lower case.

    Examples
    --------
    >>> meaning("城市代码").role, meaning("PM₂.₅ (µg/m³)").variable, meaning("pm25_m03").member
    ('place1', 'pm25', 3)
    >>> meaning("AQI上限").variable, meaning("q05").quantile, meaning("CO_obs").side
    ('aqi_high', 0.05, 'observed')
    """
    text, unit = _split_unit(unicodedata.normalize("NFKC", name).strip().lower())
    found = _plain(squeezed(text)) or _of_ensemble(text)
    bracket = _BRACKETS.search(text)
    if found is None and bracket:  # a known name with a unit that is not: whoever reads it objects
        found = _plain(squeezed(_BRACKETS.sub("", text)))
        unit = bracket[1].strip()
    if found is None:
        return Meaning("variable", text, unit=unit, known=False)
    if unit in ("h", "hour", "hours", "小时") and found.role == "lead":
        return replace(found, role="lead_hours")
    return replace(found, unit=unit)


def squeezed(text: str) -> str:
    """Return `text` in lower case without blanks and punctuation, in compatible characters.

    Examples
    --------
    >>> squeezed("PM₂.₅ 浓度")
    'pm25浓度'
    """
    return re.sub(r"[^\w%]|_", "", unicodedata.normalize("NFKC", text).lower())


def _split_unit(text: str) -> tuple[str, str]:
    """Take a unit off the name; other words in brackets stay part of it."""
    for found in _BRACKETS.finditer(text):
        inner = found[1].strip()
        if canonical_unit(inner) or inner in TIME_UNITS:
            return (text[: found.start()] + text[found.end() :]).strip(), inner
    found_unit = _TRAILING_UNIT.search(text)
    if found_unit:
        unit = re.sub(r"g[\s_/]?m-?\^?3", "g/m3", found_unit[1])
        return text[: found_unit.start()], unit
    return text, ""


def _plain(key: str) -> Meaning | None:
    """Meaning of a squeezed name, also with words such as ``obs`` or ``浓度`` before or after."""
    side: Side = ""
    while True:
        if key in _VARIABLE:
            return Meaning("variable", _VARIABLE[key], side)
        if key in _ROLE and not side:
            return Meaning(_ROLE[key])
        for word, of_side in _SIDE:
            if key == word:
                return Meaning("value", "", of_side or side)
            rest = key.removesuffix(word) if key.endswith(word) else key.removeprefix(word)
            if rest != key:
                key, side = rest, of_side or side
                break
        else:
            return None


def _of_ensemble(text: str) -> Meaning | None:
    for pattern in (_MEMBER, _FRACTION, _PERCENT, _QUANTILE):
        found = pattern.fullmatch(text)
        if not found:
            continue
        base = _plain(squeezed(found[1])) if found[1] else Meaning("value")
        if base is None or base.role not in ("variable", "value"):
            continue
        if pattern is _MEMBER:
            return replace(base, member=int(found[2]))
        level = _level(found[2], percent=pattern is _PERCENT)
        if 0 < level < 1:
            return replace(base, quantile=level)
    return None


def _level(digits: str, *, percent: bool) -> float:
    """Level of ``0.05``, ``2.5`` (per cent), ``05`` (per cent) or ``025`` (per mille)."""
    number = float(digits)
    if percent or ("." in digits and number >= 1):
        return round(number / 100, 6)
    if "." in digits:
        return number
    return round(number / (1000 if len(digits) == 3 else 100), 6)
