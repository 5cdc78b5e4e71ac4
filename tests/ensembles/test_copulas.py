"""ECC, Gaussian copula and independence: ranks by hand, and dependence against a known truth."""

import numpy as np
import pytest
import scipy.stats
import scoringrules
from sklearn.covariance import ledoit_wolf as oracle

from ensembles import LEVELS, scenario_template, schaake_shuffle
from ensembles.copulas import (
    ecc_ranks,
    gaussian_ranks,
    independent_ranks,
    ledoit_wolf,
    normal_scores,
)

LEADS, PLACES, SCENARIOS = 3, 4, 49


def world(count, seed):
    """Standard normal trajectories, correlated .8 from lead to lead and .7 between places."""
    rng = np.random.default_rng(seed)
    shared, own = (rng.standard_normal((count, LEADS, n)) for n in (1, PLACES))
    noise = np.sqrt(0.7) * shared + np.sqrt(0.3) * own
    out = np.empty_like(noise)
    out[:, 0] = noise[:, 0]
    for k in range(1, LEADS):
        out[:, k] = 0.8 * out[:, k - 1] + 0.6 * noise[:, k]
    return out[..., None]


def is_permutation(ranks):
    return (np.sort(ranks, axis=0) == np.arange(len(ranks)).reshape(-1, 1, 1, 1)).all()


def test_ecc_follows_the_members_by_hand():
    members = np.array([[5.0, 1.0], [2.0, 9.0], [7.0, 4.0]]).reshape(3, 2, 1, 1)
    found = ecc_ranks(members, 3, seed=1)
    np.testing.assert_array_equal(found[:, :, 0, 0], [[1, 0], [0, 2], [2, 1]])
    # six scenarios of three members: copies stand beside each other
    twice = ecc_ranks(members, 6, seed=1)
    np.testing.assert_array_equal(twice[:, :, 0, 0] // 2, np.repeat(found[:, :, 0, 0], 2, axis=0))
    assert is_permutation(twice)


def test_ecc_takes_an_even_choice_of_many_members():
    members = np.arange(10.0).reshape(10, 1, 1, 1)
    # scenarios follow members 0, 2, 5, 7: in this order
    np.testing.assert_array_equal(ecc_ranks(members, 4, seed=1).ravel(), [0, 1, 2, 3])
    members[5] = -1
    np.testing.assert_array_equal(ecc_ranks(members, 4, seed=1).ravel(), [1, 2, 0, 3])


def test_normal_scores_are_those_of_scipy():
    values = np.random.default_rng(1).gamma(2, 3, (40, 2, 2, 1))
    expected = scipy.stats.norm.ppf((scipy.stats.rankdata(values, axis=0) - 0.5) / 40)
    np.testing.assert_allclose(normal_scores(values, seed=1), expected, atol=1e-5)
    values[:30, 0, 0] = np.nan
    found = normal_scores(values, seed=1)
    assert (found[:30, 0, 0] == 0).all()
    ten = scipy.stats.norm.ppf((np.arange(10) + 0.5) / 10)
    np.testing.assert_allclose(np.sort(found[30:, 0, 0], axis=0)[:, 0], ten, atol=1e-5)


def test_shrinkage_is_that_of_scikit_learn():
    """Its target is the identity times the mean variance, which is 1 for standardised columns."""
    scores = world(60, seed=2).reshape(60, -1)
    scores /= np.sqrt((scores**2).mean(axis=0))
    assert ledoit_wolf(scores) == pytest.approx(oracle(scores, assume_centered=True)[1], rel=1e-6)
    noise = np.random.default_rng(3).standard_normal((60, 12))
    noise /= np.sqrt((noise**2).mean(axis=0))
    assert ledoit_wolf(noise) > 3 * ledoit_wolf(scores)
    assert ledoit_wolf(np.zeros((5, 0))) == 1


@pytest.mark.parametrize("shrinkage", [0.0, 0.5, 1.0])
def test_gaussian_copula_has_the_shrunk_correlation(shrinkage):
    history = world(400, seed=4)
    ranks = gaussian_ranks(history, 4000, seed=5, shrinkage=shrinkage)
    scores = normal_scores(history, seed=5).reshape(400, -1)
    expected = (1 - shrinkage) * np.corrcoef(scores.T)
    np.fill_diagonal(expected, 1)
    # Spearman's coefficient of a normal pair: 6/π · asin(ρ/2)
    found = np.corrcoef(ranks.reshape(4000, -1).T.astype(float))
    np.testing.assert_allclose(found, 6 / np.pi * np.arcsin(expected / 2), atol=0.08)
    assert is_permutation(ranks)


def test_missing_past_of_a_place():
    history = world(300, seed=6)
    history[:, :, 1] = np.nan
    history[::2, :, 2] = np.nan
    ranks = gaussian_ranks(history, 2000, seed=7, shrinkage=0.0)
    found = np.corrcoef(ranks.reshape(2000, LEADS, PLACES)[:, 0].T.astype(float))
    assert np.abs(found[1, [0, 2, 3]]).max() < 0.1  # nothing known: on its own
    assert found[0, 3] > 0.6
    assert found[0, 2] > 0.35  # half known
    assert is_permutation(ranks)
    assert is_permutation(gaussian_ranks(np.full((5, 2, 2, 1), np.nan), 8, seed=1))


def test_same_seed_same_ranks():
    history = world(50, seed=8)
    for make in (
        lambda s: gaussian_ranks(history, 30, s),
        lambda s: ecc_ranks(history[:7], 30, s),
        lambda s: independent_ranks((30, 2, 2, 1), s),
    ):
        np.testing.assert_array_equal(make(1), make(1))
        assert (make(1) != make(2)).any()
        assert make(1).dtype == np.int16


def test_independent_ranks_have_no_correlation():
    ranks = independent_ranks((5000, 2, 2, 1), seed=1)
    assert is_permutation(ranks)
    correlation = np.corrcoef(ranks.reshape(5000, 4).T.astype(float))
    assert np.abs(correlation - np.eye(4)).max() < 0.06


def test_what_cannot_be_is_refused():
    empty = np.zeros((0, 1, 1, 1))
    with pytest.raises(ValueError, match="at least one member and one scenario, found 0 and 5"):
        ecc_ranks(empty, 5, seed=1)
    with pytest.raises(ValueError, match="at least one trajectory and one scenario, found 0 and 5"):
        gaussian_ranks(empty, 5, seed=1)
    with pytest.raises(ValueError, match=r"shrinkage within 0 … 1, found 1.5"):
        gaussian_ranks(world(5, seed=1), 5, seed=1, shrinkage=1.5)


@pytest.fixture(scope="module")
def judged():
    """Of each template: mean variogram score, and ranks of 3-lead maxima and of place means."""
    issues = 400
    truth = world(issues, seed=10)
    marginal = np.broadcast_to(
        scipy.stats.norm.ppf(LEVELS).astype(np.float32), (LEADS, PLACES, 1, 99)
    )
    history = world(300, seed=11)
    members = world(issues * SCENARIOS, seed=12).reshape(issues, SCENARIOS, *truth.shape[1:])
    templates = {
        "Schaake": lambda i: scenario_template(
            history[np.random.default_rng(i).choice(300, SCENARIOS, replace=False)], i
        ),
        "ECC": lambda i: ecc_ranks(members[i], SCENARIOS, i),
        "Gaussian": lambda i: gaussian_ranks(history, SCENARIOS, i),
        "independent": lambda i: independent_ranks((SCENARIOS, *truth.shape[1:]), i),
    }
    rng = np.random.default_rng(13)

    def rank(value, scenarios):
        ties = rng.random()
        return int((scenarios < value).sum() + ties * (scenarios == value).sum())

    found = {}
    for name, make in templates.items():
        scores, maxima, means = [], [], []
        for i in range(issues):
            joint = schaake_shuffle(marginal, make(i))[..., 0]
            flat = joint.reshape(SCENARIOS, -1)
            scores.append(scoringrules.vs_ensemble(truth[i].ravel(), flat, p=0.5))
            maxima.append(rank(truth[i, :, 0, 0].max(), joint[:, :, 0].max(axis=1)))
            means.append(rank(truth[i, 1].mean(), joint[:, 1].mean(axis=1)))
        found[name] = (np.mean(scores), maxima, means)
    return found


def flatness(ranks):
    """p-value of the χ² test that all fifths of the ranks are as likely.

    No finer: the scenarios hold evenly spread quantiles of each margin, not random draws of it, so
    the outermost ranks of a maximum are not exactly as likely as the others.
    """
    return scipy.stats.chisquare(np.bincount(np.array(ranks) // 10, minlength=5)).pvalue


@pytest.mark.parametrize("name", ["Schaake", "ECC", "Gaussian"])
def test_right_dependence_is_calibrated(judged, name):
    score, maxima, means = judged[name]
    assert score < 0.9 * judged["independent"][0]
    assert flatness(maxima) > 0.005
    assert flatness(means) > 0.005


def test_independent_shuffling_is_not(judged):
    _, maxima, means = judged["independent"]
    assert flatness(maxima) < 1e-4  # too high: the largest of three unrelated days
    assert np.mean(maxima) < 0.9 * SCENARIOS / 2
    assert flatness(means) < 1e-4  # too narrow: unrelated places cancel
    assert np.mean(np.isin(np.array(means) // 10, [0, 4])) > 0.6
