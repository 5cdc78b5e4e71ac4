"""The step that issues: a new revision only where it says something new."""

from __future__ import annotations

import tempfile
from pathlib import Path

import xarray as xr

from forecast.chain import forecast_of
from forecast.clock import utc_now
from forecast.duty import duty_remarks
from forecast.export import write_products
from forecast.issued import ADJUSTED_BY, read_issued, revisions, write_issued
from forecast.operation.task import Task

STEP = "issue"


def issue_once(task: Task) -> list[Path]:
    """Issue the forecast of the day unless its newest revision holds the same already.

    A revision that a consultation adjusted is never replaced by a run: what people decided stands
    until people issue anew.

    Returns
    -------
    list of Path
        The newest revision, table and bulletins.
    """
    found = revisions(task.workspace.issued, f"{task.day:%Y-%m-%d}")
    if found and ADJUSTED_BY in read_issued(found[-1]).variables:
        path = found[-1]
        task.remark(
            STEP,
            f"{path.name}经会商调整，保留不替换；如需重新发布，执行wubu issue",
            f"{path.name} was adjusted by a consultation and is kept; `wubu issue` issues anew",
        )
    else:
        forecast = forecast_of(*task.known(), task.day)
        if found and _same(forecast, found[-1]):
            path = found[-1]
        else:
            path = write_issued(forecast, task.workspace.issued)
    issued = read_issued(path)
    written = write_products(issued, task.workspace.products / path.stem)
    for remark in duty_remarks(issued, utc_now()):
        task.remark(STEP, remark.zh, remark.en)
    return [path, *written]


def _same(forecast: xr.Dataset, path: Path) -> bool:
    """Whether a forecast, once written, is what a revision holds, but for the revision's number."""
    with tempfile.TemporaryDirectory(prefix=".making-", dir=path.parent) as room:
        written = read_issued(write_issued(forecast, Path(room)))
    return written.assign_attrs(revision=0).identical(read_issued(path).assign_attrs(revision=0))
