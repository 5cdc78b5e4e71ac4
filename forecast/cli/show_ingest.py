"""What an ingest did, on the console."""

from __future__ import annotations

import pandas as pd

from forecast.cli.words import warn, word
from forecast.config import Config
from forecast.covariates.intake import CovariateIntake
from forecast.guidance.intake import GuidanceIntake
from forecast.guidance.settings import Guidance
from forecast.ingest import IngestReport


def show_ingest(report: IngestReport, config: Config, lang: str) -> None:
    """Print what an ingest read, added, changed and rejected, by source."""
    clock = f"UTC{config.utc_offset:+g}"
    for name, source in report.sources.items():
        first, last = (
            "–" if t is None else f"{t + pd.Timedelta(hours=config.utc_offset):%Y-%m-%d %H:%M}"
            for t in (source.first, source.last)
        )
        counts = (source.values_added, source.values_changed, source.files_written)
        if lang == "zh":
            print(f"观测 {name}：{source.files}个文件，{first} — {last}（{clock}）")
            print("  新增{:,}个值，更正{:,}个值，写入{}个文件".format(*counts))
        else:
            print(f"Observations {name}: {source.files} files, {first} to {last} ({clock})")
            print("  {:,} values added, {:,} changed, {} files written".format(*counts))
        for reason, count in source.rejected.items():
            print(f"  {word('rejected', lang)} {count:,}: {reason}")
    for product, intake in report.weather.items():
        if lang == "zh":
            print(f"气象 {product}：新存{intake.stored}天，未变{intake.unchanged}个文件")
        else:
            unchanged = f"{intake.unchanged} files unchanged"
            print(f"Weather {product}: {intake.stored} days or cycles stored, {unchanged}")
        for problem in intake.problems:
            warn(problem, lang)
    for guidance in config.guidance:
        _show_guidance(report.guidance[guidance.name], guidance, clock, lang)
    for name, covariate in report.covariates.items():
        _show_covariate(name, covariate, lang)


def _show_guidance(intake: GuidanceIntake, source: Guidance, clock: str, lang: str) -> None:
    span = (f"{intake.first:%Y-%m-%d}", f"{intake.last:%Y-%m-%d}")
    counts = (intake.written.values_added, intake.written.values_changed)
    if lang == "zh":
        print("数值模式 {}：{}个文件，{} — {}".format(source.name, intake.files, *span))
        print("  新增{:,}个值，更正{:,}个值".format(*counts))
    else:
        print("Guidance {}: {} files, {} to {}".format(source.name, intake.files, *span))
        print("  {:,} values added, {:,} changed".format(*counts))
    own = f"UTC{source.utc_offset:+g}" if source.utc_offset is not None else clock
    if own != clock:
        print(
            f"  {own}的日期按{clock}的同日使用"
            if lang == "zh"
            else f"  its days are of {own}, taken for those of {clock} of the same date"
        )
    for reason, count in intake.rejected.items():
        print(f"  {word('rejected', lang)} {count:,}: {reason}")


def _show_covariate(name: str, intake: CovariateIntake, lang: str) -> None:
    days = (intake.first, intake.last)
    span = "" if None in days else ", {:%Y-%m-%d} to {:%Y-%m-%d}".format(*days)
    if lang == "zh":
        span = span.replace(", ", "，").replace(" to ", " — ")
        state = "" if intake.changed else "，未变"
        print(f"自备因子 {name}：{intake.files}个文件，{intake.rows:,}行{span}{state}")
    else:
        state = "" if intake.changed else ", unchanged"
        print(f"Covariate {name}: {intake.files} files, {intake.rows:,} rows{span}{state}")
    for place in intake.unknown:
        warn(
            f"{place}不是站点表中的站点、城市或省份"
            if lang == "zh"
            else f"{place} is no station, city or province of the station table",
            lang,
        )
