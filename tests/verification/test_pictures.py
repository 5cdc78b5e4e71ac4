"""What pictures draw: the positions of points, bars and marks, worked by hand."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import verification as v
from verification.pictures.language import chinese_font, fold, pairs_text

LEADS = {"lead": [1, 2, 3]}


def title(ax):
    return ax.get_title(loc="left").splitlines()


def line(ax, label):
    return next(each for each in ax.get_lines() if each.get_label() == label)


def long_table(**columns):
    rows = {"model": "new", "lead": [1, 2, 3], "score": "mae", "pairs": [90, 80, 70]}
    values = {"value": [9.0, 12.0, 15.0], "low": [8.0, 10.0, 11.0], "high": [10.0, 14.0, 20.0]}
    return pd.DataFrame({**rows, **values, **columns})


# --- scores by lead


def test_by_lead_draws_values_intervals_and_the_perfect_value():
    old = long_table(model="persistence", value=20.0, low=np.nan, high=np.nan)
    ax = v.draw_by_lead(pd.concat([long_table(), old]), unit="µg/m³", level=0.9)
    new, reference = ax.containers
    # two models stand 0.12 apart: the first 0.06 to the left of its lead
    assert new.lines[0].get_xdata() == pytest.approx([0.94, 1.94, 2.94])
    assert new.lines[0].get_ydata().tolist() == [9.0, 12.0, 15.0]
    bars = [segment[:, 1].tolist() for segment in new.lines[2][0].get_segments()]
    assert bars == [[8.0, 10.0], [10.0, 14.0], [11.0, 20.0]]
    assert reference.lines[0].get_linestyle() == "--"
    assert new.lines[0].get_linestyle() == "-"
    assert line(ax, "perfect").get_ydata() == [0.0, 0.0]
    assert ax.get_ylabel() == "mean absolute error (µg/m³)"
    assert title(ax) == ["mean absolute error by lead", "70–90 pairs a lead; bars: 90% interval"]
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == ["new", "persistence", "perfect"]


def test_by_lead_takes_one_score_and_leaves_out_the_row_of_all_leads():
    table = pd.concat([long_table(), long_table(score="far", lead=["1", "2", "all"])])
    ax = v.draw_by_lead(table, "far", unit="µg/m³")
    assert ax.containers[0].lines[0].get_xdata().tolist() == [1.0, 2.0]
    assert ax.get_ylabel() == "false-alarm ratio"
    with pytest.raises(ValueError, match=r"name the score to draw, one of \['far', 'mae'\]"):
        v.draw_by_lead(table)
    with pytest.raises(ValueError, match="the table has no score 'ts'"):
        v.draw_by_lead(table, "ts")


def test_by_lead_refuses_two_rows_for_a_lead_and_missing_columns():
    with pytest.raises(ValueError, match="two rows for the model 'new' at lead 1"):
        v.draw_by_lead(pd.concat([long_table(group="a"), long_table(group="b")]))
    with pytest.raises(ValueError, match=r"lacks the columns \['low'\]"):
        v.draw_by_lead(long_table().drop(columns="low"))


def test_legend_has_rows_of_equal_length():
    old = long_table(model="persistence", value=20.0)
    older = long_table(model="climatology", value=30.0)
    legend = v.draw_by_lead(pd.concat([long_table(), old, older])).get_legend()
    # three models and the perfect value: two rows of two, not three and one
    assert len(legend.get_texts()) == 4
    columns = legend.get_children()[0].get_children()[1].get_children()
    assert [len(column.get_children()) for column in columns] == [2, 2]


# --- probabilities


@pytest.fixture
def probabilities():
    """Ten pairs of 0.2 with three events, ten of 0.7 with eight."""
    p = xr.DataArray(np.repeat([0.2, 0.7], 10), dims="x")
    event = xr.DataArray([1] * 3 + [0] * 7 + [1] * 8 + [0] * 2, dims="x")
    return v.reliability_sums(p, event)


def test_reliability_draws_points_bars_base_rate_and_histogram(probabilities):
    ax = v.draw_reliability(probabilities, event="AQI > 200", level=0.9)
    curve = ax.get_lines()[-1]
    assert curve.get_xdata() == pytest.approx([0.2, 0.7])
    assert curve.get_ydata() == pytest.approx([3 / 10, 8 / 10])
    assert line(ax, "climatology").get_ydata() == pytest.approx([11 / 20] * 2)
    # Binomial(10, 0.2): P(X ≤ 0) = .107 > .05, P(X ≤ 3) = .879, P(X ≤ 4) = .967: 0 to 4
    # Binomial(10, 0.7): P(X ≤ 3) = .011, P(X ≤ 4) = .047, P(X ≤ 5) = .150: 5 to 9
    bars = [segment[:, 1] for segment in ax.collections[0].get_segments()]
    assert np.concatenate(bars) == pytest.approx([0.0, 0.4, 0.5, 0.9])
    counts = [segment[1] for segment in ax.child_axes[0].collections[0].get_segments()]
    assert np.ravel(counts) == pytest.approx([0.2, 10, 0.7, 10])
    assert title(ax) == ["Reliability: AQI > 200", "20 pairs, 11 events"]


def test_reliability_counts_the_pairs_of_two_models_side_by_side(probabilities):
    ax = v.draw_reliability({"new": probabilities, "old": probabilities})
    bars = [lines.get_segments() for lines in ax.child_axes[0].collections]
    assert np.array(bars)[..., 0, 0] == pytest.approx(np.array([[0.19, 0.69], [0.21, 0.71]]))
    # the bars about the diagonal share their places: the second lies within the first
    first, second = (lines.get_linewidth()[0] for lines in ax.collections[:2])
    assert first > second


def test_reliability_refuses_kept_dimensions_and_other_sums(probabilities):
    with pytest.raises(ValueError, match=r"at most 0 kept dimensions, found \['lead'\]"):
        v.draw_reliability(probabilities.expand_dims(lead=2))
    with pytest.raises(ValueError, match="'reliability', found 'continuous' for 'old'"):
        v.draw_reliability({"old": v.continuous_sums(xr.DataArray(1.0), xr.DataArray(1.0))})
    with pytest.raises(ValueError, match="level must lie between 0 and 1"):
        v.draw_reliability(probabilities, level=1.5)


def test_roc_draws_the_curve_and_names_its_area(probabilities):
    ax = v.draw_roc({"new": probabilities, "other": probabilities})
    curve = next(each for each in ax.get_lines() if each.get_label().startswith("new"))
    # warned at 0.7: 8 of 11 events, 2 of 9 others; at 0.2 all
    points = {tuple(np.round(point, 6)) for point in curve.get_xydata()}
    assert points == {(0.0, 0.0), (round(2 / 9, 6), round(8 / 11, 6)), (1.0, 1.0)}
    area = (2 / 9) * (8 / 11) / 2 + (7 / 9) * (8 / 11 + 1) / 2
    assert curve.get_label() == f"new: area {area:.3f}"


def test_rank_histogram_draws_heights_over_the_expected_and_a_binomial_band():
    fcst = xr.DataArray(np.tile([1.0, 2.0, 3.0], (100, 1)), dims=("x", "member"))
    obs = xr.DataArray(np.repeat([0.5, 1.5, 2.5, 3.5], [50, 10, 10, 30]), dims="x")
    sums = v.rank_sums(fcst, obs)
    ax = v.draw_rank_histogram(sums, level=0.9)
    heights = [bar.get_height() for bar in ax.patches]
    assert heights == [50 / 25, 10 / 25, 10 / 25, 30 / 25]
    # Binomial(100, 1/4): the 5th and 95th percentiles are 18 and 32
    band = ax.collections[0].get_paths()[0].vertices[:, 1]
    assert (band.min(), band.max()) == (18 / 25, 32 / 25)
    assert ax.get_xlabel() == "rank of the observed value among 3 members"
    assert title(ax) == ["Rank histogram", "100 pairs"]


def test_pit_histogram_has_bars_as_wide_as_their_probability():
    fcst = xr.DataArray(
        np.tile([1.0, 2.0, 4.0], (8, 1)), {"quantile": [0.1, 0.5, 0.9]}, ("x", "quantile")
    )
    obs = xr.DataArray([0.0, 1.5, 1.5, 3.0, 3.0, 3.0, 5.0, 5.0], dims="x")
    ax = v.draw_rank_histogram(v.pit_sums(fcst, obs))
    assert [bar.get_width() for bar in ax.patches] == pytest.approx([0.1, 0.4, 0.4, 0.1])
    expected = [(1 / 8) / 0.1, (2 / 8) / 0.4, (3 / 8) / 0.4, (2 / 8) / 0.1]
    assert [bar.get_height() for bar in ax.patches] == pytest.approx(expected)


def test_spread_error_draws_the_expected_and_the_found_error():
    members = xr.DataArray(
        [[1.0, 3.0, 5.0], [2.0, 8.0, 14.0]], {"lead": [1, 2]}, ("lead", "member")
    )
    obs = xr.DataArray([8.0, 11.0], {"lead": [1, 2]}, ["lead"])
    ax = v.draw_spread_error(v.spread_sums(members, obs, keep="lead"), unit="µg/m³")
    # variances (4 + 0 + 4) / 2 = 4 and (36 + 0 + 36) / 2 = 36, times 4 / 3; errors 8 - 3, 11 - 8
    expected = np.array([[(4 * 4 / 3) ** 0.5, 5.0], [(36 * 4 / 3) ** 0.5, 3.0]])
    assert ax.get_lines()[-1].get_xydata() == pytest.approx(expected)
    assert [text.get_text() for text in ax.texts] == ["1", "2"]
    assert ax.get_ylabel() == "RMSE of the ensemble mean (µg/m³)"
    assert title(ax)[1] == "1 pair each, by lead (days)"
    binned = v.spread_error_sums(members, obs, edges=[3.0])
    ax = v.draw_spread_error({"new": binned})
    assert line(ax, "new").get_xydata() == pytest.approx(expected)
    with pytest.raises(ValueError, match="family 'spread', found 'continuous'"):
        v.draw_spread_error(v.continuous_sums(obs, obs))


# --- events and single values


def test_performance_draws_success_ratio_and_pod_by_lead():
    fcst = xr.DataArray([[1, 1, 0, 1, 0], [1, 0, 0, 1, 1], [0] * 5], LEADS, ("lead", "x"))
    obs = xr.DataArray([1, 1, 1, 0, 0], dims="x")
    ax = v.draw_performance(v.contingency_sums(fcst, obs, keep="lead"), event="AQI > 200")
    # lead 1: 2 hits, 1 miss, 1 false alarm; lead 2: 1 hit, 2 misses, 2 false alarms; lead 3:
    # no event is forecast, so the success ratio is undefined
    points = ax.get_lines()[-1].get_xydata()
    assert points == pytest.approx(np.array([[2 / 3, 2 / 3], [1 / 3, 1 / 3]]))
    assert [text.get_text() for text in ax.texts if text.get_text() in "123"][-2:] == ["1", "2"]
    assert title(ax)[:2] == ["Performance: AQI > 200", "5 pairs each, by lead (days)"]


def test_performance_background_holds_lines_of_equal_bias_and_ts():
    fcst = xr.DataArray([1, 1, 0], dims="x")
    ax = v.draw_performance(v.contingency_sums(fcst, fcst))
    rays = [each.get_xydata()[1] for each in ax.get_lines() if each.get_label() == "_bias"]
    assert [round(y / x, 6) for x, y in rays] == [0.3, 0.5, 0.8, 1.0, 1.3, 2.0, 3.0]
    curves = next(c for c in ax.collections if hasattr(c, "levels"))
    for ts, path in zip(curves.levels, curves.get_paths(), strict=True):
        sr, pod = path.vertices[np.isfinite(path.vertices).all(axis=1)].T
        assert 1 / (1 / sr + 1 / pod - 1) == pytest.approx(ts, abs=0.02)


def test_performance_takes_one_dimension_of_points():
    fcst = xr.DataArray([[120.0, 220.0, 90.0]] * 2, {"lead": [1, 2]}, ("lead", "x"))
    sums = v.exceedance_sums(fcst, fcst, [100.0, 200.0])
    ax = v.draw_performance(sums)
    assert ax.get_lines()[-1].get_xydata().tolist() == [[1.0, 1.0], [1.0, 1.0]]
    with pytest.raises(ValueError, match="joins points along one dimension"):
        v.draw_performance(v.exceedance_sums(fcst, fcst, [100.0, 200.0], keep="lead"))


def test_taylor_draws_the_polar_point_and_opens_for_negative_correlation():
    obs = xr.DataArray([-1.0, 1.0, -1.0, 1.0], dims="x")
    fcst = xr.DataArray([-2.0, 2.0, 0.0, 0.0], dims="x")
    # σ_F = √((4 + 4) / 4) = √2, σ_O = 1, r = ((2 + 2) / 4) / √2 = 1 / √2: 45°, at (1, 1)
    ax = v.draw_taylor({"new": v.continuous_sums(fcst, obs)})
    assert line(ax, "new").get_xydata() == pytest.approx(np.array([[1.0, 1.0]]))
    assert ax.get_xlim()[0] == 0
    ax = v.draw_taylor({"new": v.continuous_sums(-fcst, obs)})
    assert line(ax, "new").get_xydata() == pytest.approx(np.array([[-1.0, 1.0]]))
    assert ax.get_xlim()[0] < -1
    # the dotted arcs are about the observed point, with its distance as the centred error
    x, y = next(each for each in ax.get_lines() if each.get_label() == "_error").get_data()
    assert np.hypot(x - 1, y)[np.isfinite(x)] == pytest.approx(0.5)


def test_target_of_fairmode_has_the_mqi_as_distance_and_the_sign_of_the_larger_part():
    obs = xr.DataArray([[40.0, 60.0, 40.0, 60.0]] * 2, {"place": ["a", "b"]}, ("place", "x"))
    fcst = obs.copy()
    fcst[0] = 50 + 3 * (obs[0] - 50)  # deviation only: to the right
    fcst[1] = [60.0, 40.0, 60.0, 40.0]  # correlation only: to the left
    sums = v.fairmode_sums(fcst, obs, uncertainty="pm25", keep="place")
    ax = v.draw_target(sums)
    x, y = ax.get_lines()[-1].get_data()
    assert x[0] > 0 > x[1]
    assert np.hypot(x, y) == pytest.approx(v.mqi(sums).values)
    assert y == pytest.approx([0.0, 0.0])
    circles = [patch.get_radius() for patch in ax.patches]
    assert circles == [1.0, 0.5]
    assert title(ax)[:2] == ["Target diagram", "2 points, each 4 pairs"]
    assert title(ax)[2] == f"MQI at 90 %: {float(v.mqi_90(v.mqi(sums))):.2f}"


def test_target_names_the_points_outside_the_circle():
    obs = xr.DataArray([[10.0, 20.0, 30.0]] * 3, {"place": ["a", "b", "c"]}, ("place", "x"))
    offset = xr.DataArray([0.1, 40.0, -40.0], dims="place", coords=obs["place"].coords)
    ax = v.draw_target(v.continuous_sums(obs + offset, obs, keep="place"))
    assert sorted(text.get_text() for text in ax.texts) == ["b", "c"]
    sigma = np.std([10.0, 20.0, 30.0])
    assert ax.get_lines()[-1].get_ydata() == pytest.approx(np.array([0.1, 40, -40]) / sigma)
    assert ax.get_legend().get_texts()[0].get_text() == "33% in the circle"
    with pytest.raises(ValueError, match="family 'fairmode', found 'contingency'"):
        v.draw_target(v.contingency_sums(obs > 0, obs > 0))


def test_target_writes_names_outward_where_they_fit():
    # σ_O = √(2/3) · 10 = 8.165; a forecast that varies 1 + k times as much has x = k, y = 0
    obs = xr.DataArray([[10.0, 20.0, 30.0]] * 3, dims=("place", "x"))
    far = xr.DataArray([1.5, 1.1, -1.2], dims="place")
    fcst = (obs + far * (obs - 20)).assign_coords(place=["far", "near", "left"])
    fcst += xr.DataArray([0.0, 8.165, 0.0], dims="place")  # near at (1.1, 1)
    obs = obs.assign_coords(place=fcst["place"])
    ax = v.draw_target(v.continuous_sums(fcst, obs, keep="place"))
    sides = {text.get_text(): text.get_ha() for text in ax.texts}
    # "far" is 0.15 · 1.5 from the frame, too near for its name; "left" varies 0.2 times as much
    # and inversely, with the centred RMSE 1.2 σ_O to the left
    assert sides == {"far": "right", "near": "left", "left": "right"}


# --- levels and days


def test_level_table_writes_numbers_and_shares_in_the_official_colours():
    fcst = xr.DataArray([1, 1, 1, 2, 2, 6, 5], dims="x")
    obs = xr.DataArray([1, 1, 2, 2, 1, 6, 6], dims="x")
    ax = v.draw_level_table(v.level_table_sums(fcst, obs))
    cells = {text.get_position(): text.get_text().split() for text in ax.texts}
    assert cells[0, 0] == ["2", "67%"]  # observed 1, forecast 1: 2 of 3
    assert cells[0, 1] == ["1", "33%"]  # observed 1, forecast 2: above the diagonal
    assert cells[1, 0] == ["1", "50%"]
    assert cells[5, 4] == ["1", "50%"]
    assert cells[3, 3] == ["0"]  # level 4 was never observed: no share
    heads = [p for p in ax.patches if p.get_y() < -0.5 and p.get_width() == 1.0]
    colours = [tuple(round(255 * c) for c in p.get_facecolor()[:3]) for p in heads]
    official = [(0, 228, 0), (255, 255, 0), (255, 126, 0), (255, 0, 0), (153, 0, 76), (126, 0, 35)]
    assert colours == official
    # 4 of 7 equal; over: forecast 2 observed 1; under: (1, 2) and (5, 6)
    assert title(ax)[1] == "7 pairs: equal 57%, over 14%, under 29%"
    assert [t.get_text() for t in ax.get_xticklabels()][:2] == ["excellent", "good"]


def test_level_table_refuses_kept_dimensions_and_too_few_colours():
    level = xr.DataArray([[1, 2, 6]], {"lead": [1]}, ("lead", "x"))
    with pytest.raises(ValueError, match="reduce the sums with group_sums"):
        v.draw_level_table(v.level_table_sums(level, level, keep="lead"))
    with pytest.raises(ValueError, match="6 levels need as many colours, found 2"):
        v.draw_level_table(v.level_table_sums(level, level), colours=["red", "blue"])


@pytest.fixture
def days():
    return {"day": pd.date_range("2016-01-30", periods=4)}


def marks(ax, label):
    found = next(c for c in ax.collections if c.get_label() == label)
    return found.get_offsets().tolist()


def test_calendar_by_lead_marks_hits_misses_and_false_alarms(days):
    obs = xr.DataArray([5, 6, 2, 0], days, ["day"])
    fcst = xr.DataArray(
        [[5, 4, 5, 5], [1, 5, 2, np.nan]], {"lead": [1, 2], **days}, ("lead", "day")
    )
    ax = v.draw_hit_calendar(fcst, obs)
    # rows: lead 1 at 1.4, lead 2 at 2.4; the fourth day was not observed
    assert marks(ax, "hit") == [[0.0, 1.4], [1.0, 2.4]]
    assert marks(ax, "miss") == [[1.0, 1.4], [0.0, 2.4]]
    assert marks(ax, "false alarm") == [[2.0, 1.4]]
    forecast, observed = ax.collections[:2]
    assert len(forecast.get_paths()) == 7  # one forecast is missing
    assert len(observed.get_paths()) == 3
    red = (153 / 255, 0, 76 / 255, 1)
    assert forecast.get_facecolor()[0] == pytest.approx(red)
    assert title(ax) == [
        "Hits and misses: heavy and above",
        "6 pairs; hits 2, misses 2, false alarms 1",
    ]


def test_calendar_by_month_has_a_row_a_month(days):
    obs = xr.DataArray([5, 6, 2, 1], days, ["day"])
    fcst = xr.DataArray([5, 1, 5, 1], days, ["day"])
    ax = v.draw_hit_calendar(fcst, obs)
    # 30 and 31 January in the first row, 1 and 2 February in the second
    assert marks(ax, "hit") == [[30.0, 0.0]]
    assert marks(ax, "miss") == [[31.0, 0.0]]
    assert marks(ax, "false alarm") == [[1.0, -1.0]]
    assert [t.get_text() for t in ax.get_yticklabels()] == ["2016-01", "2016-02"]


def test_calendar_refuses_bad_input(days):
    obs = xr.DataArray([5, 6, 2, 1], days, ["day"])
    with pytest.raises(ValueError, match="level 7 has no colour or name"):
        v.draw_hit_calendar(obs + 1, obs)
    with pytest.raises(ValueError, match="'day' needs dates as labels"):
        v.draw_hit_calendar(obs.drop_vars("day"), obs.drop_vars("day"))
    with pytest.raises(ValueError, match="levels must be forecast by"):
        v.draw_hit_calendar(obs.expand_dims(place=2), obs)
    with pytest.raises(ValueError, match="dimension 'day' differs at position 0"):
        v.draw_hit_calendar(obs[1:], obs[:-1])


# --- places and processes


@pytest.fixture
def places():
    at = {"lon": ("place", [116.0, 118.0, 120.0]), "lat": ("place", [58.0, 60.0, 62.0])}
    return xr.DataArray([12.0, np.nan, -4.0], at, ["place"], name="bias")


def test_map_draws_points_missing_ones_and_a_scale_about_the_perfect_value(places):
    ax = v.draw_score_map(places, unit="µg/m³", pairs=xr.full_like(places, 365.0))
    assert ax.collections[-1].get_offsets().tolist() == [[116.0, 58.0], [120.0, 62.0]]
    assert ax.collections[-1].get_array().tolist() == [12.0, -4.0]
    assert line(ax, "_missing").get_xydata().tolist() == [[118.0, 60.0]]
    low, high = ax.collections[-1].get_clim()
    assert low == -high  # best nearest to 0
    assert ax.get_aspect() == pytest.approx(1 / np.cos(np.radians(60.0)))  # 2
    assert title(ax) == ["mean bias by place", "2 places, 365 pairs each"]
    assert ax.child_axes[0].get_ylabel() == "mean bias (µg/m³)"


def test_map_scale_has_a_point_at_an_end_beyond_which_there_are_values(places):
    def ends(limits):
        return v.draw_score_map(places.rename("mae"), limits=limits).collections[-1].colorbar.extend

    # the values are -4 and 12
    assert ends((-4, 12)) == "neither"
    assert ends((-3, 12)) == "min"
    assert ends((-9, 11)) == "max"
    assert ends((0, 9)) == "both"


def test_map_reads_outlines_from_arrays_and_geojson(places):
    border = [[116.0, 58.0], [118.0, 59.0], [120.0, 58.0]]
    square = {"type": "Polygon", "coordinates": [border, border[:2]]}
    collection = {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "geometry": square},
            {"type": "Feature", "geometry": {"type": "MultiPolygon", "coordinates": [[border]]}},
            {"type": "Feature", "geometry": {"type": "LineString", "coordinates": border}},
            {"type": "Feature", "geometry": None},
        ],
    }
    for outlines, lengths in (
        ([np.array(border)], [3]),
        ([border, border[:2]], [3, 2]),
        (np.array(border), [3]),
        (square, [3, 2]),
        (collection, [3, 2, 3, 3]),
    ):
        ax = v.draw_score_map(places, outlines=outlines)
        drawn = [each for each in ax.get_lines() if each.get_label() == "_outline"]
        assert [len(each.get_xdata()) for each in drawn] == lengths
        assert drawn[0].get_xydata().tolist() == border
    assert ax.get_xlim()[1] < 121  # the frame is that of the points


def test_map_refuses_places_without_a_position(places):
    with pytest.raises(ValueError, match="no coordinate 'lon' and none was given"):
        v.draw_score_map(places.drop_vars("lon"))
    with pytest.raises(ValueError, match="lat must lie within ±90 degrees"):
        v.draw_score_map(places.assign_coords(lat=("place", [0.0, 91.0, np.nan])))
    with pytest.raises(ValueError, match="one value a place"):
        v.draw_score_map(places.expand_dims(lead=2))


def process(start, end, peak_day, peak, peak_place, places):
    dates = {"start": start, "end": end, "peak_day": peak_day}
    row = {name: pd.Timestamp(f"2016-01-{day:02d}") for name, day in dates.items()}
    return {**row, "peak": peak, "peak_place": peak_place, "places": places}


def test_timeline_draws_bars_over_whole_days_and_marks_peaks():
    observed = pd.DataFrame([process(3, 5, 4, 312.0, "b", ("a", "b"))])
    forecast = pd.DataFrame([process(4, 4, 4, 250.4, "c", ("c",))])
    ax = v.draw_process_timeline(observed, forecast)
    day = pd.Timestamp("2016-01-01").toordinal() - pd.Timestamp("1970-01-01").toordinal()
    spans = [(bar.get_x() - day + 1, bar.get_width()) for bar in ax.patches]
    assert spans == [(3.0, 3.0), (3.0, 3.0), (4.0, 1.0)]
    # rows a, b, c at 0, -1, -2; observed 0.2 above the middle, forecast 0.2 below it
    middles = [bar.get_y() + bar.get_height() / 2 for bar in ax.patches]
    assert middles == pytest.approx([0.2, -0.8, -2.2])
    peaks = [each.get_xydata()[0] for each in ax.get_lines() if each.get_label() == "_peak"]
    assert np.array(peaks) - [day - 1, 0] == pytest.approx(np.array([[4.5, -0.8], [4.5, -2.2]]))
    assert [text.get_text() for text in ax.texts] == ["312", "250"]
    assert title(ax)[1] == "1 observed, 1 forecast"
    with pytest.raises(ValueError, match=r"forecast processes lacks the columns \['places'\]"):
        v.draw_process_timeline(observed, forecast.drop(columns="places"))


def test_timeline_writes_a_peak_to_the_left_where_the_next_one_or_the_frame_is_near():
    days = (2, 9, 10, 11, 20, 31)
    observed = pd.DataFrame([process(d, d, d, 200.0 + d, "a", ("a",)) for d in days])
    ax = v.draw_process_timeline(observed, observed[:0])
    # 30 days with a margin of 4 % on both sides, 32.4 days over 0.775 · 5.5 = 4.26 inches: a
    # number of 0.27 inches takes 2.05 days. 9 has 10 on its right; so has 10, but 9 on its left
    sides = {text.get_text(): text.get_ha() for text in ax.texts}
    assert {name for name, side in sides.items() if side == "right"} == {"209", "231"}
    assert len(sides) == 6


def test_timeline_by_region_has_a_row_a_region():
    observed = pd.DataFrame([process(3, 5, 4, 312.0, "b", ("a", "b", "c"))])
    ax = v.draw_process_timeline(observed, observed[:0], regions={"a": "north", "b": "north"})
    assert [t.get_text() for t in ax.get_yticklabels()] == ["c", "north"]
    assert len(ax.patches) == 2


def test_scorecard_colours_only_what_is_significant():
    table = pd.DataFrame(
        {"lead": [1, 2, 3, 4], "verdict": ["better", "worse", "equal", "undefined"], "score": "mae"}
    ).assign(skill=[25.0, -8.04, 0.4, np.nan], difference=[-2.0, 0.51, 0.1, np.nan])
    table = table.assign(p_adjusted=0.5, model="new", reference="old", pairs=90)
    ax = v.draw_scorecard(table)
    fields = {p.get_x() + 0.5: p.get_facecolor() for p in ax.patches}
    assert sorted(fields) == [0.0, 1.0, 2.0]  # undefined stays blank
    assert len(set(fields.values())) == 3
    markers = [each.get_marker() for each in ax.get_lines()]
    assert markers == ["^", "v"]
    assert [text.get_text() for text in ax.texts] == ["+25", "−8.0", "+0.4"]
    assert title(ax) == ["Scorecard: new against old", "90 pairs a field", "numbers: skill (%)"]
    both = pd.concat([table, table.assign(model="newer")])
    assert title(v.draw_scorecard(both))[0] == "Scorecard: against old"
    ax = v.draw_scorecard(table, numbers="difference")
    assert [text.get_text() for text in ax.texts] == ["−2.0", "+0.51", "+0.10"]
    with pytest.raises(ValueError, match="numbers must be 'skill' or 'difference'"):
        v.draw_scorecard(table, numbers="value")
    with pytest.raises(ValueError, match="has no rows"):
        v.draw_scorecard(table[:0])


# --- words


def test_titles_fold_at_spaces_and_between_chinese_characters():
    assert fold("one two three", 7) == ["one two", "three"]
    assert fold("预报评分，准确", 8) == ["预报评分，", "准确"]  # a comma does not begin a line
    assert fold("a\nb", 9) == ["a", "b"]


def test_pairs_text_says_one_number_or_a_span():
    assert pairs_text(1, "en") == "1 pair"
    assert pairs_text([1200, 900], "en", "a lead") == "900–1,200 pairs a lead"
    assert pairs_text([5.0, np.nan], "zh", "每格") == "每格样本数 5"
    assert pairs_text([], "en") == "0 pairs"


def test_chinese_font_can_write_chinese():
    name = chinese_font()
    if name is None:
        pytest.skip("no Chinese font here")
    from matplotlib import font_manager

    face = font_manager.get_font(font_manager.findfont(name, fallback_to_default=False))
    assert all(face.get_char_index(ord(c)) for c in "严重污染过程")
