"""Words of the case report and of the library of cases in Chinese and English."""

from __future__ import annotations

WORDS: dict[str, dict[str, str]] = {
    key: {"zh": zh, "en": en}
    for key, zh, en in (
        ("observed", "一、过程实况", "1 What was observed"),
        ("forecasts", "二、预报回顾", "2 What was forecast"),
        ("weather", "三、气象条件", "3 Weather"),
        ("weather_alone", "四、气象条件单独作用的估计", "4 Estimate of the weather alone"),
        ("other_language", "English", "中文"),
        ("day", "日期", "day"),
        ("mean_aqi", "平均AQI", "mean AQI"),
        ("cities", "城市数", "cities"),
        ("heavy_cities", "重污染城市数", "heavy cities"),
        ("pm25", "PM2.5 µg/m³", "PM2.5 µg/m³"),
        ("pm25_mean", "PM2.5均值 µg/m³", "mean PM2.5 µg/m³"),
        ("worst", "较重城市", "worst"),
        ("city", "城市", "city"),
        ("start", "开始", "start"),
        ("end", "结束", "end"),
        ("heavy_days", "重污染天数", "heavy days"),
        ("peak_day", "峰值日", "peak day"),
        ("peak", "峰值AQI", "peak AQI"),
        ("primary", "首要污染物", "primary"),
        ("by_city", "各城市过程", "City by city"),
        ("issue", "发布", "issued"),
        ("ahead", "提前（天）", "days ahead"),
        ("right", "报出", "held"),
        ("heavy_probability", "峰值日重污染概率", "P(heavy) on peak day"),
        ("in_error", "（误差）", " (error)"),
        ("came", "实况", "observed"),
        ("backtest", "预报取自回算{name}。", "The forecasts are those of the back-test {name}."),
        ("no_issue", "过程前没有发布预报。", "No forecast was issued before."),
        ("ws", "风速 m/s", "wind m/s"),
        ("r2", "相对湿度 %", "humidity %"),
        ("t2m", "气温 °C", "temperature °C"),
        ("sp", "气压 hPa", "pressure hPa"),
        ("rank", "风速百分位（同季）", "wind rank in season"),
        ("dispersion", "扩散条件", "dispersion"),
        ("favourable", "总体有利", "favourable"),
        ("ordinary", "一般", "ordinary"),
        ("unfavourable", "偏不利", "unfavourable"),
        ("nothing", "无资料。", "No data."),
        ("no_analysis", "没有分析场，不作估计。", "No analysis is stored: no estimate."),
        ("no_model", "过程前没有已训练的集合，不作估计。",
         "No ensemble was trained before the episode: no estimate."),
        ("no_boosting", "集合中没有PM2.5的提升树成员，不作估计。",
         "The ensemble has no boosting member of PM2.5: no estimate."),
        ("no_values", "没有可比较的PM2.5，不作估计。",
         "There is no PM2.5 to compare: no estimate."),
        ("estimate", "气象单独作用的估计 µg/m³", "weather alone, estimate µg/m³"),
        ("observed_pm25", "实况PM2.5 µg/m³", "observed PM2.5 µg/m³"),
        ("difference", "实况减估计 µg/m³", "observed minus estimate µg/m³"),
        ("percent", "差值 %", "difference %"),
        ("past", "以往同类差值 %：中位数（5–95%）", "earlier differences %: median (5–95 %)"),
        ("whole", "全程平均", "whole episode"),
        ("compared_with", "比较对象", "compared with"),
        ("past_heavy", "以往出现重污染的时段", "earlier stretches with a heavy day"),
        ("past_all", "以往全部时段", "all earlier stretches"),
        ("issues", "发布数", "issues"),
        ("stretches", "互不重叠", "not overlapping"),
        ("spread", "差值 %：中位数（5–95%）", "difference %: median (5–95 %)"),
        ("below", "低于本次的比例", "share below this one"),
        ("highest", "其中最高均值 µg/m³", "highest mean among them µg/m³"),
        ("too_few", "以往时段不足20次，无法给出不确定性。",
         "Fewer than 20 earlier stretches: no uncertainty can be given."),
        ("band", "以往差值的5–95%", "5–95 % of earlier differences"),
        ("search", "查找：区域、首要污染物、月份、级别", "find area, primary, month, level"),
        ("library", "污染过程个例库", "Library of pollution episodes"),
        ("none_found", "没有个例。", "No case."),
        ("days", "日期", "days"),
        ("area", "区域", "area"),
        ("first_lead", "首次报出（提前天数）", "first held, days ahead"),
        ("missed", "未报出", "missed"),
        ("unexplained", "扣除模型误差后气象未解释 %（5–95%）",
         "not explained by weather, model error allowed for, % (5–95 %)"),
        ("nation", "全域", "nation"),
        ("region", "区域", "region"),
        ("province", "省份", "province"),
    )
}  # fmt: skip
NOTES = {
    "forecasts": {
        "zh": "每格为各城市发布范围中值的最大值。过程：相距{radius_km:g}公里以内的城市"
        "AQI > {above:g}连成一片，间断不超过{gap_days}天；报出：日期重叠（容差±{tolerance_days}天）"
        "且城市重合不少于{share:.0%}。误差为预报减实况，峰值只比较该次预报能看到的日期；概率由50个联合情景计数。",
        "en": "Each cell is the highest middle of the issued ranges of the cities. Process: cities "
        "above AQI {above:g} within {radius_km:g} km of each other, at most {gap_days} day between;"
        " held: days overlap (±{tolerance_days}) and at least {share:.0%} of the cities agree. "
        "Errors are forecast minus observed; peaks are compared over the days an issue could see; "
        "probabilities are counted over 50 joint scenarios.",
    },
    "weather": {
        "zh": "分析场；风速处于同季分析日的下、中、上三分之一时，扩散条件为偏不利、一般、"
        "总体有利。",
        "en": "From analyses; dispersion is unfavourable, ordinary or favourable as the wind lies "
        "in the lower, middle or upper third of the analysed days of the season.",
    },
    "weather_alone": {
        "zh": "{trained_until}训练的提升树成员，从{state}及以前的浓度出发，以分析场代替气象预报。"
        "不确定性取自过程以前同一差值的经验分布：相同天数、分析场、各用当时已有的集合，含模型自身误差。"
        "过程因其重而入选，模型在重污染时段多偏低，故优先与以往出现重污染的时段相比。"
        "这是对措施及气象未能解释的一切影响的估计，不是证明。",
        "en": "The boosting member trained {trained_until}, started from the concentrations up to "
        "{state}, with analysed weather in place of the forecast. The uncertainty is the "
        "distribution of the same difference before the episode: as many days, analysed weather, "
        "each with the ensemble of its time, the model's own error included. An episode is chosen "
        "because it was heavy, and on heavy days the model is mostly low; so it is compared with "
        "earlier stretches that held a heavy day where there are enough. This is an estimate of "
        "the effect of measures and of everything else the weather does not explain, never proof.",
    },
}
