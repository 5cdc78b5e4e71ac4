"""Chinese and English of the daily operation: steps, their states, and the events of a run."""

from __future__ import annotations

STEPS = {
    "ingest": "入库",
    "quality": "质控",
    "train": "训练",
    "issue": "发布",
    "verify": "检验",
    "consult": "会商",
}
"""Steps of a day in their order, with their Chinese names."""

STATES = {
    "done": ("完成", "done"),
    "unchanged": ("未变", "unchanged"),
    "failed": ("失败", "failed"),
    "skipped": ("未做", "not done"),
    "running": ("进行中", "running"),
    "broken": ("中断", "broken off"),
    "none": ("–", "–"),
    "damaged": ("状态文件损坏", "damaged"),
}
"""States of a step."""

LEVELS = {"info": "信息", "warning": "警告", "error": "错误"}

EVENTS = {
    "run-begun": ("开始{date}的日常运行", "run of {date} begun"),
    "run-ended": (
        "{date}的日常运行结束，用时{seconds:.1f}秒：{done}步完成，{unchanged}步未变，"
        "{failed}步失败，{skipped}步未做",
        "run of {date} ended in {seconds:.1f} s: {done} done, {unchanged} unchanged, {failed} "
        "failed, {skipped} not done",
    ),
    "lock-taken-over": (
        "接管了已结束进程留下的锁：{zh}",
        "took over the lock that a process which is gone had left: {en}",
    ),
    "state-damaged": (
        "状态文件不可用，各步按未做处理：{error}",
        "the state is not usable, every step counts as not done: {error}",
    ),
    "resumed": (
        "上次（{started}）中断，重新执行",
        "was broken off when begun at {started}; done again",
    ),
    "step-begun": ("开始", "begun"),
    "step-unchanged": (
        "输入未变，{ended}已完成",
        "nothing changed since it was done at {ended}",
    ),
    "step-done": (
        "完成，用时{seconds:.1f}秒，文件数{outputs}",
        "done in {seconds:.1f} s, files: {outputs}",
    ),
    "step-failed": ("失败，用时{seconds:.1f}秒：{error}", "failed after {seconds:.1f} s: {error}"),
    "step-skipped": ("未做：需先完成{needs_zh}", "not done: needs {needs}"),
    "progress": ("{what} {done}/{total}", "{what} {done}/{total}"),
    "remark": ("{zh}", "{en}"),
    "failed": ("{error}", "{error}"),
    "library-warning": ("{text}", "{text}"),
}
"""Text of each event, in Chinese and English; its fields fill the gaps."""


def step_name(step: str, lang: str) -> str:
    """Name of a step in the language."""
    return STEPS[step] if lang == "zh" else step


def state_name(state: str, lang: str) -> str:
    """Name of a state in the language."""
    return STATES[state][0 if lang == "zh" else 1]
