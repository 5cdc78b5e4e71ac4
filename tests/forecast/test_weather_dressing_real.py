"""Dressing of the real North China analyses with the correlations of the forecast archive."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from forecast.weather.dressing.anomalies import fit_scores
from forecast.weather.dressing.correlation import estimate_correlation
from forecast.weather.dressing.dressed import dress

pytestmark = pytest.mark.real
MEMBERS, LEADS = 5, 10


@pytest.fixture(scope="module")
def real(real_data):
    """Analyses at the 1° points, the archive, its stated correlations, and dressed cycles."""
    folder = real_data / "weather"
    with (
        xr.open_dataset(next(folder.glob("analysis_northchina_*.nc"))) as file,
        xr.open_dataset(next(folder.glob("forecast_northchina_*.nc"))) as forecasts,
    ):
        grid = {"latitude": forecasts["latitude"], "longitude": forecasts["longitude"]}
        analysis = file.sel(grid).rename(time="day").astype(np.float32)
        archive = forecasts.rename(time="issue", step="lead", number="member").astype(np.float32)
        archive, analysis = (
            d.stack(place=("latitude", "longitude")).reset_index("place", drop=True).load()  # noqa: PD013
            for d in (archive, analysis)
        )
    archive = archive.assign_coords(lead=np.arange(1, LEADS + 1), place=np.arange(72))
    analysis = analysis.assign_coords(place=np.arange(72))
    rho = {str(n): np.asarray(archive.attrs[f"correlation_{n}"]) for n in archive}
    issues = archive["issue"].to_index()
    cycles = list(dress(analysis, issues, leads=LEADS, members=MEMBERS, correlation=rho, seed=1))
    dressed = {n: np.stack([c.fields[n] for c in cycles]) for n in rho}
    return analysis, archive, rho, issues, dressed


def anomalies(real, name):
    """Dressed and analysed standard anomalies beside the climatology of the whole record.

    Climatologies of the record are linear, so that no fitted part of the dressing is judged by
    itself: it knew the months before each issue alone.
    """
    analysis, _, _, issues, dressed = real
    days = analysis["day"].values.astype("datetime64[D]").astype(int)
    scores = fit_scores("t2m", analysis[name].values, days)
    valid = issues.values.astype("datetime64[D]").astype(int)[:, None] + np.arange(1, LEADS + 1)
    truth = scores.anomaly(analysis[name].values, days)[valid - days[0]]
    shape = dressed[name].shape
    members = np.stack(
        [
            scores.anomaly(dressed[name][:, k, m], valid[:, k])
            for k in range(LEADS)
            for m in range(MEMBERS)
        ]
    )
    return members.reshape(LEADS, MEMBERS, len(issues), -1).transpose(2, 0, 1, 3).reshape(
        shape
    ), truth


@pytest.mark.parametrize("name", ["u10", "v10", "t2m", "r2", "sp"])
def test_correlation_and_spread_at_every_lead(real, name):
    analysis, _, rho, issues, dressed = real
    members, truth = anomalies(real, name)
    rows = analysis["day"].to_index().get_indexer(issues)
    for k in range(LEADS):
        wide = np.broadcast_to(truth[:, k, None], members[:, k].shape)
        found = np.corrcoef(members[:, k].ravel(), wide.ravel())[0, 1]
        assert found == pytest.approx(rho[name][k], abs=0.03), f"lead {k + 1}"
        f, x = dressed[name][:, k].astype(float), analysis[name].values[rows + 1 + k]
        error = np.sqrt(((f.mean(axis=1) - x) ** 2).mean())
        ratio = np.sqrt(f.var(axis=1, ddof=1).mean() * (1 + 1 / MEMBERS)) / error
        assert 0.9 <= ratio <= 1.1, f"lead {k + 1}"


@pytest.mark.parametrize("name", ["u10", "v10", "t2m", "r2", "sp"])
def test_members_are_as_coherent_as_the_analysis(real, name):
    """From day to day, and between points 1° apart (72 points: 8 latitudes of 9)."""
    members, truth = anomalies(real, name)

    def both(a, b):
        return np.corrcoef(a.ravel(), b.ravel())[0, 1]

    day = both(members[:, 1:], members[:, :-1]), both(truth[:, 1:], truth[:, :-1])
    assert day[0] == pytest.approx(day[1], abs=0.05)
    f, t = (v.reshape(*v.shape[:-1], 8, 9) for v in (members, truth))
    point = both(f[..., 1:], f[..., :-1]), both(t[..., 1:], t[..., :-1])
    assert point[0] == pytest.approx(point[1], abs=0.03)


def test_variables_keep_their_relations(real):
    """Warm southerlies stay warm: correlation of v10 with t2m, and of t2m with sp."""
    found = {n: anomalies(real, n) for n in ("v10", "t2m", "sp")}
    for a, b in (("v10", "t2m"), ("t2m", "sp")):
        members = np.corrcoef(found[a][0].ravel(), found[b][0].ravel())[0, 1]
        truth = np.corrcoef(found[a][1].ravel(), found[b][1].ravel())[0, 1]
        assert abs(truth) > 0.1
        assert members == pytest.approx(truth, abs=0.08)


def test_the_archive_gives_its_correlations_away(real):
    analysis, archive, rho, _, _ = real
    short = estimate_correlation(archive, analysis)
    apart = np.stack([short[n] - rho[n] for n in rho])
    assert np.sqrt((apart**2).mean()) < 0.03
    assert np.abs(apart[:, :5]).max() < 0.04
    year = estimate_correlation(archive, analysis, cycles=len(archive["issue"]))
    apart = np.stack([year[n] - rho[n] for n in rho])
    assert np.sqrt((apart**2).mean()) < 0.02


def test_cycles_know_nothing_they_should_not(real):
    _, _, rho, _, _ = real
    analysis = real[0]
    issues = pd.DatetimeIndex(["2013-06-01", "2015-03-01", "2015-07-15"])
    known = [
        c.known_since
        for c in dress(analysis, issues, leads=LEADS, members=2, correlation=rho, seed=1)
    ]
    assert known == [pd.Timestamp(d) for d in ("2014-12-31", "2015-02-28", "2015-06-30")]
