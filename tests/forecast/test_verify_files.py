"""`wubu verify --forecast … --observed …` from the command line to its tables and files."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from forecast.cli.main import run
from forecast.foreign import issued, reading

DAYS = pd.date_range("2015-01-01", periods=60)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Two foreign files of other layouts, by lead, and the observations in a third."""
    monkeypatch.chdir(tmp_path)
    noise = np.random.default_rng(1).normal(size=(60, 2))
    observed = 60 + 30 * np.sin(np.arange(62) / 5)
    ours, theirs = ["station,init,lead_hours,pm25"], ["站点名称;起报日期;预报日期;污染物;预报值"]
    for i, day in enumerate(DAYS[:58]):
        for lead in (1, 2):
            valid = day + pd.Timedelta(days=lead)
            truth = observed[i + lead]
            ours.append(f"A,{day:%Y-%m-%d},{24 * lead},{truth + 2 * lead * noise[i, 0]:.1f}")
            value = f"{truth + 20 + 2 * noise[i, 1]:.1f}".replace(".", ",")
            theirs.append(f"A;{day:%Y/%m/%d};{valid:%Y/%m/%d};PM2.5;{value}")
    rows = [f"A,{d:%Y-%m-%d},{v:.1f}" for d, v in zip(DAYS, observed, strict=False)]
    (tmp_path / "ours.csv").write_text("\n".join(ours) + "\n")
    (tmp_path / "theirs.csv").write_bytes(("\n".join(theirs) + "\n").encode("gb18030"))
    (tmp_path / "o.csv").write_text("\n".join(["station,date,PM2.5", *rows]) + "\n")
    return tmp_path


FILES = ["verify", "--forecast", "ours.csv", "theirs.csv", "--observed", "o.csv"]


def cells(out, *start):
    """Cells of the first line of a table that starts with these."""
    for line in out.splitlines():
        found = [part.strip() for part in line[1:-1].split("│")]
        if found[: len(start)] == list(start):
            return found
    raise AssertionError(f"no line {start} in\n{out}")


def test_two_foreign_files(folder, capsys):
    assert run(FILES) == 0
    out = capsys.readouterr().out
    assert "Scored: 1 place, 2015-01-02 to 2015-03-01" in out
    assert "climatology is not shown: it needs observations of an earlier year" in out
    own = cells(out, "1", "ours")
    table = pd.read_csv(folder / "ours.csv").query("lead_hours == 24")
    truth = pd.read_csv(folder / "o.csv")["PM2.5"].to_numpy()[2:59]  # 57 pairs: 1 January has no
    errors = table["pm25"].to_numpy()[1:] - truth  # value before it, so no persistence
    assert own[3] == f"{np.abs(errors).mean():.1f}"
    assert own[2] == f"{errors.mean():+.1f}"
    assert own[-1] == "57"
    assert cells(out, "", "theirs")[-1] == cells(out, "", "persistence")[-1] == "57"
    assert "mean abs. error: mean size of the errors" in out


def test_chinese(folder, capsys):
    assert run([*FILES, "--lang", "zh"]) == 0
    out = capsys.readouterr().out
    assert "平均绝对误差" in out
    assert cells(out, "", "持续性")[-1] == "57"
    assert "mean error" not in out


def test_against_says_who_is_better(folder, capsys):
    assert run([*FILES, "--against", "theirs", "--out", "scores.csv"]) == 0
    out = capsys.readouterr().out
    assert cells(out, "ours", "mean abs. error", "1")[-2:] == ["better", "58"]
    table = pd.read_csv(folder / "scores.csv")
    assert set(table["model"]) == {"ours", "theirs", "persistence"}
    assert {"mae", "nmb", "fac2"} <= set(table["score"])
    compared = pd.read_csv(folder / "scores-against-theirs.csv")
    assert set(compared["reference"]) == {"theirs"}


def test_chosen_scores_and_groups(folder, capsys):
    assert run([*FILES, "--score", "mae", "--score", "pod", "--by", "month"]) == 0
    out = capsys.readouterr().out
    assert "PM2.5 (µg/m³), mean absolute error (mae; smaller is better)" in out
    assert "probability of detection (pod; larger is better): cannot be made" in out
    assert cells(out, "month: 2015-02")[1] == "1"


def test_picture(folder, capsys):
    pytest.importorskip("matplotlib")
    assert run([*FILES, "--plot", "p.png"]) == 0
    assert (folder / "p.png").read_bytes().startswith(b"\x89PNG")
    assert "p.png" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--against", "nobody"], 2,
         "--against 'nobody': expected one of ours, theirs, persistence"),
        (["--by", "province"], 2, "--by 'province': files can be grouped by place, month"),
        (["--score", "best"], 2, "--score 'best': expected one of"),
        (["--plot", "p.txt"], 2, "--plot p.txt: expected a name that ends in .png, .pdf, .svg"),
        (["--observed", "none.csv"], 1, "none.csv: no such file"),
        (["--from", "2015-01-01"], 2, "--forecast and --observed take files only"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_one_sentence(folder, capsys, arguments, code, message):
    assert run([*FILES, *arguments]) == code
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    assert message in lines[0]


def test_no_leads_no_picture(folder, capsys):
    assert run(["verify", "--forecast", "o.csv", "--observed", "o.csv", "--plot", "p.png"]) == 2
    assert "--plot draws scores by lead, and these files have no leads" in capsys.readouterr().err


def test_observations_are_needed(folder, capsys):
    assert run(["verify", "--forecast", "o.csv"]) == 2
    assert "--observed is missing" in capsys.readouterr().err


def test_of_issued_forecasts_the_last_revision_counts(folder, monkeypatch):
    made = xr.Dataset(
        {
            "concentration": (("pollutant", "lead", "place", "quantile"), [[[[60.0, 90.0]]]]),
            "concentration_mean": (("pollutant", "lead", "place"), [[[80.0]]]),
            "aqi": (("lead", "place", "quantile"), [[[80.0, 120.0]]]),
            "aqi_low": (("lead", "place"), [[85.0]]),
            "aqi_high": (("lead", "place"), [[115.0]]),
            "level": (("lead", "place"), np.array([[2]], np.int8)),
            "primary": (("lead", "place"), np.array([[1]], np.int16)),
        },
        {
            "issue": np.datetime64("2015-01-01", "ns"),
            "lead": [1],
            "place": ["A"],
            "pollutant": ["pm25"],
            "quantile": [0.25, 0.75],
        },
    )
    for name in ("2015-01-01.nc", "2015-01-01.r2.nc"):
        made.to_netcdf(folder / name)
    monkeypatch.setattr("forecast.foreign.netcdf.is_issued", lambda data: "aqi_low" in data)
    monkeypatch.setattr(issued, "read_issued", xr.load_dataset)
    [content] = reading.read_forecasts([folder / "2015-01-01.nc", folder / "2015-01-01.r2.nc"])
    assert content.name == "ensemble"
    assert [note.en for note in content.notes] == ["superseded by a later revision: 2015-01-01.nc"]
    cell = content.data.isel(issue=0, lead=0, place=0)
    assert cell["pm25"].item() == 80
    assert cell["aqi"].item() == (80 + 120) / 2
    assert (cell["aqi_low"].item(), cell["aqi_high"].item()) == (85, 115)
    assert (cell["level"].item(), cell["primary"].item()) == (2, 1)
    assert cell["pm25_quantiles"].values.tolist() == [60, 90]
