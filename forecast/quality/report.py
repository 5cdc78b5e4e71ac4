"""The report on quality: counts by station and by rule, worst cases, and its CSV files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from forecast.atomic import write_text
from forecast.pollutants import LABELS, POLLUTANTS, UNITS
from forecast.quality.alarms import local_time
from forecast.quality.flags import RULES, raised
from forecast.quality.panel import Panel
from forecast.spreadsheet import harmless_table

WHOLE_STATION = ("duplicate", "bad_coordinates")
LONGEST_IS_WORST = ("zero", "constant", "dust", "shifted", *WHOLE_STATION)
CASE_COLUMNS = ["rule", "station", "pollutant", "time", "value", "unit", "detail"]
RUN_COLUMNS = [
    "station",
    "pollutant",
    "rule",
    "first",
    "last",
    "steps",
    "lowest",
    "highest",
    "unit",
]


@dataclass(frozen=True)
class QualityReport:
    """What quality control found. All times are local.

    Attributes
    ----------
    flags : xarray.Dataset
        As `flag_observations` gives them.
    by_station : pandas.DataFrame
        Flagged values by station and rule.
    by_rule : pandas.DataFrame
        Flagged values by rule and pollutant, with ``meaning`` and ``stations`` (how many).
    worst : pandas.DataFrame
        ``rule, station, pollutant, time, value, unit, detail``: a few cases of each rule and
        pollutant, the worst first: for ``negative`` the lowest value, for ``pm_reversed`` the
        largest excess, for ``zero, constant, dust, shifted`` the longest run, else the highest.
    shifts, duplicates, coordinates : pandas.DataFrame
        Findings about whole columns and stations.
    alarms : pandas.DataFrame
        As `find_alarms` gives them.
    runs : pandas.DataFrame
        Every flag, hours in a row joined: ``station, pollutant, rule, first, last, steps, lowest,
        highest, unit``; `first` and `last` are the starts of the hours.
    values : int
        How many values there were.
    unit : str
        "hours" or "days": what a step is.
    """

    flags: xr.Dataset
    by_station: pd.DataFrame
    by_rule: pd.DataFrame
    worst: pd.DataFrame
    shifts: pd.DataFrame
    duplicates: pd.DataFrame
    coordinates: pd.DataFrame
    alarms: pd.DataFrame
    runs: pd.DataFrame
    values: int
    unit: str

    def write(self, folder: Path) -> list[Path]:
        """Write ``flags.csv`` and, for hours, ``alarms.csv`` into `folder`; returns the paths.

        Times are ISO 8601 with the UTC offset (days: plain dates). ``steps`` counts hours or days.
        """
        paths = [write_text(folder / "flags.csv", _csv(self.runs))]
        if self.unit == "hours":
            paths.append(write_text(folder / "alarms.csv", _csv(self.alarms)))
        return paths


def build_report(
    panel: Panel,
    flags: xr.Dataset,
    findings: tuple[pd.DataFrame, pd.DataFrame, pd.Series, pd.DataFrame],
    *,
    utc_offset: float,
    worst: int,
    unit: str,
) -> QualityReport:
    """Count and list the flags of a panel.

    Parameters
    ----------
    findings : tuple
        Shifts, duplicates, reasons of bad coordinates, alarms.
    utc_offset, worst, unit
        Clock of the network, cases listed for each rule, "hours" or "days".
    """
    shifts, twins, reasons, alarms = findings
    bits = {p: flags[p].values for p in POLLUTANTS}
    by_station = pd.DataFrame(0, index=pd.Index(panel.station, name="station"), columns=[*RULES])
    by_rule = pd.DataFrame(0, index=pd.Index([*RULES], name="rule"), columns=[*POLLUTANTS])
    runs = []
    for p in POLLUTANTS:
        any_flag = int(np.bitwise_or.reduce(bits[p], axis=None)) if bits[p].size else 0
        for i, rule in enumerate(RULES):
            if not any_flag & (1 << i):
                continue
            hit = raised(bits[p], rule) & np.isfinite(panel.values[p])
            count = hit.sum(axis=1)
            by_station[rule] += count
            by_rule.loc[rule, p] = count.sum()
            runs.append(_runs(hit, panel, p, rule))
    by_rule["stations"] = (by_station > 0).sum()
    by_rule["meaning"] = pd.Series(RULES)
    listed = pd.concat(runs, ignore_index=True) if runs else pd.DataFrame(columns=RUN_COLUMNS)
    cases = _worst(listed, panel, raised(bits["pm25"], "pm_reversed"), worst, unit)
    for table, columns in (
        (listed, ["first", "last"]),
        (cases, ["time"]),
        (shifts, ["first", "last"]),
    ):
        for c in columns if len(table) else ():
            times = pd.DatetimeIndex(table[c])
            table[c] = local_time(times, utc_offset) if unit == "hours" else times
    return QualityReport(
        flags=flags,
        by_station=by_station,
        by_rule=by_rule,
        worst=cases,
        shifts=shifts,
        duplicates=twins,
        coordinates=reasons.rename_axis("station").rename("reason").reset_index(),
        alarms=alarms,
        runs=listed,
        values=sum(int(np.isfinite(v).sum()) for v in panel.values.values()),
        unit=unit,
    )


def _runs(hit: np.ndarray, panel: Panel, pollutant: str, rule: str) -> pd.DataFrame:
    """Flagged steps in a row as one line each; a whole station is one line with its holes."""
    values = panel.values[pollutant]
    if rule in WHOLE_STATION:
        hit = np.repeat(hit.any(axis=1, keepdims=True), hit.shape[1], axis=1)
    padded = np.zeros((hit.shape[0], hit.shape[1] + 2), bool)
    padded[:, 1:-1] = hit
    row, first = np.nonzero(padded[:, 1:] & ~padded[:, :-1])
    stop = np.nonzero(padded[:, :-1] & ~padded[:, 1:])[1]
    flat = np.append(values.ravel(), np.float32(np.nan))
    edges = np.stack([row * hit.shape[1] + first, row * hit.shape[1] + stop], axis=1).ravel()
    if not len(edges):
        return pd.DataFrame(columns=RUN_COLUMNS)
    return pd.DataFrame(
        {
            "station": panel.station[row],
            "pollutant": LABELS[pollutant],
            "rule": rule,
            "first": panel.time[first],
            "last": panel.time[stop - 1],
            "steps": stop - first,
            "lowest": np.fmin.reduceat(flat, edges)[::2],
            "highest": np.fmax.reduceat(flat, edges)[::2],
            "unit": UNITS[pollutant],
        }
    )


def _worst(
    runs: pd.DataFrame, panel: Panel, reversed_pm: np.ndarray, number: int, unit: str
) -> pd.DataFrame:
    if runs.empty:
        return pd.DataFrame(columns=CASE_COLUMNS)
    runs = runs[runs["rule"] != "pm_reversed"]
    lowest = runs["rule"] == "negative"
    severity = runs["highest"].where(~lowest, -runs["lowest"])
    severity = severity.where(~runs["rule"].isin(LONGEST_IS_WORST), runs["steps"])
    top = (
        runs.assign(severity=severity, value=runs["highest"].where(~lowest, runs["lowest"]))
        .sort_values("severity", ascending=False, kind="stable")
        .groupby(["rule", "pollutant"], sort=False)
        .head(number)
    )
    top["detail"] = [f"{n} {unit}" if n > 1 else "" for n in top["steps"]]
    top = top.rename(columns={"first": "time"})[CASE_COLUMNS]
    cases = [t for t in (top, _reversed_cases(panel, reversed_pm, number)) if len(t)]
    if not cases:
        return pd.DataFrame(columns=CASE_COLUMNS)
    listed = pd.concat(cases)
    listed["rule"] = pd.Categorical(listed["rule"], [*RULES])
    order = {LABELS[p]: i for i, p in enumerate(POLLUTANTS)}
    listed = listed.sort_values(
        ["rule", "pollutant"],
        key=lambda c: c.map(order) if c.name == "pollutant" else c,
        kind="stable",
        ignore_index=True,
    )
    return listed.assign(rule=listed["rule"].astype(str))


def _reversed_cases(panel: Panel, hit: np.ndarray, number: int) -> pd.DataFrame:
    station, step = np.nonzero(hit)
    pm25, pm10 = (panel.values[p][station, step] for p in ("pm25", "pm10"))
    worst = np.argsort(pm10 - pm25, kind="stable")[:number]
    return pd.DataFrame(
        {
            "rule": "pm_reversed",
            "station": panel.station[station[worst]],
            "pollutant": LABELS["pm25"],
            "time": panel.time[step[worst]],
            "value": pm25[worst],
            "unit": UNITS["pm25"],
            "detail": [f"PM10 {v:g}" for v in pm10[worst]],
        }
    )


def _csv(table: pd.DataFrame) -> str:
    table = table.copy()
    for name in table.columns:
        if isinstance(table[name].dtype, pd.DatetimeTZDtype):
            table[name] = _iso(table[name])
        elif pd.api.types.is_datetime64_dtype(table[name]):
            table[name] = table[name].dt.strftime("%Y-%m-%d")
    return harmless_table(table).to_csv(index=False, float_format="%.6g", lineterminator="\n")


def _iso(times: pd.Series) -> pd.Series:
    """ISO 8601 to the minute with offset; distinct times are few, so each is written once."""
    codes, unique = pd.factorize(times)
    text = np.array([t.isoformat(timespec="minutes") for t in unique], object)
    return pd.Series(text[codes], index=times.index)
