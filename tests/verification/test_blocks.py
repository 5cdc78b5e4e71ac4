"""Length of blocks."""

import numpy as np
import pytest
from persistent_series import ar1

from verification import block_length
from verification.inference.blocks import persistent_block


@pytest.mark.parametrize(
    ("days", "length"),
    # The cube root rounded up, at least 10; 27³ = 19683, whose root in floats is 27 and a bit.
    [(30, 10), (365, 10), (1000, 10), (1001, 11), (8000, 20), (8001, 21), (19683, 27)],
)
def test_default_block_length(days, length):
    assert block_length(days) == length


@pytest.mark.parametrize(
    ("coefficient", "days", "length"),
    [
        # For r^k, G/g = 2 r / (1 - r²); (3/2 (G/g)² n)^(1/3), then to the nearest of
        # block_length · 2^(i/2).
        (0.5, 365, 10),  # (1.5 · 1.333² · 365)^(1/3) = 9.9; 10
        (0.5, 4000, 23),  # 22.0 of 16, 23, 32
        (0.8, 365, 20),  # 22.1 of 10, 14, 20, 28
        (0.8, 4000, 45),  # 49.1 of 16, 23, 32, 45, 64
    ],
)
def test_length_for_a_first_order_autoregression(coefficient, days, length):
    series = ar1(np.random.default_rng(0), coefficient, (60, days)).T
    assert persistent_block(series - series.mean(axis=0)) == length


@pytest.mark.parametrize("seed", range(5))
def test_length_by_the_formula_of_politis_and_white(seed):
    days = 1000
    x = ar1(np.random.default_rng(seed), 0.9, (1, days)).T
    x -= x.mean()
    r = np.correlate(x[:, 0], x[:, 0], "full")[days - 1 :] / (x**2).sum()
    limit = 2 * (np.log10(days) / days) ** 0.5
    # The last lag before five that are all within the limit.
    last = next(m for m in range(1, days) if (abs(r[m + 1 : m + 6]) < limit).all())
    flat_top = [1.0 if k <= last else 2 - k / last for k in range(2 * last + 1)]
    g = 1 + 2 * sum(flat_top[k] * r[k] for k in range(1, 2 * last + 1))
    big_g = 2 * sum(flat_top[k] * k * r[k] for k in range(1, 2 * last + 1))
    length = (1.5 * (big_g / g) ** 2 * days) ** (1 / 3)
    series = 10 * 2 ** (np.arange(9) / 2)
    nearest = series[np.argmin(abs(np.log(series / length)))]
    assert persistent_block(x) == round(nearest)


def test_white_noise_has_the_shortest_blocks():
    noise = np.random.default_rng(1).normal(size=(8000, 20))
    assert persistent_block(noise - noise.mean(axis=0)) == block_length(8000)


@pytest.mark.parametrize("days", [146, 223, 300, 440])
def test_blocks_are_at_most_a_sixth_of_the_sample(days):
    wave = np.sin(2 * np.pi * np.arange(days) / 30)[:, None]
    assert 10 < persistent_block(wave) <= days / 6


def test_scale_and_constant_groups_do_not_count():
    series = ar1(np.random.default_rng(2), 0.9, (5, 400)).T
    series -= series.mean(axis=0)
    length = persistent_block(series)
    assert length > 10
    scaled = np.concatenate([series * [1, 10, 100, 1000, 0.1], np.zeros((400, 50))], axis=1)
    assert persistent_block(scaled) == length


def test_no_variation_or_few_days_give_the_shortest():
    assert persistent_block(np.zeros((100, 3))) == 10
    assert persistent_block(np.array([[1.0], [-1.0], [0.0]])) == 10
    assert persistent_block(np.zeros((1, 1))) == 10
