"""The loss is minus the masked mean of the smaller of two products, of ratio and clipped ratio.

Letters: sequences B, length T. Expected values are loops over plain floats, computed before the call.
"""

import math

import pytest
import torch
from submission import ppo_clip_loss

from ml_katas.testing import after, assert_close, assert_shape, rng_unchanged, unchanged

# B, T and the clip range: different and equal, one token.
SETTINGS = [(3, 5, 0.2), (2, 6, 0.1), (4, 4, 0.3), (1, 1, 0.2), (3, 7, 0.5)]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_returns_one_number(dtype):
    """The loss is a tensor of no axes, of the dtype of logp."""
    for batch, length, clip in SETTINGS:
        *numbers, mask = drawn(batch, length)
        loss = ppo_clip_loss(*(t.to(dtype) for t in numbers), mask, clip)
        assert_shape(loss, (), label="loss")
        assert loss.dtype == dtype, f"logp of {dtype} gives {dtype}, got {loss.dtype}"


@after("test_returns_one_number")
def test_worked_example():
    """The example of the brief comes out as written."""
    logp = torch.tensor([[1.5, 0.5, 1.5, 0.5]]).log()
    adv = torch.tensor([[1.0, 1.0, -1.0, -1.0]])
    loss = ppo_clip_loss(logp, torch.zeros(1, 4), adv, torch.ones(1, 4).bool())
    assert_close(loss, torch.tensor(0.15, dtype=torch.float64), label="loss")


@after("test_returns_one_number")
@pytest.mark.parametrize(
    ("ratio", "advantage"), [(1.5, 2.0), (0.5, 2.0), (1.5, -2.0), (0.5, -2.0), (1.1, -2.0)]
)
def test_each_case_of_ratio_and_advantage(ratio, advantage):
    """One token at a time: above, below and within the range, with either sign of the advantage."""
    old = torch.tensor([[-3.0]]).double()
    adv = torch.tensor([[advantage]]).double()
    expected = torch.tensor(
        -min(ratio * advantage, min(max(ratio, 0.8), 1.2) * advantage), dtype=torch.float64
    )
    loss = ppo_clip_loss(old + math.log(ratio), old, adv, torch.ones(1, 1).bool())
    assert_close(loss, expected, label="loss", rtol=1e-10, atol=1e-10)


@after("test_returns_one_number")
@pytest.mark.parametrize(("batch", "length", "clip"), SETTINGS)
def test_the_loss_is_the_definition(batch, length, clip):
    """The loss is the mean over the tokens that count, of the whole batch."""
    arguments = drawn(batch, length)
    expected = by_hand(*arguments, clip)
    assert_close(ppo_clip_loss(*arguments, clip), expected, label="loss", rtol=1e-10, atol=1e-10)


@after("test_the_loss_is_the_definition")
def test_the_range_is_a_fifth_by_default():
    """Without a clip range it is 0.2."""
    arguments = drawn(3, 5)
    expected = by_hand(*arguments, 0.2)
    assert_close(ppo_clip_loss(*arguments), expected, label="loss", rtol=1e-10, atol=1e-10)


@after("test_returns_one_number")
def test_nothing_to_count():
    """Where nothing counts the loss is 0, with finite gradients."""
    logp, old, adv, mask = drawn(2, 3)
    logp.requires_grad_()
    loss = ppo_clip_loss(logp, old, adv, torch.zeros_like(mask))
    assert_close(loss, torch.zeros((), dtype=torch.float64), label="loss")
    loss.backward()
    assert logp.grad is None or logp.grad.isfinite().all(), "the gradient is finite here too"


@after("test_the_loss_is_the_definition")
def test_masked_tokens_do_not_matter():
    """Whatever masked tokens hold changes nothing, and their gradient is 0."""
    logp, old, adv, mask = drawn(3, 5)
    expected = by_hand(logp, old, adv, mask, 0.2)
    logp[~mask], old[~mask], adv[~mask] = 0.0, -2000.0, -50.0
    logp.requires_grad_()
    loss = ppo_clip_loss(logp, old, adv, mask)
    assert_close(loss, expected, label="loss", rtol=1e-10, atol=1e-10)
    loss.backward()
    assert logp.grad.isfinite().all(), "the gradient of masked tokens is finite"
    assert not logp.grad[~mask].any(), "masked tokens have the gradient 0"


@after("test_the_loss_is_the_definition")
def test_unlikely_tokens():
    """The ratio of tokens whose probability is 0 in float32 is still right."""
    old = torch.tensor([[-200.0, -500.0, -104.0]])
    logp, adv = old + torch.tensor([[0.125, -0.5, 0.0]]), torch.tensor([[1.0, 2.0, -3.0]])
    mask = torch.ones(1, 3).bool()
    expected = by_hand(logp, old, adv, mask, 0.2)
    assert_close(ppo_clip_loss(logp, old, adv, mask), expected, label="loss", atol=1e-4)


@after("test_the_loss_is_the_definition")
@pytest.mark.parametrize("clip", [0.1, 0.3])
def test_the_gradient(clip):
    """Tokens that have gone far enough their way get no gradient, all others that of the ratio."""
    logp, old, adv, mask = drawn(4, 6)
    expected = torch.zeros(4, 6, dtype=torch.float64)
    for b in range(4):
        for t in range(6):
            r, a = math.exp(logp[b, t] - old[b, t]), adv[b, t].item()
            far = (a > 0 and r > 1 + clip) or (a < 0 and r < 1 - clip)
            if mask[b, t] and not far:
                expected[b, t] = -r * a / int(mask.sum())
    leaf = logp.clone().requires_grad_()
    ppo_clip_loss(leaf, old, adv, mask, clip).backward()
    assert leaf.grad is not None, "no gradient reaches logp"
    assert_close(leaf.grad, expected, label="gradient of logp", rtol=1e-9, atol=1e-10)


@after("test_the_loss_is_the_definition")
def test_data_gets_no_gradient():
    """old_logp and adv get no gradient, even if they ask for it."""
    logp, old, adv, mask = drawn(3, 5)
    leaves = [t.clone().requires_grad_() for t in (logp, old, adv)]
    ppo_clip_loss(*leaves, mask).backward()
    for leaf, name in zip(leaves[1:], ("old_logp", "adv"), strict=True):
        assert leaf.grad is None or not leaf.grad.any(), f"{name} is data and gets no gradient"


@after("test_the_loss_is_the_definition")
def test_arguments_may_be_non_contiguous():
    """The arguments may have any memory layout.

    Pins: "may have any memory layout".
    """
    arguments = [t.T.contiguous().T for t in drawn(3, 5)]
    expected = by_hand(*arguments, 0.2)
    assert_close(ppo_clip_loss(*arguments), expected, label="loss", rtol=1e-10, atol=1e-10)


@after("test_returns_one_number")
def test_nothing_else_happens():
    """The arguments stay as they were, no random number is drawn, the same call gives the same answer."""
    arguments = drawn(3, 5)
    expected = by_hand(*arguments, 0.2)
    with unchanged(*arguments), rng_unchanged():
        answers = [ppo_clip_loss(*arguments) for _ in range(2)]
    for loss in answers:
        assert_close(loss, expected, label="loss", rtol=1e-10, atol=1e-10)


def drawn(batch, length):
    """Log-probabilities, old ones, advantages in float64, and a mask that leaves some tokens out."""
    old = -4 + torch.rand(batch, length).double()
    mask = torch.rand(batch, length) < 0.6
    mask[0, 0], mask[-1, -1] = True, batch * length == 1
    return old + 0.5 * torch.randn(batch, length).double(), old, torch.randn(batch, length).double(), mask


def by_hand(logp, old, adv, mask, clip):
    """The definition, token by token, in plain floats."""
    bounds = []
    for new, before, a, m in zip(*(t.flatten().tolist() for t in (logp, old, adv, mask)), strict=True):
        if m:
            r = math.exp(new - before)
            bounds.append(min(r * a, min(max(r, 1 - clip), 1 + clip) * a))
    return torch.tensor(-sum(bounds) / len(bounds), dtype=torch.float64)
