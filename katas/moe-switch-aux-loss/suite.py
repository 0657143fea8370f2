"""The load-balancing loss is E times the sum of each expert's share of the choices and its mean probability.

Letters: tokens T, experts E. Expected values are loops over plain floats, computed before the call.
"""

import math

import pytest
import torch
from submission import load_balancing_loss

from ml_katas.testing import after, assert_close, assert_shape, rng_unchanged, unchanged

# T, E, k: more tokens than experts and fewer, as many, one expert for each token and all, a single token.
SETTINGS = [(9, 4, 1), (5, 7, 2), (6, 6, 3), (40, 8, 2), (5, 3, 3), (1, 4, 1)]


def test_returns_one_number():
    """The loss is a tensor of no axes."""
    logits, idx = routed(6, 4, 2)
    assert_shape(load_balancing_loss(logits, idx), (), label="loss")


@after("test_returns_one_number")
def test_worked_example():
    """The example of the brief comes out as written."""
    logits = torch.tensor([[0.5, 0.25, 0.25], [0.75, 0.125, 0.125]]).log()
    expected = torch.tensor(1.875, dtype=torch.float64)
    assert_close(load_balancing_loss(logits, torch.tensor([[0], [0]])), expected, label="loss")


@after("test_returns_one_number")
@pytest.mark.parametrize(("tokens", "experts", "k"), SETTINGS)
def test_the_loss_is_the_formula(tokens, experts, k):
    """The loss is E times the sum of f and P, with shares that sum to 1 for every k."""
    logits, idx = routed(tokens, experts, k)
    expected = by_hand(logits, idx)
    assert_close(load_balancing_loss(logits, idx), expected, label="loss")


@after("test_the_loss_is_the_formula")
def test_the_choice_is_given():
    """idx is counted as it is, also where it names other experts than the largest logits.

    Pins: "`idx` need not be the largest logits".
    """
    logits = 2 * torch.randn(12, 5)
    idx = logits.topk(2, dim=1, largest=False).indices
    expected = by_hand(logits, idx)
    assert_close(load_balancing_loss(logits, idx), expected, label="loss of unlikely choices")


@after("test_the_loss_is_the_formula")
@pytest.mark.parametrize("unused", [0, 5], ids=["the first", "the last"])
def test_experts_that_nobody_chose(unused):
    """Experts that nobody chose have the share 0, the first and the last too."""
    logits, others = torch.randn(8, 6), [expert for expert in range(6) if expert != unused]
    idx = torch.tensor(others)[torch.randint(5, (8, 1))]
    expected = by_hand(logits, idx)
    assert_close(load_balancing_loss(logits, idx), expected, label="loss")


@after("test_returns_one_number")
@pytest.mark.parametrize("k", [1, 2])
def test_balance_gives_one(k):
    """Even shares give 1, for every k."""
    logits = torch.randn(12, 4)
    idx = torch.stack([(torch.arange(12) + shift) % 4 for shift in range(k)], dim=1)
    expected = torch.ones((), dtype=torch.float64)
    assert_close(load_balancing_loss(logits, idx), expected, label="loss of even shares")


@after("test_the_loss_is_the_formula")
def test_the_loss_can_fall_below_one():
    """The loss is not cut off at 1: 90 tokens at (.34, .33, .33) and 10 at (0, 0, 1) have less.

    Pins: "it can fall below 1".
    """
    chances = torch.tensor([[0.34, 0.33, 0.33]] * 90 + [[1e-6, 1e-6, 1.0]] * 10)
    logits, idx = chances.log(), chances.argmax(dim=1, keepdim=True)
    expected = by_hand(logits, idx)
    assert expected < 0.96, "these tokens have a loss of about 0.945"
    assert_close(load_balancing_loss(logits, idx), expected, label="loss")


@after("test_the_loss_is_the_formula")
@pytest.mark.parametrize(("tokens", "experts", "k"), SETTINGS[:3])
def test_padding_does_not_count(tokens, experts, k):
    """Padding counts neither in f nor in P nor in the number of tokens."""
    logits, idx = routed(tokens, experts, k)
    mask = some_of(tokens)
    expected = by_hand(logits[mask], idx[mask])
    assert_close(load_balancing_loss(logits, idx, mask=mask), expected, label="loss")


@after("test_returns_one_number")
@pytest.mark.parametrize("tokens", [4, 0], ids=["only padding", "no token"])
def test_no_token_counts(tokens):
    """Where no token counts, the loss is 0."""
    logits, idx = torch.randn(tokens, 3), torch.zeros(tokens, 2, dtype=torch.int64)
    idx[:, 1] = 1
    expected = torch.zeros((), dtype=torch.float64)
    assert_close(load_balancing_loss(logits, idx, torch.zeros(tokens).bool()), expected, label="loss")


@after("test_the_loss_is_the_formula")
@pytest.mark.parametrize("offset", [1000.0, -1000.0])
def test_extreme_logits_do_not_overflow(offset):
    """Logits around 1000, of either sign, give the loss of their differences.

    Pins: "Logits of 1000 do not overflow".
    """
    logits, idx = torch.randint(-3, 4, (9, 5)).float() + offset, torch.randint(5, (9, 1))
    expected = by_hand(logits, idx)
    assert_close(load_balancing_loss(logits, idx), expected, label="loss")


@after("test_the_loss_is_the_formula")
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
def test_half_precision_is_computed_in_float32(dtype):
    """float16 and bfloat16 logits give a float32 loss with the precision of float32."""
    logits, idx = routed(300, 8, 2)
    logits = logits.to(dtype)
    expected = by_hand(logits, idx)
    loss = load_balancing_loss(logits, idx)
    assert loss.dtype == torch.float32, f"logits of {dtype} give a float32 loss, got {loss.dtype}"
    assert_close(loss, expected, label="loss")


@after("test_the_loss_is_the_formula")
def test_float64_keeps_its_precision():
    """float32 and float64 keep their dtype, float64 to its last digits."""
    logits, idx = routed(9, 4, 2)
    assert load_balancing_loss(logits, idx).dtype == torch.float32, "float32 logits give a float32 loss"
    logits = torch.randn(9, 4).double()
    expected = by_hand(logits, idx)
    loss = load_balancing_loss(logits, idx)
    assert_close(loss, expected, label="loss", dtype=torch.float64, rtol=1e-12, atol=1e-12)


@after("test_the_loss_is_the_formula")
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16], ids=str)
def test_the_gradient_flows_through_the_probabilities(dtype):
    """The logits receive E sum_i f_i dP_i, those of padding zero."""
    logits, idx = routed(7, 4, 2)
    logits, mask = logits.to(dtype), some_of(7)
    expected = torch.zeros(7, 4).double()
    expected[mask] = gradient_by_hand(logits[mask], idx[mask])
    leaf = logits.clone().requires_grad_()
    load_balancing_loss(leaf, idx, mask).backward()
    assert leaf.grad is not None, "no gradient reaches the logits"
    assert_close(leaf.grad, expected, label="gradient of the logits")


@after("test_the_loss_is_the_formula")
def test_arguments_may_be_non_contiguous():
    """Logits, idx and mask in any memory layout will do."""
    logits, idx, mask = torch.randn(4, 9).T, routed(9, 4, 3)[1].T.contiguous().T, some_of(18)[::2]
    mask[0] = True
    expected = by_hand(logits[mask], idx[mask])
    assert_close(load_balancing_loss(logits, idx, mask), expected, label="loss")


@after("test_the_loss_is_the_formula")
def test_nothing_else_happens():
    """The arguments stay as they were, no random number is drawn, the same call gives the same answer."""
    logits, idx = routed(7, 4, 2)
    mask = some_of(7)
    expected = by_hand(logits[mask], idx[mask])
    with unchanged(logits, idx, mask), rng_unchanged():
        losses = [load_balancing_loss(logits, idx, mask) for _ in range(2)]
    for loss in losses:
        assert_close(loss, expected, label="loss")


def routed(tokens, experts, k):
    """Logits that prefer some experts, and the k largest of each token."""
    logits = torch.randn(tokens, experts) + torch.linspace(0, 2, experts)
    return logits, logits.topk(k, dim=1).indices


def some_of(tokens):
    """A mask that keeps some tokens and leaves out others, always both."""
    mask = torch.rand(tokens) < 0.6
    mask[0], mask[-1] = True, False
    return mask


def by_hand(logits, idx):
    """E sum_i f_i P_i in plain floats, one token after the other."""
    experts = logits.shape[1]
    shares, chances = [0.0] * experts, [0.0] * experts
    for row, chosen in zip(logits.double().tolist(), idx.tolist(), strict=True):
        powers = [math.exp(x - max(row)) for x in row]
        for i in range(experts):
            chances[i] += powers[i] / sum(powers) / len(logits)
            shares[i] += chosen.count(i) / idx.numel()
    loss = experts * sum(f * p for f, p in zip(shares, chances, strict=True))
    return torch.tensor(loss, dtype=torch.float64)


def gradient_by_hand(logits, idx):
    """dL/dx_tj = (E/T) p_tj (f_j - sum_i f_i p_ti), in float64."""
    tokens, experts = logits.shape
    one_hot = (idx.unsqueeze(-1) == torch.arange(experts)).double()
    shares = one_hot.sum(dim=(0, 1)) / idx.numel()
    powers = logits.double().exp()
    chances = powers / powers.sum(dim=1, keepdim=True)
    return experts / tokens * chances * (shares - (chances @ shares).unsqueeze(1))
