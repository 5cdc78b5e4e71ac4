"""Words of the performance report in Chinese and English."""

from __future__ import annotations

WORDS: dict[str, dict[str, str]] = {
    key: {"zh": zh, "en": en}
    for key, zh, en in (
        ("report", "预报评估报告", "forecast performance"),
        ("about", "说明", "About"),
        ("low", "下限", "low"),
        ("high", "上限", "high"),
        ("all", "全部", "all"),
        ("lead", "时效（天）", "lead, days"),
        ("model", "预报", "forecast"),
        ("issued", "发布", "issued"),
        ("guidance", "指导（调整前）", "guidance"),
        ("persistence", "持续性", "persistence"),
        ("climatology", "气候态", "climatology"),
        ("pairs", "样本", "pairs"),
        ("primary_pairs", "首要样本", "primary pairs"),
        ("observed", "实况重污染", "heavy observed"),
        ("forecast", "预报重污染", "heavy forecast"),
        ("level_accuracy", "级别", "level"),
        ("level_range_accuracy", "跨级", "cross-level"),
        ("range_accuracy", "范围", "range"),
        ("mean_width", "平均幅宽", "mean width"),
        ("over_rate", "偏高", "over"),
        ("under_rate", "偏低", "under"),
        ("category_accuracy", "首要", "primary"),
        ("pod", "POD", "POD"),
        ("far", "FAR", "FAR"),
        ("ts", "TS", "TS"),
        ("cities", "城市数", "cities"),
        ("nation", "全域", "whole"),
        ("region", "区域", "region"),
        ("province", "省份", "province"),
        ("city", "城市", "city"),
        ("area", "名称", "area"),
        ("area_level", "范围", "level of area"),
        ("place", "名次", "rank"),
        ("against_first", "与第一名相比", "against the first"),
        ("alike", "区间重叠，无法区分", "intervals overlap"),
        ("apart", "区间不重叠", "apart"),
        ("no_interval", "无区间", "no interval"),
        ("few_pairs", "样本过少，不排名", "few pairs, not ranked"),
        ("by_lead", "分时效", "By lead"),
        ("by_lead_title", "分时效评估：{area}", "By lead: {area}"),
        ("region_sheet", "区域", "Regions"),
        ("province_sheet", "省份", "Provinces"),
        ("city_sheet", "城市", "Cities"),
        ("region_title", "各区域评估", "Regions by lead"),
        ("province_title", "各省份评估", "Provinces by lead"),
        ("city_title", "各城市评估", "Cities by lead"),
        ("region_rank_sheet", "区域排名", "Ranking regions"),
        ("province_rank_sheet", "省份排名", "Ranking provinces"),
        ("city_rank_sheet", "城市排名", "Ranking cities"),
        ("region_rank_title", "区域排名：{lead}天级别准确率",
         "Regions by level accuracy, leads {lead}"),
        ("province_rank_title", "省份排名：{lead}天级别准确率",
         "Provinces by level accuracy, leads {lead}"),
        ("city_rank_title", "城市排名：{lead}天级别准确率",
         "Cities by level accuracy, leads {lead}"),
        ("role", "调整单位", "adjusted by"),
        ("added", "会商增益", "Value added"),
        ("added_title", "会商调整的增益：发布减指导", "Value added: issued minus guidance"),
        ("levels", "级别对照", "Levels"),
        ("levels_title", "预报级别与实况级别，{lead}天（样本数）",
         "Forecast level (across) by observed level (down), leads {lead}: pairs"),
        ("observed_level", "实况", "observed"),
        ("by_lead_note",
         "每行各用其全部样本；时效不同，所含日期可能不同。持续性：以发布时的实况为预报；气候态：往年同期。",
         "Each row is counted on all of its own pairs; leads may differ in the days they hold. "
         "Persistence: as at the issue; climatology: the season of earlier years."),
        ("area_note",
         "区域、省份由其城市逐日样本合并计算。末列为参照预报的级别准确率及其样本。",
         "Regions and provinces pool the pairs of their cities. The last columns are the level "
         "accuracies of other forecasts, with their own pairs."),
        ("rank_note",
         "区间与第一名重叠者，不能认为逊于第一名。样本少于{fewest}的只列出，不排名。",
         "Where intervals overlap, the area cannot be said to be worse than the first. Areas with "
         "fewer than {fewest} pairs are listed, not ranked."),
        ("added_note",
         "相同样本上的差值及其区间（成对重采样）；百分数之差为百分点。偏高、偏低、FAR和幅宽以减小为好。",
         "Differences on the same pairs with their intervals (paired resampling), of shares in "
         "percentage points. Over, under, FAR and width are better when they fall."),
        ("levels_note", "对角线为级别正确的样本。", "On the diagonal the level was right."),
        ("not_adjusted", "本期没有经会商调整的预报：发布即指导。",
         "No forecast of this period was adjusted: what was issued is what guidance said."),
        ("adjusted", "经会商调整的样本{count}个。", "Pairs adjusted in consultation: {count}."),
        ("whole", "{begin}至{end}，{days}天。", "{begin} to {end}, {days} days."),
        ("part", "不完整：全期{begin}至{end}共{days}天，其中{covered}天有样本（{first}至{last}）。",
         "INCOMPLETE: {covered} of the {days} days of {begin} to {end} have pairs ({first} to "
         "{last})."),
        ("method",
         "按有效日统计，每个发布日取最新一版；指数依据{standard}。级别：预报级别与实况相同；跨级：实况级别在预报范围所跨级别"
         "之内；范围：实况AQI在上下限之内（幅宽为上下限之差）；偏高、偏低：实况低于、高于范围；首要：首要污染物有相同者（仅实况"
         "AQI>50）；POD、FAR、TS：重污染日（AQI>200）。方括号为{level}%分块自助法区间（不足20天者无；宽度为零只表示重采样无差别，并非没有误差）；–：无样本可评。",
         "Counted by valid day, the newest revision of each issue; index by {standard}. level: "
         "forecast level = observed; cross-level: observed level among those the range spans; "
         "range: observed AQI within low-high (width = high - low); over, under: observed below, "
         "above the range; primary: a common primary pollutant, days above AQI 50; POD, FAR, TS: "
         "heavy days (AQI > 200). Brackets: {level} % block-bootstrap interval (none below 20 "
         "days; one of no width means that no resample differed, not certainty); –: nothing to "
         "judge."),
    )
}  # fmt: skip
