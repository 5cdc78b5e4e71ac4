"""Lines of a log, for people and for machines."""

from __future__ import annotations

import json

import pandas as pd

from forecast.operation.log import Event, json_line, plain_line, progress_of

NOW = pd.Timestamp("2026-11-24 09:30:00.7")


def test_plain_lines_in_both_languages():
    failed = Event("step-failed", "error", "issue", 2.06, {"error": "a.nc:\nis empty"})
    assert plain_line(failed, NOW, "en") == (
        "2026-11-24T09:30:00Z error   issue: failed after 2.1 s: a.nc: is empty"
    )
    assert plain_line(failed, NOW, "zh") == (
        "2026-11-24T09:30:00Z 错误 发布：失败，用时2.1秒：a.nc: is empty"
    )


def test_json_lines_parse_whatever_is_said():
    remark = Event("remark", "warning", "ingest", fields={"zh": "“坏”\n文件", "en": 'a "bad" file'})
    line = json_line(remark, NOW)
    assert "\n" not in line
    assert json.loads(line) == {
        "time": "2026-11-24T09:30:00Z",
        "level": "warning",
        "step": "ingest",
        "event": "remark",
        "zh": "“坏”\n文件",
        "en": 'a "bad" file',
    }
    ended = json.loads(json_line(Event("step-done", seconds=1.23456, fields={"outputs": 2}), NOW))
    assert ended["seconds"] == 1.235 and ended["outputs"] == 2 and "step" not in ended


def test_progress_is_not_told_too_often():
    events = []
    tell = progress_of("verify", events.append)
    for done in range(100):
        tell("scoring", done, 100)
    tell("scoring", 100, 100)
    assert [e.fields["done"] for e in events] == [0, 100]
    assert events[0].step == "verify"
