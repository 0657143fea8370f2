"""The learning rate rises in a line, falls along half a cosine and stays at its minimum.

Expected values come from the three parts of the definition, written with the half-angle formula.
"""

import math

import pytest
import torch
from submission import lr_at

from ml_katas.testing import after, assert_close

# max, min, warm-up, total: all different, a long and a short warm-up, a minimum of 0.
SETTINGS = [(1.0, 0.1, 4, 12), (3e-4, 3e-5, 10, 100), (0.5, 0.0, 1, 7), (2.0, 0.5, 7, 9)]


def test_returns_a_float():
    """The rate is a float in each of the three parts."""
    for step in (0, 5, 40):
        rate = lr_at(step, 1, 0, 4, 12)
        assert isinstance(rate, float), f"step {step}: expected a float, got a {type(rate).__name__}"


@after("test_returns_a_float")
def test_worked_example():
    """The example of the brief comes out as written."""
    expected = torch.tensor([0.5, 1, 1, 0.868198, 0.55, 0.231802, 0.1, 0.1], dtype=torch.float64)
    assert_close(rates(range(8), 1.0, 0.1, 2, 6), expected, label="rates", atol=1e-5)


@after("test_returns_a_float")
@pytest.mark.parametrize(("high", "low", "warmup", "total"), SETTINGS)
def test_the_warm_up_is_a_line(high, low, warmup, total):
    """Step s of the warm-up has (s + 1) / w of the maximum; its last step reaches it."""
    expected = torch.tensor([high * (s + 1) / warmup for s in range(warmup)], dtype=torch.float64)
    assert_close(
        rates(range(warmup), high, low, warmup, total),
        expected,
        label="rates of the warm-up",
        rtol=1e-12,
        atol=1e-12,
    )


@after("test_returns_a_float")
@pytest.mark.parametrize(("high", "low", "warmup", "total"), SETTINGS)
def test_the_decay_is_half_a_cosine(high, low, warmup, total):
    """From step w on the rate falls along half a cosine over the n - w steps that are left."""
    left = total - warmup
    squares = [math.cos(math.pi / 2 * (s - warmup) / left) ** 2 for s in range(warmup, total)]
    expected = torch.tensor([low + (high - low) * square for square in squares], dtype=torch.float64)
    found = rates(range(warmup, total), high, low, warmup, total)
    assert_close(found, expected, label="rates of the decay", rtol=1e-12, atol=1e-12)


@after("test_returns_a_float")
@pytest.mark.parametrize(("high", "low", "warmup", "total"), SETTINGS)
def test_after_the_end_it_stays(high, low, warmup, total):
    """From step n on the rate is the minimum, however long it goes on."""
    steps = [total, total + 1, 2 * total - warmup, 3 * total, 1000 * total]
    expected = torch.full((5,), low, dtype=torch.float64)
    assert_close(
        rates(steps, high, low, warmup, total), expected, label="rates after the end", rtol=1e-12, atol=1e-12
    )


@after("test_the_decay_is_half_a_cosine")
@pytest.mark.parametrize("total", [1, 5])
def test_no_warm_up(total):
    """Without warm-up the cosine begins at step 0.

    Pins: "begins with the cosine".
    """
    angles = [math.pi / 2 * s / total for s in range(total)]
    expected = torch.tensor([0.2 + 0.8 * math.cos(a) ** 2 for a in angles], dtype=torch.float64)
    assert_close(rates(range(total), 1.0, 0.2, 0, total), expected, label="rates", rtol=1e-12, atol=1e-12)


@after("test_the_warm_up_is_a_line")
def test_only_warm_up():
    """With as much warm-up as steps the rate reaches the maximum, and is the minimum after that."""
    expected = torch.tensor([0.25, 0.5, 0.75, 1.0, 0.1, 0.1], dtype=torch.float64)
    assert_close(rates(range(6), 1.0, 0.1, 4, 4), expected, label="rates")


@after("test_after_the_end_it_stays")
def test_no_steps_at_all():
    """Without any steps the rate is the minimum."""
    assert_close(rates([0, 3], 1.0, 0.1, 0, 0), torch.tensor([0.1, 0.1], dtype=torch.float64), label="rates")


@after("test_the_warm_up_is_a_line", "test_the_decay_is_half_a_cosine")
def test_it_never_rises_after_the_warm_up():
    """The rate never rises after the warm-up, and never leaves what lies between minimum and maximum.

    Pins: "the cosine must not rise again".
    """
    found = rates(range(60), 1.0, 0.1, 5, 30)
    assert (found[5:].diff() <= 1e-12).all(), "after the warm-up the rate rises somewhere"
    assert found[5:].min() >= 0.1 - 1e-9, "the rate falls below its minimum"
    assert found.max() <= 1 + 1e-9, "the rate rises above its maximum"


def rates(steps, high, low, warmup, total):
    """The rates of several steps."""
    return torch.tensor([lr_at(step, high, low, warmup, total) for step in steps], dtype=torch.float64)
