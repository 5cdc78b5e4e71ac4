"""Dressing: errors by lead and class of the point forecast."""

import numpy as np

from ensembles.distribution import LEVELS
from ensembles.members.dressing import fit_dressing


def test_classes_and_quantiles_by_hand():
    # points 1 … 300 in random order; errors are −1, 0, 1 below 61 (the first fifth) and 10 above
    point = np.random.default_rng(1).permutation(np.arange(1.0, 301)).reshape(300, 1, 1)
    error = np.where(point < 61, point % 3 - 1, 10)
    dressing = fit_dressing(point, point + error)
    np.testing.assert_allclose(dressing.centres[0], [30.5, 90.5, 150.5, 210.5, 270.5])
    np.testing.assert_allclose(
        dressing.table[0, 0], np.quantile([-1, 0, 1] * 20, LEVELS), atol=1e-5
    )
    np.testing.assert_allclose(dressing.table[0, 1:], 10, atol=1e-4)
    # at a centre its own errors, halfway between two the middle, beyond the ends those of the end
    found = dressing.apply(np.array([[[30.5, 60.5, 1.0, 400.0, np.nan]]]), [0])[0, 0]
    assert found.dtype == np.float32
    np.testing.assert_allclose(found[:4, 49], [30.5, 60.5 + 5, 1.0, 410], atol=1e-4)
    np.testing.assert_allclose(found[:4, 89], [31.5, 60.5 + 5.5, 2.0, 410], atol=1e-4)
    assert np.isnan(found[4]).all()


def test_few_errors_make_one_class_and_none_make_none():
    point = np.arange(59.0).reshape(59, 1, 1)
    two = np.concatenate([point, point * np.nan], axis=1)
    dressing = fit_dressing(two, two + np.linspace(-1, 1, 59).reshape(59, 1, 1))
    np.testing.assert_allclose(
        dressing.table[0], np.tile(np.quantile(np.linspace(-1, 1, 59), LEVELS), (5, 1)), atol=1e-6
    )
    assert np.isnan(dressing.table[1]).all()
    found = dressing.apply(np.full((1, 2, 1), 7.0), [0, 1])
    np.testing.assert_allclose(found[0, 0, 0, [24, 49, 74]], [6.5, 7, 7.5], atol=1e-5)
    assert np.isnan(found[0, 1]).all()


def test_equal_points_are_one_class():
    value = np.random.default_rng(2).normal(size=(200, 1, 1))
    found = fit_dressing(np.full((200, 1, 1), 2.0), value).apply(np.full((1, 1, 1), 2.0), [0])
    assert np.isfinite(found).all()
    assert (np.diff(found, axis=-1) >= 0).all()
