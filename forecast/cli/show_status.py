"""The status of a workspace on the console."""

from __future__ import annotations

import pandas as pd
from rich.table import Table

from forecast.cli.show import console, table_of
from forecast.cli.words import warn
from forecast.config import Config
from forecast.operation.status import LAST_DAYS, Status
from forecast.operation.wording import STEPS, state_name, step_name

LOCKS = {
    "free": ("空闲", "free"),
    "held": ("占用：{holder}", "held: {holder}"),
    "stale": (
        "陈旧（进程已结束，下次运行将接管）：{holder}",
        "stale (its process is gone; the next run takes it over): {holder}",
    ),
    "elsewhere": (
        "由另一台机器占用：{holder}",
        "held by another machine: {holder}",
    ),
    "damaged": (
        "锁文件损坏（用wubu run --break-lock接管）",
        "damaged (`wubu run --break-lock` takes it over)",
    ),
}
LISTED = 10
"""Unfinished leftovers that are named."""
ROOM = 5 * 2**30
"""Bytes below which a disk is said to be nearly full."""


def show_status(status: Status, config: Config, lang: str) -> None:
    """Print the status of a workspace in the language."""
    zh = lang == "zh"
    out = console()
    out.print(_newest(status, config, zh))
    out.print(_runs(status, lang))
    for day in status.days:
        for step, error in day.errors.items():
            where = step_name(step, lang) if step in STEPS else ("状态" if zh else step)
            print(f"{day.date} {where}{'：' if zh else ': '}{error}")
    holder = "" if status.holder is None else status.holder.text(lang)
    lock = LOCKS[status.lock][0 if zh else 1].format(holder=holder)
    print(f"锁：{lock}" if zh else f"Lock: {lock}")
    if status.left_over:
        print(
            f"未完成的残留：{len(status.left_over)}个（无命令运行时可删除）"
            if zh
            else f"Unfinished leftovers: {len(status.left_over)} (may be deleted when no command "
            "is at work)"
        )
        for path in status.left_over[:LISTED]:
            print(f"  {path.relative_to(status.workspace)}")
    free, total = status.free_bytes / 2**30, status.total_bytes / 2**30
    print(
        f"磁盘剩余：{free:.1f} / {total:.1f} GiB"
        if zh
        else f"Disk free: {free:.1f} of {total:.1f} GiB"
    )
    if status.free_bytes < ROOM:
        warn("磁盘空间不足" if zh else "the disk is nearly full", lang)


def _newest(status: Status, config: Config, zh: bool) -> Table:
    """What is newest of observations, weather, ensembles and issues."""
    title = f"工作区 {status.workspace}" if zh else f"Workspace {status.workspace}"
    table = Table(title=title, title_justify="left")
    table.add_column("内容" if zh else "what")
    table.add_column("最新" if zh else "newest")
    table.add_column("说明" if zh else "")
    for source, time in status.observations.items():
        table.add_row(f"观测 {source}" if zh else f"observations {source}", *_local(time, config))
    for product, found in status.weather.items():
        first = found["first_issue"]
        serves = "" if first is None else (f"自{first}起可用" if zh else f"serves from {first} on")
        table.add_row(
            f"气象 {product}" if zh else f"weather {product}", found["newest"] or "–", serves
        )
    if status.ensemble is None:
        table.add_row("集合" if zh else "ensemble", "–", "")
    else:
        fits = status.ensemble["fits"]
        told = ("与配置相符", "of this configuration") if fits else ("与配置不符", "of another one")
        day = str(status.ensemble["day"])
        table.add_row("集合" if zh else "ensemble", day, told[0 if zh else 1])
    for i, issue in enumerate(status.issues):
        what = ("发布" if zh else "issue") if i == 0 else ""
        count = issue["revisions"]
        many = f"{count}版" if zh else f"{count} revision{'' if count == 1 else 's'}"
        table.add_row(
            what,
            str(issue["date"]),
            f"{many}：{issue['file']}" if zh else f"{many}: {issue['file']}",
        )
    return table


def _local(time: str | None, config: Config) -> tuple[str, str]:
    """An hour on the network's clock with its zone, and in UTC; a day as it is."""
    if time is None:
        return "–", ""
    if "T" not in time:
        return time, ""
    local = pd.Timestamp(time.removesuffix("Z")) + pd.Timedelta(hours=config.utc_offset)
    hours, minutes = divmod(round(abs(config.utc_offset) * 60), 60)
    sign = "-" if config.utc_offset < 0 else "+"
    return f"{local:%Y-%m-%d %H:%M}{sign}{hours:02d}:{minutes:02d}", time


def _runs(status: Status, lang: str) -> Table:
    """Steps of the last days that were run."""
    zh = lang == "zh"
    title = f"最近{LAST_DAYS}个运行日" if zh else f"The last {LAST_DAYS} days run"
    table = table_of(title, ["date"], lang)
    for step in STEPS:
        table.add_column(step_name(step, lang))
    table.add_column("结束（UTC）" if zh else "ended (UTC)")
    for day in status.days:
        states = [state_name(day.steps[step], lang) for step in STEPS]
        table.add_row(str(day.date), *states, day.ended or "–")
    return table
