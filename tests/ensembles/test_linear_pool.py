"""Linear pool: against the exact mixture, and weights against a search."""

import numpy as np
import pytest
import scipy.stats
import scoringrules

from ensembles.averaging import average, averaging_weights
from ensembles.distribution import LEVELS
from ensembles.linear_pool import mix, pool_weights

NORMAL = scipy.stats.norm.ppf(LEVELS)


def test_one_member_stays_as_it_is():
    q = np.sort(np.random.default_rng(1).gamma(3, 20, (1, 50, 99)), axis=-1).astype(np.float32)
    found = mix(q, np.full((1, 50), 0.3))
    np.testing.assert_allclose(found, q[0], rtol=1e-6)
    assert found.dtype == np.float32


def test_same_distribution_twice_stays_as_it_is():
    q = np.tile(100 * LEVELS, (2, 1, 1))
    np.testing.assert_allclose(mix(q, np.array([[0.2], [0.8]]))[0], q[0, 0], atol=0.51)


@pytest.mark.parametrize("apart", [0.0, 1.0, 3.0])
def test_mixture_of_normals(apart):
    """The exact distribution function at the quantiles found is their level."""
    weights = np.array([0.5, 0.3, 0.2])
    centres, spreads = np.array([-apart, 0, apart]), np.array([1.0, 2.0, 0.5])
    q = (centres[:, None] + spreads[:, None] * NORMAL)[:, None, :]
    found = mix(q, weights[:, None])[0]
    exact = (weights * scipy.stats.norm.cdf((found[:, None] - centres) / spreads)).sum(axis=1)
    np.testing.assert_allclose(exact, LEVELS, atol=0.006)
    assert (np.diff(found) >= 0).all()


def test_missing_members_weigh_nothing(monkeypatch):
    rng = np.random.default_rng(2)
    q = rng.normal(50, 20, (3, 40, 1)) + 10 * NORMAL
    weights = rng.dirichlet(np.ones(3), 40).T
    full = mix(q, weights)
    holed, without = q.copy(), weights.copy()
    holed[1, 10:20] = np.nan
    without[1, 10:20] = 0
    found = mix(holed, weights)
    np.testing.assert_array_equal(found, mix(q, without))
    np.testing.assert_array_equal(found[:10], full[:10])
    assert (found[10:20] != full[10:20]).any()
    holed[:, 5] = np.nan
    assert np.isnan(mix(holed, weights)[5]).all()
    monkeypatch.setattr("ensembles.linear_pool.CHUNK", 7)
    np.testing.assert_array_equal(mix(q, weights), full)


def test_pool_weights_equal_a_search_over_all():
    rng = np.random.default_rng(3)
    heavy = rng.random(400) < 0.3
    y = np.where(heavy, 80, 20) + 5 * rng.standard_normal(400)
    level = (np.arange(25) + 0.5) / 25
    atoms = np.stack([np.tile(c + 5 * scipy.stats.norm.ppf(level), (400, 1)) for c in (20, 80)])

    def score(w):
        both = atoms.transpose(1, 0, 2).reshape(400, 50)
        mass = np.tile(np.repeat([w, 1 - w], 25) / 25, (400, 1))
        return scoringrules.crps_ensemble(y, both, ens_w=mass, estimator="nrg").mean()

    share = np.linspace(0, 1, 101)
    best = share[np.argmin([score(w) for w in share])]
    assert 0.6 < best < 0.8
    np.testing.assert_allclose(pool_weights(atoms, y), [best, 1 - best], atol=0.006)


def test_average_by_hand():
    q = np.array([[[0.0, 4.0], [1.0, 2.0]], [[10.0, 10.0], [np.nan, np.nan]]])
    found = average(q, np.array([[1.0, 0.5], [3.0, 0.5]]))
    # (1·0 + 3·10)/4, (1·4 + 3·10)/4; alone in the second case
    np.testing.assert_allclose(found, [[7.5, 8.5], [1, 2]])
    q[0, 1] = np.nan
    assert np.isnan(average(q, np.ones((2, 2)))[1]).all()


def test_averaging_weights_find_the_exact_mean():
    rng = np.random.default_rng(4)
    q = rng.normal(50, 10, (3, 300, 1)) + np.zeros(3)
    y = 0.2 * q[0, :, 0] + 0.8 * q[2, :, 0]
    found = averaging_weights(q, y, np.array([0.25, 0.5, 0.75]))
    np.testing.assert_allclose(found, [0.2, 0, 0.8], atol=2e-3)
