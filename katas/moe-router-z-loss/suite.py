"""The router z-loss is the mean over tokens of the squared log of the softmax's normaliser.

Letters: tokens T, experts E. Expected values are loops over plain floats, computed before the call.
"""

import math

import pytest
import torch
from submission import router_z_loss

from ml_katas.testing import after, assert_close, assert_shape, rng_unchanged, unchanged

SHAPES = [(6, 4), (3, 7), (5, 5), (2, 3, 4), (2, 1, 3, 6), (4,)]


def test_returns_one_number():
    """The loss is a tensor of no axes."""
    assert_shape(router_z_loss(torch.randn(6, 4)), (), label="loss")
    assert_shape(router_z_loss(torch.randn(2, 3, 4), torch.ones(2, 3).bool()), (), label="loss with a mask")


@after("test_returns_one_number")
def test_worked_example():
    """The example of the brief comes out as written."""
    logits = torch.tensor([[0.0, 0.0], [math.log(3), math.log(5)]])
    expected = torch.tensor(2.402265, dtype=torch.float64)
    assert_close(router_z_loss(logits), expected, label="loss", atol=1e-5)


@after("test_returns_one_number")
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_loss_is_the_formula(shape):
    """The loss is the mean over all tokens of the squared log-sum-exp, for any leading axes."""
    logits = 3 * torch.randn(shape)
    expected = by_hand(logits)
    assert_close(router_z_loss(logits), expected, label="loss")


@after("test_the_loss_is_the_formula")
@pytest.mark.parametrize("shape", [(7, 4), (4, 4), (3, 5, 6)], ids=str)
def test_padding_does_not_count(shape):
    """Only tokens with a True in the mask count, in the sum and in the number that it is divided by."""
    logits, mask = 3 * torch.randn(shape), some_of(shape[:-1])
    expected = by_hand(logits[mask])
    assert_close(router_z_loss(logits, mask=mask), expected, label="loss")


@after("test_the_loss_is_the_formula")
@pytest.mark.parametrize("what", [math.nan, math.inf, -math.inf, 1e30], ids=str)
def test_padding_may_hold_anything(what):
    """NaN, infinity and huge numbers in the padding touch neither the loss nor any gradient."""
    logits, mask = torch.randn(5, 4), torch.tensor([True, False, True, True, False])
    expected, by_logits = by_hand(logits[mask]), torch.zeros(5, 4).double()
    by_logits[mask] = gradient_by_hand(logits[mask])
    logits[~mask] = what
    logits.requires_grad_()
    loss = router_z_loss(logits, mask)
    assert_close(loss, expected, label="loss")
    loss.backward()
    assert_close(logits.grad, by_logits, label="gradient of the logits, zero for padding")


@after("test_returns_one_number")
@pytest.mark.parametrize("case", ["only padding", "no token", "no token, with a mask"])
def test_no_token_counts(case):
    """Where no token counts, or there is none, the loss is 0."""
    logits = torch.randn(3, 4) if case == "only padding" else torch.randn(0, 4)
    mask = None if case == "no token" else torch.zeros(len(logits)).bool()
    expected = torch.zeros((), dtype=torch.float64)
    assert_close(router_z_loss(logits, mask), expected, label="loss", atol=0)


@after("test_the_loss_is_the_formula")
@pytest.mark.parametrize("offset", [1000.0, -1000.0])
def test_extreme_logits_do_not_overflow(offset):
    """Logits around 1000, of either sign, give a loss near a million."""
    logits = torch.randn(6, 4) + offset
    expected = by_hand(logits)
    assert_close(router_z_loss(logits), expected, label="loss", rtol=1e-5)


@after("test_the_loss_is_the_formula")
def test_a_disabled_expert_counts_for_nothing():
    """An expert with the logit -inf adds nothing, and no gradient becomes NaN."""
    logits = torch.randn(6, 4)
    expected, others = by_hand(logits[:, :3]), gradient_by_hand(logits[:, :3])
    logits[:, 3] = -math.inf
    logits.requires_grad_()
    loss = router_z_loss(logits)
    assert_close(loss, expected, label="loss")
    loss.backward()
    assert_close(logits.grad[:, :3], others, label="gradient of the other experts' logits")


@after("test_the_loss_is_the_formula")
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
def test_half_precision_is_computed_in_float32(dtype):
    """float16 and bfloat16 logits give a float32 loss with the precision of float32."""
    logits = (torch.randn(64, 8) * 20).to(dtype)
    expected = by_hand(logits)
    loss = router_z_loss(logits)
    assert loss.dtype == torch.float32, f"logits of {dtype} give a float32 loss, got {loss.dtype}"
    assert_close(loss, expected, label="loss", rtol=1e-5)


@after("test_the_loss_is_the_formula")
def test_float64_keeps_its_precision():
    """float32 and float64 keep their dtype, float64 to its last digits."""
    assert router_z_loss(torch.randn(5, 4)).dtype == torch.float32, "float32 logits give a float32 loss"
    logits = torch.randn(5, 4).double()
    expected = by_hand(logits)
    assert_close(router_z_loss(logits), expected, label="loss", dtype=torch.float64, rtol=1e-12, atol=1e-12)


@after("test_the_loss_is_the_formula")
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16], ids=str)
def test_the_gradient_reaches_the_logits(dtype):
    """The logits receive the gradient of the formula."""
    logits, mask = torch.randn(4, 3, 5).to(dtype), some_of((4, 3))
    expected = torch.zeros(4, 3, 5).double()
    expected[mask] = gradient_by_hand(logits[mask])
    leaf = logits.clone().requires_grad_()
    router_z_loss(leaf, mask).backward()
    assert leaf.grad is not None, "no gradient reaches the logits"
    assert_close(leaf.grad, expected, label="gradient of the logits")


@after("test_the_loss_is_the_formula")
def test_logits_may_be_non_contiguous():
    """Logits and mask in any memory layout will do."""
    logits, mask = torch.randn(5, 4, 3).transpose(0, 2), some_of((4, 3)).T  # (3, 4, 5) and (3, 4)
    expected = by_hand(logits[mask])
    assert not logits.is_contiguous(), "these logits are not contiguous"
    assert_close(router_z_loss(logits, mask), expected, label="loss")
    flat = torch.randn(5, 7).T
    expected = by_hand(flat)
    assert_close(router_z_loss(flat), expected, label="loss without a mask")


@after("test_the_loss_is_the_formula")
def test_nothing_else_happens():
    """Logits and mask stay as they were, no random number is drawn, the same call gives the same answer."""
    logits, mask = torch.randn(6, 4), some_of((6,))
    expected = by_hand(logits[mask])
    with unchanged(logits, mask), rng_unchanged():
        losses = [router_z_loss(logits, mask) for _ in range(2)]
    for loss in losses:
        assert_close(loss, expected, label="loss")


def some_of(shape):
    """A mask that keeps some tokens and leaves out others, always both."""
    mask = torch.rand(shape) < 0.5
    mask.view(-1)[0], mask.view(-1)[-1] = True, False
    return mask


def by_hand(logits):
    """The mean squared log-sum-exp in plain floats, the largest logit of each token taken out first."""
    squares = []
    for row in logits.double().reshape(-1, logits.shape[-1]).tolist():
        largest = max(row)
        squares.append((largest + math.log(sum(math.exp(x - largest) for x in row))) ** 2)
    return torch.tensor(sum(squares) / max(len(squares), 1), dtype=torch.float64)


def gradient_by_hand(logits):
    """dL/dx_tj = 2 z_t softmax(x_t)_j / T, in float64."""
    logits = logits.double()
    powers = logits.exp()
    total = powers.sum(dim=-1, keepdim=True)
    return 2 * total.log() * powers / total / logits[..., 0].numel()
