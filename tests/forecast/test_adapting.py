"""Adaptive calibration in the chain: shifts by hand, carried from issue to issue in the files."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from ensembles import ISSUED_LEVELS, LEVELS, Distribution
from forecast.adapting import SHIFT, adapted, no_shifts, shifts_at
from forecast.ensemble_settings import Calibration
from forecast.issued import REQUIRED
from forecast.pollutants import POLLUTANTS

LEADS = 3
DAYS = pd.date_range("2015-01-01", "2015-01-31")
STATIONS = ["a", "b"]


def known(values, adaptive=True, rate=0.1, decay=0.5, issue_hour=24):
    """What an issue knows: daily values of the stations, the same for all pollutants."""
    daily = xr.Dataset(
        dict.fromkeys(POLLUTANTS, (("place", "day"), values)),
        {"place": STATIONS, "day": DAYS},
    )
    rule = Calibration(adaptive=adaptive, rate=rate, decay=decay)
    config = SimpleNamespace(leads=LEADS, calibration=rule, issue_hour=issue_hour)
    return SimpleNamespace(daily=daily, config=config)


def write(folder, day, shifts=None, quantiles=None, leads=LEADS):
    """An issued file that holds what the calibration reads; the quantile of level τ is 100 τ."""
    shape = (leads, len(STATIONS), len(POLLUTANTS), len(ISSUED_LEVELS))
    values = np.broadcast_to(100 * ISSUED_LEVELS, shape) if quantiles is None else quantiles
    data = dict.fromkeys(REQUIRED, ((), 0.0))
    coords = {
        "lead": np.arange(1, leads + 1),
        "place": STATIONS,
        "kind": ("place", ["station"] * len(STATIONS)),
        "pollutant": list(POLLUTANTS),
        "quantile": ISSUED_LEVELS,
        "issue": pd.Timestamp(day),
    }
    for name in coords:
        data.pop(name, None)
    dims = ("lead", "place", "pollutant", "quantile")
    data["concentration"] = (dims, values.astype(np.float32))
    out = xr.Dataset(data, coords)
    if shifts is not None:
        out[SHIFT] = shifts
    folder.mkdir(exist_ok=True)
    out.to_netcdf(folder / f"{day}.nc")


def of(shifts, level, pollutant="pm25"):
    return shifts.sel(pollutant=pollutant).sel(quantile=level, method="nearest").values


def test_a_pollutant_of_its_own_pace(tmp_path):
    write(tmp_path, "2015-01-10", no_shifts(LEADS))
    values = np.full((2, len(DAYS)), 20.0)
    values[1] = 70.0
    now = known(values)
    rule = Calibration(rate=0.1, decay=0.5, pollutants={"o3": {"rate": 0.2}})
    assert (rule.of("o3").rate, rule.of("o3").decay, rule.of("co").rate) == (0.2, 0.5, 0.1)
    now.config.calibration = rule
    found = shifts_at(pd.Timestamp("2015-01-11"), tmp_path, now)
    np.testing.assert_allclose(of(found, 0.6, "o3")[0], 0.2 * 0.1, atol=1e-6)
    np.testing.assert_allclose(of(found, 0.6)[0], 0.1 * 0.1, atol=1e-6)


def test_shifts_by_hand(tmp_path):
    values = np.full((2, len(DAYS)), 20.0)
    values[1] = 70.0
    write(tmp_path, "2015-01-10", no_shifts(LEADS))
    now = known(values)
    # at the issue of 01-11 (24 h) the day 01-11 is known: lead 1 of the day before, one station of
    # two at or below the quantile .6 of 60
    found = of(shifts_at(pd.Timestamp("2015-01-11"), tmp_path, now), 0.6)
    np.testing.assert_allclose(found, [0.1 * (0.6 - 0.5), 0, 0], atol=1e-6)
    # two days later all leads but the third were verified once since
    found = of(shifts_at(pd.Timestamp("2015-01-12"), tmp_path, now), 0.9)
    np.testing.assert_allclose(found, [0.1 * (0.9 - 1), 0.1 * (0.9 - 1), 0], atol=1e-6)


def test_shifts_are_carried_and_fade(tmp_path):
    values = np.full((2, len(DAYS)), 20.0)
    values[1] = 70.0
    write(tmp_path, "2015-01-10", no_shifts(LEADS))
    write(tmp_path, "2015-01-11", no_shifts(LEADS) + 0.04)
    found = of(shifts_at(pd.Timestamp("2015-01-12"), tmp_path, known(values)), 0.6)
    # lead 1 of 01-11 and lead 2 of 01-10 are known by 01-12: .5 · .04 + .1 · (.6 − .5)
    np.testing.assert_allclose(found, [0.03, 0.03, 0.04], atol=1e-6)


def test_an_earlier_issue_hour_knows_a_day_less(tmp_path):
    write(tmp_path, "2015-01-10", no_shifts(LEADS))
    values = np.full((2, len(DAYS)), 20.0)
    found = shifts_at(pd.Timestamp("2015-01-11"), tmp_path, known(values, issue_hour=15))
    assert not found.values.any()


def test_nothing_later_enters(tmp_path):
    values = np.full((2, len(DAYS)), 20.0)
    write(tmp_path, "2015-01-10", no_shifts(LEADS))
    issue = pd.Timestamp("2015-01-11")
    expected = shifts_at(issue, tmp_path, known(values))
    assert expected.values.any()
    values[:, issue < DAYS] = 1e6
    for day in ("2015-01-11", "2015-01-12"):  # this day's earlier revision, and a later issue
        write(tmp_path, day, no_shifts(LEADS) + 0.1, np.full((LEADS, 2, 6, 19), 1e6))
    xr.testing.assert_identical(shifts_at(issue, tmp_path, known(values)), expected)


@pytest.mark.parametrize("why", ["off", "empty", "old file", "nothing observed", "other leads"])
def test_without_evidence_nothing_is_shifted(tmp_path, why):
    values = np.full((2, len(DAYS)), np.nan if why == "nothing observed" else 20.0)
    leads = 2 if why == "other leads" else LEADS
    if why != "empty":
        shifts = None if why == "old file" else no_shifts(leads) + 0.1 * (why == "other leads")
        write(tmp_path, "2015-01-10", shifts, leads=leads)
    now = known(values, adaptive=why != "off")
    found = shifts_at(pd.Timestamp("2015-01-11"), tmp_path, now)
    xr.testing.assert_identical(found, no_shifts(LEADS))


def test_only_the_ensemble_is_shifted():
    cases = xr.Dataset(coords={"issue": DAYS[:1], "lead": np.arange(1, LEADS + 1), "place": ["a"]})
    uniform = Distribution.from_values(np.tile(100 * LEVELS, (1, LEADS, 1, 1)), cases)
    today = {p: {"boosting": uniform, "ensemble": uniform} for p in POLLUTANTS}
    shifts = no_shifts(LEADS)
    shifts.loc[{"pollutant": "o3", "lead": 2}] = 0.05
    found = adapted(today, shifts)
    np.testing.assert_allclose(found["o3"]["ensemble"].quantiles[0, 1, 0, 49], 55, rtol=1e-5)
    for pollutant, member, lead in (("o3", "ensemble", 0), ("pm25", "ensemble", 1)):
        np.testing.assert_allclose(
            found[pollutant][member].quantiles[0, lead, 0, 49], 50, rtol=1e-5
        )
    assert found["o3"]["boosting"] is uniform
