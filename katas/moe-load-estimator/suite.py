"""The load of an expert is the sum over tokens of the probability to be chosen if its noise is drawn again.

Letters: tokens T, experts E. Expected values are the definition by brute force: for each expert the others
are sorted anew. They are computed before the call.
"""

import math

import pytest
import torch
from submission import expected_load

from ml_katas.testing import after, assert_close, assert_shape, rng_unchanged, unchanged

# T, E, k: more tokens than experts and fewer, as many; one place, all but one, some.
SETTINGS = [(9, 4, 1), (3, 6, 2), (5, 5, 3), (4, 3, 2), (30, 8, 5), (1, 7, 6)]


def test_one_load_per_expert():
    """The result has the shape (E,) and the dtype of the clean logits."""
    for dtype in (torch.float32, torch.float64):
        load = expected_load(*(t.to(dtype) for t in drawn(5, 4)), 2)
        assert_shape(load, (4,), label="load")
        assert load.dtype == dtype, f"logits of {dtype} give loads of {dtype}, got {load.dtype}"


@after("test_one_load_per_expert")
def test_worked_example():
    """The example of the brief comes out as written."""
    clean, noisy = torch.tensor([[0.0, 0.5, -1.0]]), torch.tensor([[2.0, 1.0, -1.0]])
    load = expected_load(clean, noisy, torch.tensor([[1.0, 1.0, 2.0]]), 1)
    assert_close(load, torch.tensor([0.158655, 0.066807, 0.066807]).double(), label="load", atol=1e-5)


@after("test_one_load_per_expert")
@pytest.mark.parametrize(("tokens", "experts", "k"), SETTINGS)
def test_the_load_is_the_definition(tokens, experts, k):
    """The load is that of the definition, the limit found by sorting the others for each expert."""
    clean, noisy, std = drawn(tokens, experts)
    expected = load_by_hand(clean, noisy, std, k)
    assert_close(expected_load(clean, noisy, std, k), expected, label="load", rtol=1e-9, atol=1e-9)


@after("test_one_load_per_expert")
def test_drawing_again_agrees():
    """Drawing the noise of one expert again, 20,000 times, chooses it as often as the load says."""
    clean, noisy, std = drawn(1, 6)
    draws, k = 20_000, 3
    shares = []
    for expert in range(6):
        again = noisy.repeat(draws, 1)
        again[:, expert] = clean[0, expert] + torch.randn(draws).double() * std[0, expert]
        shares.append((again.topk(k, dim=1).indices == expert).double().sum().item() / draws)
    load = expected_load(clean, noisy, std, k)
    assert_close(
        load, torch.tensor(shares).double(), label="load and share of draws", rtol=0, atol=3 / draws**0.5
    )


@after("test_one_load_per_expert")
def test_the_choice_that_was_made_counts():
    """Clean logits that say the opposite of the noisy ones change the numerator only, not the limit."""
    noisy = torch.tensor([[3.0, 2.0, 1.0, 0.0]]).double()
    clean, std = -noisy, torch.full((1, 4), 0.5).double()
    expected = load_by_hand(clean, noisy, std, 2)
    assert_close(expected_load(clean, noisy, std, 2), expected, label="load", rtol=1e-7, atol=1e-12)


@after("test_one_load_per_expert")
@pytest.mark.parametrize(("tokens", "experts"), [(5, 3), (4, 1), (3, 3)])
def test_with_a_place_for_everyone(tokens, experts):
    """With k = E every expert has the load T, and every gradient is zero."""
    leaves = [t.requires_grad_() for t in drawn(tokens, experts)]
    load = expected_load(*leaves, experts)
    assert_close(load, torch.full((experts,), float(tokens)).double(), label="load")
    if load.requires_grad:
        load.sum().backward()
    for leaf in leaves:
        assert leaf.grad is None or not leaf.grad.any(), "with k = E nothing can change: all gradients are 0"


@after("test_the_load_is_the_definition")
@pytest.mark.parametrize("k", [1, 2, 3])
def test_ties_need_no_care(k):
    """Noisy logits that tie have the limit that they share.

    Pins: "need no care".
    """
    noisy = torch.tensor([[1.0, 2.0, 2.0, 2.0, 0.0], [1.0, 1.0, 1.0, 1.0, 1.0]]).double()
    clean, std = torch.randn(2, 5).double(), torch.full((2, 5), 0.8).double()
    expected = load_by_hand(clean, noisy, std, k)
    assert_close(expected_load(clean, noisy, std, k), expected, label="load", rtol=1e-9, atol=1e-9)


@after("test_one_load_per_expert")
@pytest.mark.parametrize("k", [1, 4])
def test_no_tokens(k):
    """No tokens give the load 0 to every expert.

    Pins: "give zeros".
    """
    empty = torch.zeros(0, 4)
    assert_close(expected_load(empty, empty, empty, k), torch.zeros(4).double(), label="load")


@after("test_the_load_is_the_definition")
@pytest.mark.parametrize(("tokens", "experts", "k"), SETTINGS[:4])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=str)
def test_the_gradients(tokens, experts, k, dtype):
    """All three receive the gradient of the definition, the noisy logits through the limit."""
    values, worth = drawn(tokens, experts), torch.randn(experts).double()
    expected = gradients_by_hand(*values, k, worth)
    leaves = [value.to(dtype).requires_grad_() for value in values]
    (expected_load(*leaves, k) * worth.to(dtype)).sum().backward()
    for leaf, gradient, name in zip(leaves, expected, ("clean", "noisy", "noise_std"), strict=True):
        assert leaf.grad is not None, f"no gradient reaches {name}"
        assert_close(leaf.grad, gradient, label=f"gradient of {name}", rtol=1e-4, atol=1e-4)


@after("test_the_load_is_the_definition")
def test_tensors_may_be_non_contiguous():
    """The tensors may have any memory layout.

    Pins: "may have any memory layout".
    """
    clean, noisy, std = (t.T for t in drawn(6, 4))  # 4 tokens, 6 experts
    expected = load_by_hand(clean, noisy, std, 3)
    assert_close(expected_load(clean, noisy, std, 3), expected, label="load", rtol=1e-9, atol=1e-9)


@after("test_the_load_is_the_definition")
def test_nothing_else_happens():
    """The tensors stay as they were, no random number is drawn, the same call gives the same answer."""
    clean, noisy, std = drawn(5, 4)
    expected = load_by_hand(clean, noisy, std, 2)
    with unchanged(clean, noisy, std), rng_unchanged():
        loads = [expected_load(clean, noisy, std, 2) for _ in range(2)]
    for load in loads:
        assert_close(load, expected, label="load", rtol=1e-9, atol=1e-9)


def drawn(tokens, experts):
    """Clean logits, noisy logits and strengths as a gate gives them, in float64."""
    clean, std = torch.randn(tokens, experts).double(), torch.rand(tokens, experts).double() + 0.3
    return clean, clean + torch.randn(tokens, experts).double() * std, std


def limit_by_hand(row, k, expert):
    """The kth largest of a row without one of its components."""
    return sorted(row[:expert] + row[expert + 1 :], reverse=True)[k - 1]


def load_by_hand(clean, noisy, std, k):
    """The definition in plain floats, with the normal distribution function from the error function."""
    load = [0.0] * clean.shape[1]
    for c, h, s in zip(clean.tolist(), noisy.tolist(), std.tolist(), strict=True):
        for i in range(len(load)):
            z = (c[i] - limit_by_hand(h, k, i)) / s[i]
            load[i] += 0.5 * (1 + math.erf(z / 2**0.5))
    return torch.tensor(load, dtype=torch.float64)


def gradients_by_hand(clean, noisy, std, k, worth):
    """dP/dz is the normal density; z falls with the limit, which is one of the noisy logits."""
    by_clean, by_noisy, by_std = (torch.zeros_like(t) for t in (clean, noisy, std))
    for t in range(len(clean)):
        for i in range(clean.shape[1]):
            limit = limit_by_hand(noisy[t].tolist(), k, i)
            z, s = (clean[t, i] - limit) / std[t, i], std[t, i]
            slope = worth[i] * torch.exp(-z * z / 2) / (2 * math.pi) ** 0.5 / s
            by_clean[t, i] += slope
            by_noisy[t, noisy[t].tolist().index(limit)] -= slope
            by_std[t, i] -= slope * z
    return by_clean, by_noisy, by_std
