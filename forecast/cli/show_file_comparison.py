"""A comparison of files with one of them on the console: differences, and whether they are sure."""

from __future__ import annotations

import pandas as pd
from rich.table import Table

from forecast.cli.file_columns import (
    interval_of,
    kind_of,
    model_name,
    name_of,
    short_name,
    written,
)
from forecast.cli.show import console
from forecast.cli.show_files import above, headed, standard_of
from forecast.cli.words import word

_VERDICTS = {
    "better": ("较好", "better"),
    "worse": ("较差", "worse"),
    "equal": ("无显著差别", "no clear difference"),
    "undefined": ("样本太少", "too few days to tell"),
}
_LABELS = {"zh": ("预报", "评分", "时效"), "en": ("forecast", "score", "lead")}
_FIGURES = {
    "zh": ("预报值", "{}", "差值", "差值的90%区间", "结论", "样本"),
    "en": ("its value", "{}", "difference", "90 % interval of it", "forecast is", "pairs"),
}
_LEGEND = {
    "zh": "差值为预报减对比者，按两者共有的样本作配对分块自助法检验（显著性水平10%，各时效间控制"
    "错误发现率）；偏差按其大小比较。",
    "en": "difference: forecast minus the other, on the pairs that both have; judged by a paired "
    "block bootstrap at the 10 % level, with the false discovery rate controlled over leads; a "
    "mean error is compared by its size.",
}


def show_file_comparison(table: pd.DataFrame, lang: str) -> None:
    """Print how every model does beside the reference, on the pairs that both have.

    Parameters
    ----------
    table : pandas.DataFrame
        From `forecast.foreign.compare_files`.
    lang : str
        ``zh`` or ``en``.
    """
    out = console()
    reference = model_name(str(table["reference"].iloc[0]), lang)
    title = {"zh": "{}：与{}相比", "en": "{} compared with {}"}[lang]
    for (variable, group), rows in table.groupby(["pollutant", "group"], sort=False):
        name = title.format(name_of(str(variable), lang) + standard_of(str(group)), reference)
        figures = [head.format(reference) for head in _FIGURES[lang]]
        made = headed(name, _LABELS[lang], figures)
        _fill(made, rows, str(variable), lang)
        out.print(made)
    out.print(_LEGEND[lang])


def _fill(made: Table, rows: pd.DataFrame, variable: str, lang: str) -> None:
    """A line for each lead; the model and score are named once."""
    before: tuple[str, str] | None = None
    for _, row in rows.iterrows():
        kind = kind_of(row["score"])
        labels = (
            model_name(row["model"], lang),
            short_name(row["score"], lang) + above(row["threshold"]),
        )
        if before is not None and labels != before:
            made.add_section()
        made.add_row(
            *(labels if labels != before else ("", "")),
            word(str(row["lead"]), lang),
            *(written(row[c], kind, variable) for c in ("value", "value_reference")),
            written(row["difference"], kind, variable, signed=True),
            interval_of(row, kind, variable, signed=True),
            _VERDICTS[row["verdict"]][lang == "en"],
            f"{row['pairs']:,}",
        )
        before = labels
