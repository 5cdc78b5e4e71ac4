"""Words of the tables in Chinese and English."""

from __future__ import annotations

import sys

WORDS: dict[str, tuple[str, str]] = {
    "lead": ("时效", "lead"),
    "all": ("全部", "all"),
    "ensemble": ("集合", "wubu"),
    "persistence": ("持续性", "persist."),
    "climatology": ("气候态", "climat."),
    "interval": ("区间", "interval"),
    "coverage": ("90%覆盖", "cover 90 %"),
    "rmse": ("RMSE", "RMSE"),
    "bias": ("偏差", "bias"),
    "correlation": ("r", "r"),
    "pairs": ("样本", "pairs"),
    "strict": ("级别", "level"),
    "lenient": ("跨级", "cross"),
    "range": ("范围", "range"),
    "width": ("幅宽", "width"),
    "primary": ("首要", "primary"),
    "pod": ("POD%", "POD %"),
    "far": ("FAR%", "FAR %"),
    "ts": ("TS", "TS"),
    "warning": ("警告：", "Warning: "),
    "written": ("已写入：", "Written:"),
    "station": ("站点", "station"),
    "city": ("城市", "city"),
    "first": ("起始", "first"),
    "last": ("截止", "last"),
    "hours": ("小时数", "hours"),
    "problems": ("问题：", "Problems:"),
    "no_problems": (
        "数据源均可读取；可疑值见上表。",
        "Every source can be read; doubtful values are counted above.",
    ),
    "pollutant": ("污染物", "pollutant"),
    "product": ("产品", "product"),
    "kind": ("类型", "kind"),
    "fields": ("要素", "fields"),
    "days": ("天数", "days"),
    "missing": ("缺测天数", "missing"),
    "leads": ("预报时效", "leads"),
    "members": ("成员数", "members"),
    "source": ("来源", "source"),
    "rule": ("规则", "rule"),
    "stations": ("站点数", "stations"),
    "meaning": ("含义", "meaning"),
    "time": ("时间", "time"),
    "value": ("值", "value"),
    "unit": ("单位", "unit"),
    "detail": ("说明", "detail"),
    "rejected": ("剔除", "rejected"),
    "date": ("日期", "date"),
    "aqi": ("AQI范围", "AQI range"),
    "level": ("级别", "level"),
    "heavy": ("重污染概率", "P(AQI>200)"),
    "name": ("名称", "name"),
}


def word(key: str, lang: str) -> str:
    """Word for `key` in ``zh`` or ``en``; an unknown key is returned as it is."""
    pair = WORDS.get(key)
    return key if pair is None else pair[0 if lang == "zh" else 1]


def warn(problem: str, lang: str) -> None:
    """Print what a forecaster should know though the work went on, to the standard error."""
    print(f"{word('warning', lang)}{problem}", file=sys.stderr)
