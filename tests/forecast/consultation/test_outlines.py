"""Outlines of the user's own: what is read, thinned and refused."""

from __future__ import annotations

import json

import pytest

from forecast.consultation.products.outlines import read_outlines
from forecast.errors import InputError


def written(tmp_path, content):
    path = tmp_path / "o.geojson"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_lines_of_every_kind(tmp_path):
    ring = [[0, 0], [10, 0], [10, 10], [0, 0]]
    geometries = [
        {"type": "LineString", "coordinates": [[1, 2, 99], [3.456, 4]]},
        {"type": "MultiLineString", "coordinates": [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]},
        {"type": "Polygon", "coordinates": [ring]},
        {"type": "MultiPolygon", "coordinates": [[ring], [ring]]},
        {"type": "Point", "coordinates": [1, 2]},
    ]
    features = [{"type": "Feature", "geometry": g} for g in (*geometries[:3], None)]
    collection = {"type": "GeometryCollection", "geometries": geometries[3:]}
    features.append({"type": "Feature", "geometry": collection})
    found = read_outlines(written(tmp_path, {"type": "FeatureCollection", "features": features}))
    assert found[0] == [[1, 2], [3.46, 4]]  # heights are dropped, degrees rounded
    assert found[1:3] == [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]
    assert found[3:] == [ring, ring, ring]


def test_near_points_are_left_out_but_not_the_last(tmp_path):
    line = [[k / 100, 0] for k in range(6)]
    found = read_outlines(written(tmp_path, {"type": "LineString", "coordinates": line}))
    assert found == [[[0, 0], [0.02, 0], [0.04, 0], [0.05, 0]]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "expected GeoJSON of lines or polygons"),
        ("[]", "expected GeoJSON"),
        ('{"type": "Point", "coordinates": [1, 2]}', "expected GeoJSON .* found none"),
        ('{"type": "LineString", "coordinates": [[1, 2], ["x", 3]]}', "expected GeoJSON"),
        ('{"type": "LineString", "coordinates": [[1, 2], [3, 91]]}', "no longitude and latitude"),
        ('{"type": "LineString", "coordinates": [[1, 2], [NaN, 3]]}', "no longitude and latitude"),
        ("[" * 100_000, "expected GeoJSON"),
    ],
)
def test_what_is_no_outline_is_refused(tmp_path, content, message):
    with pytest.raises(InputError, match=rf"o\.geojson: .*{message}|o\.geojson: {message}"):
        read_outlines(written(tmp_path, content))


def test_too_many_points(tmp_path):
    line = [[k % 100, k % 2] for k in range(40_001)]
    with pytest.raises(InputError, match="40,001 points after thinning"):
        read_outlines(written(tmp_path, {"type": "LineString", "coordinates": line}))


def test_no_file(tmp_path):
    with pytest.raises(InputError, match=r"o\.geojson: no such file of outlines"):
        read_outlines(tmp_path / "o.geojson")
