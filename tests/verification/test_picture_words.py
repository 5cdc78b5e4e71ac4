"""Every picture in both languages, with and without a Chinese font, on axes of its own or given."""

import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import verification as v
from verification.pictures import language, style

PLACES = ["北京", "天津", "保定"]
DAYS = {"day": pd.date_range("2016-01-01", periods=40)}


def single_values():
    rng = np.random.default_rng(4)
    coords = {"lead": [1, 2, 3], "place": PLACES}
    obs = xr.DataArray(rng.gamma(4, 25, (40, 3, 3)), coords, ("issue", "lead", "place"))
    return obs * rng.uniform(0.6, 1.6, obs.shape), obs


FCST, OBS = single_values()
LEVEL = xr.DataArray(np.arange(40) % 6 + 1, DAYS, ["day"])
BINS = v.reliability_sums((FCST / FCST.max()), OBS > 100)


def score_table():
    rows = {"model": "m", "lead": [1, 2], "score": "mae", "pairs": 40, "value": [9.0, 12.0]}
    return pd.DataFrame(rows).assign(low=[8.0, 10.0], high=[10.0, 14.0])


def contest():
    rows = {"model": "m", "reference": "r", "lead": [1, 2], "score": "rmse", "pairs": 40}
    numbers = {"skill": [20.0, -1.0], "difference": [-2.0, 0.1], "p_adjusted": [0.01, 0.6]}
    return pd.DataFrame({**rows, **numbers, "verdict": ["better", "equal"]})


def processes():
    day = pd.Timestamp("2016-01-03")
    row = {"start": day, "end": day, "peak_day": day, "peak": 310.0, "peak_place": PLACES[0]}
    return pd.DataFrame([{**row, "places": tuple(PLACES)}])


def score_map():
    at = {"lon": ("place", [116.4, 117.2, 115.5]), "lat": ("place", [39.9, 39.1, 38.9])}
    return xr.DataArray([1.0, 2.0, 4.0], at, ["place"], name="mae")


MEMBERS = FCST * xr.DataArray(np.linspace(0.7, 1.3, 10), dims="member")
LEADS = v.continuous_sums(FCST, OBS, keep="lead")
STATIONS = v.fairmode_sums(FCST, OBS, uncertainty="pm25", keep="place")
EVENTS = v.contingency_sums(FCST > 100, OBS > 100, keep="lead")

PICTURES = {
    "by lead": lambda **o: v.draw_by_lead(score_table(), **o),
    "calendar by lead": lambda **o: v.draw_hit_calendar(LEVEL.expand_dims(lead=3), LEVEL, **o),
    "calendar by month": lambda **o: v.draw_hit_calendar(LEVEL, LEVEL, **o),
    "level table": lambda **o: v.draw_level_table(v.level_table_sums(LEVEL, LEVEL), **o),
    "map": lambda **o: v.draw_score_map(score_map(), **o),
    "performance": lambda **o: v.draw_performance({"a": EVENTS}, **o),
    "ranks": lambda **o: v.draw_rank_histogram(v.rank_sums(MEMBERS, OBS), **o),
    "reliability": lambda **o: v.draw_reliability(BINS, event="AQI > 100", **o),
    "roc": lambda **o: v.draw_roc(BINS, event="AQI > 100", **o),
    "scorecard": lambda **o: v.draw_scorecard(contest(), **o),
    "spread": lambda **o: v.draw_spread_error(v.spread_sums(MEMBERS, OBS, keep="lead"), **o),
    "target": lambda **o: v.draw_target(STATIONS, **o),
    "taylor": lambda **o: v.draw_taylor({"a": LEADS}, **o),
    "timeline": lambda **o: v.draw_process_timeline(processes(), processes(), **o),
}


@pytest.fixture(params=sorted(PICTURES))
def draw(request):
    return PICTURES[request.param]


@pytest.fixture(params=["as installed", "none"])
def font(request, monkeypatch):
    """The Chinese font: what this machine has, or none at all."""
    if request.param == "none":
        for module in (language, style):
            monkeypatch.setattr(module, "chinese_font", lambda: None)
        return None
    return language.chinese_font()


def texts(ax):
    from matplotlib.text import Text

    found = [t.get_text() for each in (ax, *ax.child_axes) for t in each.findobj(Text)]
    return "".join(found)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_picture_is_whole_and_every_character_has_a_glyph(draw, font, lang):
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a missing glyph is a warning
        ax = draw(lang=lang, simulated=True)
        canvas = FigureCanvasAgg(ax.figure)
        canvas.draw()
    spoken = "zh" if lang == "zh" and font else "en"
    assert v.picture_language(lang) == spoken
    mark = {"en": "[SIMULATED DATA] ", "zh": "【模拟数据】"}[spoken]
    assert ax.get_title(loc="left").startswith(mark)
    if font is None:
        assert not any(ord(c) >= 0x2E80 for c in texts(ax))
    # nothing of it lies outside the figure (in pixels, with one to spare for line widths)
    box, whole = ax.get_tightbbox(canvas.get_renderer()), ax.figure.bbox
    assert box.x0 >= -2 and box.y0 >= -2
    assert box.x1 <= whole.x1 + 2 and box.y1 <= whole.y1 + 2


def test_picture_is_drawn_on_the_axes_given_under_the_title_given(draw):
    from matplotlib.figure import Figure

    ax = Figure(figsize=(6, 5)).add_subplot()
    assert draw(ax=ax, title="Plain 2015", simulated="weather") is ax
    assert ax.get_title(loc="left").startswith("[SIMULATED WEATHER] Plain 2015")
    assert "SIMULATED" not in draw().get_title(loc="left")


def test_picture_refuses_an_unknown_language(draw):
    with pytest.raises(ValueError, match="unknown language 'fr', expected 'en' or 'zh'"):
        draw(lang="fr")


def test_places_without_a_font_become_numbers(monkeypatch):
    monkeypatch.setattr(language, "chinese_font", lambda: None)
    assert language.legible(["Wuhan", *PLACES[:2]]) == ["Wuhan", "#2", "#3"]


def test_missing_matplotlib_is_one_sentence_with_the_command(draw, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.font_manager", None)
    language.chinese_font.cache_clear()
    with pytest.raises(ImportError, match=r"pip install 'wubu\[report\]'"):
        draw()
    language.chinese_font.cache_clear()


def test_pyplot_is_never_imported_and_settings_stay():
    code = """
import io
import sys
import matplotlib
import xarray as xr
settings = lambda: {k: matplotlib.rcParams[k] for k in matplotlib.rcParams if k != "backend"}
before = settings()  # to ask for the backend would import pyplot
from verification import contingency_sums, draw_performance
event = xr.DataArray([1, 0, 1], dims="x")
draw_performance(contingency_sums(event, event), lang="zh").figure.savefig(io.BytesIO())
print("matplotlib.pyplot" in sys.modules, settings() == before)
"""
    folder = Path(v.__file__).parents[1]
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=folder, check=True
    )
    assert run.stdout.split() == ["False", "True"]
