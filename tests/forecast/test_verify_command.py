"""`wubu verify CONFIG`: what it refuses, what it writes, and that its tables say what they show."""

from __future__ import annotations

import builtins

import numpy as np
import pandas as pd
import pytest

from forecast.cli.plots import check_picture, draw_scores
from forecast.cli.show_chosen import show_chosen, show_groups
from forecast.cli.show_comparison import show_comparison
from forecast.cli.show_scores import show_scores
from forecast.errors import ConfigError, MissingExtraError

MODELS = ("ensemble", "persistence", "climatology", "boosting")
INDEX_SCORES = (
    *("level_accuracy", "level_range_accuracy", "range_accuracy", "mean_width", "over_rate"),
    *("under_rate", "category_accuracy", "half_level_accuracy", "hj1130_range_accuracy"),
    *("hj1130_heavy_accuracy", "nmc_composite"),
)
EVENTS = ("pod", "far", "ts", "frequency_bias")
CONCENTRATION = ("crps_quantiles", "coverage_90", "bias", "rmse", "correlation")


def rows_of(group, leads):
    """Scorecard rows whose value is 0.5 for the ensemble, 0.4, 0.3 and 0.2 for the others."""
    found = []
    for i, model in enumerate(MODELS):
        value = 0.5 - i / 10
        for lead in leads:
            for score in CONCENTRATION:
                found.append((model, "station", group, "pm25", np.nan, lead, score, value))
            for score in INDEX_SCORES:
                found.append((model, "city", group, "aqi", np.nan, lead, score, value))
            for threshold in (100, 150, 200, 300):
                for score in EVENTS:
                    found.append((model, "city", group, "aqi", threshold, lead, score, value))
    return found


@pytest.fixture(scope="module")
def scores():
    names = ["model", "place_kind", "group", "pollutant", "threshold", "lead", "score", "value"]
    rows = [
        *rows_of("all", [1, 2, "all"]),
        *rows_of("common", [1, 2]),
        *rows_of("level: 5", [1, 2, "all"]),
    ]
    table = pd.DataFrame(rows, columns=names)
    return table.assign(low=table["value"] - 0.11, high=table["value"] + 0.12, pairs=1234)


def widths(text):
    return max(len(line) for line in text.splitlines())


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_figure_stands_beside_references_pairs_and_interval(scores, capsys, lang):
    show_scores(scores, lang, simulated=True)
    shown = capsys.readouterr().out
    assert shown.count("50 (40/30)") >= 3 * 6  # level, range, primary, half-level, HJ 1130, POD
    assert "[39, 62]" in shown  # 100 x (0.5 - 0.11), 100 x (0.5 + 0.12)
    assert "1,234" in shown
    assert shown.count({"en": "SIMULATED data.", "zh": "【模拟数据】"}[lang]) == 6  # every table
    assert "0.5 / 50" in shown and "0.2 / 20" in shown  # the combination, and a member beside it


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_tables_fit_into_a_hundred_columns(scores, capsys, monkeypatch, lang):
    monkeypatch.setattr("forecast.cli.show.WIDTH", 100)
    show_scores(scores, lang, simulated=True)
    show_groups(scores, ["level"], [], lang, simulated=True)
    shown = capsys.readouterr().out
    rows = [line for line in shown.splitlines() if line.startswith("│")]
    assert rows and widths(shown) <= 100
    assert all(line.split("│")[1].strip() for line in rows)  # no cell runs over into another line


def test_chosen_scores_are_shown_by_lead_and_by_group(scores, capsys):
    show_chosen(scores, ["rmse", "pod"], "en", simulated=False)
    show_groups(scores, ["level"], ["rmse"], "en", simulated=False)
    shown = capsys.readouterr().out
    assert "station PM2.5: root mean square error (rmse; µg/m³; smaller is better)" in shown
    assert "city AQI > 200: probability of detection (pod; %; larger is better)" in shown
    assert "0.500" in shown and "0.200" in shown


def test_a_comparison_names_its_verdicts(capsys):
    table = pd.DataFrame(
        {
            **{"model": "ensemble", "reference": "persistence", "place_kind": "city"},
            **{"group": "common", "pollutant": "aqi", "threshold": np.nan, "lead": [1, 2]},
            **{"score": "level_accuracy", "value": [0.6, 0.4], "value_reference": [0.4, 0.41]},
            **{"difference": [0.2, -0.01], "low": [0.1, -0.04], "high": [0.3, 0.02]},
            **{"p": [0.0002, 0.5], "p_adjusted": [0.0004, 0.5], "pairs": 300},
            **{"verdict": ["better", "equal"]},
        }
    )
    show_comparison(table, [], "en", level=0.9, simulated="weather")
    shown = capsys.readouterr().out
    first, second = (line for line in shown.splitlines() if line.startswith("│"))
    assert [cell.strip() for cell in first.split("│")[1:-1]] == [
        *("1", "60", "40", "+20", "[10, 30]", "<0.001", "better", "300")
    ]
    assert [cell.strip() for cell in second.split("│")[1:-1]] == [
        *("2", "40", "41", "-1", "[-4, 2]", "0.500", "no difference", "300")
    ]
    assert "SIMULATED weather." in shown and "p is adjusted for testing many leads" in shown


def test_a_picture_is_written_whole(scores, tmp_path):
    how = {"lang": "en", "level": 0.9, "simulated": True}
    path = draw_scores(scores, [], tmp_path / "scores.png", **how)
    assert path.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert draw_scores(scores, ["ts"], tmp_path / "ts.pdf", **how).read_bytes()[:5] == b"%PDF-"


def test_pictures_that_cannot_be_drawn_are_refused_first(tmp_path, monkeypatch):
    with pytest.raises(ConfigError, match=r"a\.docx: expected a name that ends in \.png"):
        check_picture(tmp_path / "a.docx")
    real = builtins.__import__

    def without(name, *args, **options):
        if name.split(".")[0] == "matplotlib":
            raise ImportError(name)
        return real(name, *args, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtraError, match=r"pip install 'wubu\[report\]'"):
        check_picture(tmp_path / "a.png")
