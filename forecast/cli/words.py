"""Words of the tables in Chinese and English."""

from __future__ import annotations

import sys

WORDS: dict[str, tuple[str, str]] = {
    "lead": ("时效", "lead"),
    "all": ("全部", "all"),
    "ensemble": ("集合", "wubu"),
    "persistence": ("持续性", "persist."),
    "climatology": ("气候态", "climat."),
    "index_of_mean": ("均值指数", "of mean"),
    "more_bulletins": (
        "……另有{count}份公报，见下列文件。",
        "… and {count} more bulletins, in the files below.",
    ),
    "unadjusted": ("调整前", "unadjusted"),
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
    "frequency": ("频率偏差", "bias"),
    "half_level": ("半级", "half-level"),
    "over": ("偏高", "over"),
    "under": ("偏低", "under"),
    "hj_range": ("HJ范围", "HJ range"),
    "hj_heavy": ("HJ重污染", "HJ heavy"),
    "nmc": ("NMC分", "NMC points"),
    "difference": ("差值", "difference"),
    "p_adjusted": ("校正p值", "p adjusted"),
    "verdict": ("结论", "verdict"),
    "better": ("优于", "better"),
    "worse": ("劣于", "worse"),
    "equal": ("无显著差异", "no difference"),
    "undefined": ("–", "–"),
    "processes": ("过程数", "cases"),
    "extent": ("城市数", "cities"),
    "peak": ("峰值", "peak"),
    "peak_day": ("峰值日", "peak day"),
    "peak_place": ("峰值城市", "peak city"),
    "first_lead": ("首报提前", "first seen"),
    "continuous_lead": ("连续报出", "held from"),
    "hit": ("命中%", "hit %"),
    "start_error": ("起始±天", "start ±d"),
    "peak_day_error": ("峰日±天", "peak ±d"),
    "peak_error": ("峰值±AQI", "peak ±AQI"),
    "warning": ("警告：", "Warning: "),
    "written": ("已写入：", "Written:"),
    "taken_over": (
        "接管了已结束进程留下的锁：{left}",
        "took over the lock that a process which is gone had left: {left}",
    ),
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
    "place": ("站点", "place"),
    "province": ("省份", "province"),
    "region": ("区域", "region"),
    "month": ("月份", "month"),
    "season": ("季节", "season"),
    "heating": ("采暖季", "heating"),
    "dust": ("沙尘", "dust"),
    "crps": ("CRPS", "CRPS"),
    "boosting": ("提升树", "boosting"),
}


GROUPS = {
    "heating season": "采暖季",
    "rest of the year": "非采暖季",
    "with": "有沙尘",
    "without": "无沙尘",
    **{"1": "1级 优", "2": "2级 良", "3": "3级 轻度", "4": "4级 中度", "5": "5级 重度"},
    "6": "6级 严重",
    **{"DJF": "冬", "MAM": "春", "JJA": "夏", "SON": "秋"},
}
"""Names of groups in Chinese; others are the same in both languages."""


def group_word(name: str, lang: str) -> str:
    """Name of a group in the language, with what follows (the season's year, the standard)."""
    if lang != "zh":
        return name
    if name in GROUPS:
        return GROUPS[name]
    return " ".join(GROUPS.get(part, part) if not part.isdigit() else part for part in name.split())


def word(key: str, lang: str) -> str:
    """Word for `key` in ``zh`` or ``en``; an unknown key is returned as it is."""
    pair = WORDS.get(key)
    return key if pair is None else pair[0 if lang == "zh" else 1]


def warn(problem: str, lang: str) -> None:
    """Print what a forecaster should know though the work went on, to the standard error."""
    print(f"{word('warning', lang)}{problem}", file=sys.stderr)
