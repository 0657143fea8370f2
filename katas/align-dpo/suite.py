"""The DPO loss is that of a logistic regression on the difference of implicit rewards.

Letters: pairs B. Expected values are loops over plain floats, computed before the call.
"""

import math

import pytest
import torch
from submission import dpo_loss

from ml_katas.testing import after, assert_close, assert_shape, rng_unchanged, unchanged


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_loss_and_rewards(dtype):
    """Returns a loss of no axes and two rewards (B,), of the dtype of pi_c."""
    result = dpo_loss(*(t.to(dtype) for t in drawn(5)))
    assert isinstance(result, tuple), (
        f"expected the tuple (loss, reward_c, reward_r), got a {type(result).__name__}"
    )
    for tensor, shape, name in zip(result, ((), (5,), (5,)), ("loss", "reward_c", "reward_r"), strict=True):
        assert_shape(tensor, shape, label=name)
        assert tensor.dtype == dtype, f"{name} has the dtype {dtype}, got {tensor.dtype}"


@after("test_loss_and_rewards")
def test_worked_example():
    """The example of the brief comes out as written."""
    arguments = [torch.tensor([number]) for number in (-10.0, -12.0, -11.0, -11.0)]
    loss, reward_c, reward_r = dpo_loss(*arguments, beta=0.5)
    assert_close(reward_c, torch.tensor([0.5]).double(), label="reward_c")
    assert_close(reward_r, torch.tensor([-0.5]).double(), label="reward_r")
    assert_close(loss, torch.tensor(0.313262).double(), label="loss", atol=1e-5)


@after("test_loss_and_rewards")
@pytest.mark.parametrize("pairs", [1, 2, 7])
@pytest.mark.parametrize("beta", [0.1, 0.5, 2.0])
def test_rewards_are_the_definition(pairs, beta):
    """The rewards are beta times the policy's log-probability minus the reference's."""
    pi_c, pi_r, ref_c, ref_r = drawn(pairs)
    chosen = torch.tensor([beta * (p - q) for p, q in zip(pi_c.tolist(), ref_c.tolist(), strict=True)])
    rejected = torch.tensor([beta * (p - q) for p, q in zip(pi_r.tolist(), ref_r.tolist(), strict=True)])
    _, reward_c, reward_r = dpo_loss(pi_c, pi_r, ref_c, ref_r, beta)
    assert_close(reward_c, chosen.double(), label="reward_c", rtol=1e-6, atol=1e-6)
    assert_close(reward_r, rejected.double(), label="reward_r", rtol=1e-6, atol=1e-6)


@after("test_loss_and_rewards")
@pytest.mark.parametrize("pairs", [1, 2, 7])
@pytest.mark.parametrize("beta", [0.1, 0.5, 2.0])
def test_the_loss_is_the_definition(pairs, beta):
    """The loss is the mean over the pairs of -log sigma of the margin; in float64 to its last digits."""
    arguments = drawn(pairs)
    expected = loss_by_hand(*arguments, beta)
    loss, _, _ = dpo_loss(*arguments, beta)
    assert_close(loss, expected, label="loss", rtol=1e-11, atol=1e-11)


@after("test_the_loss_is_the_definition")
def test_a_tenth_by_default():
    """beta is 0.1 when it is not given.

    Pins: "beta=0.1".
    """
    arguments = drawn(4)
    expected = loss_by_hand(*arguments, 0.1)
    assert_close(dpo_loss(*arguments)[0], expected, label="loss", rtol=1e-11, atol=1e-11)


@after("test_loss_and_rewards")
def test_the_reference_is_where_it_starts():
    """A policy that equals the reference has the rewards 0 and the loss ln 2."""
    pi_c, pi_r, _, _ = drawn(5)
    loss, reward_c, _ = dpo_loss(pi_c, pi_r, pi_c, pi_r)
    assert_close(reward_c, torch.zeros(5).double(), label="reward_c")
    assert_close(loss, torch.tensor(math.log(2)).double(), label="loss")


@after("test_the_loss_is_the_definition")
@pytest.mark.parametrize("margin", [-2000.0, 2000.0, -100.0])
def test_extreme_margins(margin):
    """Margins of -2000 and 2000 give a loss near 2000 and of 0, and finite gradients."""
    pi_c, zero = torch.tensor([margin]).requires_grad_(), torch.zeros(1)
    loss, _, _ = dpo_loss(pi_c, zero, zero, zero, beta=1.0)
    assert_close(loss, torch.tensor(max(-margin, 0.0)).double(), label="loss")
    loss.backward()
    assert_close(pi_c.grad, torch.tensor([-1.0 if margin < 0 else 0.0]).double(), label="gradient of pi_c")


@after("test_loss_and_rewards")
def test_no_pairs():
    """No pairs give the loss 0 and empty rewards.

    Pins: "0 without pairs".
    """
    loss, reward_c, _ = dpo_loss(*drawn(0))
    assert_close(loss, torch.zeros(()).double(), label="loss")
    assert_shape(reward_c, (0,), label="reward_c")


@after("test_the_loss_is_the_definition")
def test_the_gradients():
    """The policy receives -beta sigma(-margin) / B for chosen responses, the opposite for rejected ones."""
    values, beta = drawn(6), 0.3
    margins = beta * ((values[0] - values[2]) - (values[1] - values[3]))
    expected = -beta / (1 + margins.exp()) / 6
    pi_c, pi_r, ref_c, ref_r = (value.clone().requires_grad_() for value in values)
    loss, reward_c, reward_r = dpo_loss(pi_c, pi_r, ref_c, ref_r, beta)
    assert not reward_c.requires_grad, "reward_c is for logging: it carries no gradient"
    assert not reward_r.requires_grad, "reward_r is for logging: it carries no gradient"
    loss.backward()
    assert pi_c.grad is not None, "no gradient reaches pi_c"
    assert pi_r.grad is not None, "no gradient reaches pi_r"
    assert_close(pi_c.grad, expected, label="gradient of pi_c")
    assert_close(pi_r.grad, -expected, label="gradient of pi_r")
    for reference, name in ((ref_c, "ref_c"), (ref_r, "ref_r")):
        assert reference.grad is None or not reference.grad.any(), f"{name} gets a gradient"


@after("test_the_loss_is_the_definition")
def test_tensors_may_be_non_contiguous():
    """The tensors may have any memory layout.

    Pins: "may have any memory layout".
    """
    arguments = [t.repeat_interleave(2)[::2] for t in drawn(5)]
    expected = loss_by_hand(*arguments, 0.1)
    assert_close(dpo_loss(*arguments)[0], expected, label="loss", rtol=1e-11, atol=1e-11)


@after("test_loss_and_rewards")
def test_nothing_else_happens():
    """The tensors stay as they were, no random number is drawn, the same call gives the same answer."""
    arguments = drawn(5)
    expected = loss_by_hand(*arguments, 0.1)
    with unchanged(*arguments), rng_unchanged():
        answers = [dpo_loss(*arguments)[0] for _ in range(2)]
    for loss in answers:
        assert_close(loss, expected, label="loss", rtol=1e-11, atol=1e-11)


def drawn(pairs):
    """Log-probabilities of chosen and rejected responses under policy and reference, in float64."""
    return [-30 - 5 * torch.randn(pairs).double() for _ in range(4)]


def loss_by_hand(pi_c, pi_r, ref_c, ref_r, beta):
    """log(1 + exp(-margin)) in plain floats, averaged over the pairs."""
    losses = []
    for a, b, c, d in zip(*(t.tolist() for t in (pi_c, pi_r, ref_c, ref_r)), strict=True):
        margin = beta * (a - c) - beta * (b - d)
        losses.append(math.log1p(math.exp(-margin)))
    return torch.tensor(sum(losses) / max(len(losses), 1), dtype=torch.float64)
