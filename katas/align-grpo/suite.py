"""The loss is minus the mean over answers of the mean over tokens of bound and penalty.

Letters: answers N, tokens T. Expected values are loops over plain floats, computed before the call.
"""

import math

import pytest
import torch
from submission import grpo_loss

from ml_katas.testing import after, assert_close, assert_shape, rng_unchanged, unchanged

# Groups, their size, T, clip, beta: all different, all equal, one group, one token, groups of 1.
SETTINGS = [
    (3, 2, 5, 0.2, 0.04),
    (2, 4, 3, 0.1, 0.5),
    (3, 3, 3, 0.3, 0.1),
    (1, 5, 4, 0.2, 0.0),
    (2, 3, 1, 0.4, 0.2),
    (4, 1, 2, 0.2, 0.3),
]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize(("groups", "size", "length", "clip", "beta"), SETTINGS)
def test_returns_one_number(groups, size, length, clip, beta, dtype):
    """The loss is a tensor of no axes, of the dtype of logp."""
    *numbers, mask = drawn(groups, size, length)
    loss = grpo_loss(*(t.to(dtype) for t in numbers), mask, size, clip, beta)
    assert_shape(loss, (), label="loss")
    assert loss.dtype == dtype, f"logp of {dtype} gives {dtype}, got {loss.dtype}"


@after("test_returns_one_number")
def test_worked_example():
    """The example of the brief comes out as written."""
    logp = torch.zeros(4, 2)
    logp[0, 0] = math.log(1.5)
    rewards, mask = torch.tensor([1.0, 0.0, 3.0, 3.0]), torch.ones(4, 2).bool()
    loss = grpo_loss(logp, torch.zeros(4, 2), torch.zeros(4, 2), rewards, mask, 2, beta=0.0)
    assert_close(loss, torch.tensor(-0.025, dtype=torch.float64), label="loss", atol=1e-4)


@after("test_returns_one_number")
@pytest.mark.parametrize("size", [2, 3, 6])
def test_advantages_are_those_of_the_group(size):
    """Each answer is compared with its neighbours that answer the same question."""
    logp, old, _, rewards, mask = drawn(6 // size, size, 2)
    expected = by_hand(logp, old, logp, rewards, mask, size, 9.0, 0.0)
    loss = grpo_loss(logp, old, logp, rewards, mask, size, 9.0, 0.0)
    assert_close(loss, expected, label="loss", rtol=1e-9, atol=1e-9)


@after("test_returns_one_number")
@pytest.mark.parametrize(("rewards", "size"), [([1.0, 1.0, 1.0, 0.0, 0.0, 0.0], 3), ([5.0, 2.0, 7.0], 1)])
def test_equal_rewards(rewards, size):
    """Where all rewards of a group are equal, only the penalty is left."""
    logp, old, ref, _, mask = drawn(len(rewards) // size, size, 2)
    rewards = torch.tensor(rewards, dtype=torch.float64)
    expected = by_hand(logp, old, ref, rewards, mask, size, 0.2, 0.3)
    loss = grpo_loss(logp, old, ref, rewards, mask, size, 0.2, 0.3)
    assert_close(loss, expected, label="loss", rtol=1e-9, atol=1e-9)


@after("test_returns_one_number")
@pytest.mark.parametrize("ratio", [1.7, 1.1, 0.4])
def test_the_clip(ratio):
    """A token that went far enough pulls no more; one that went the wrong way does."""
    old, mask = torch.full((2, 1), -3.0).double(), torch.ones(2, 1).bool()
    rewards = torch.tensor([1.0, -1.0], dtype=torch.float64)
    for answer in (0, 1):
        logp = old.clone()
        logp[answer] += math.log(ratio)
        expected = by_hand(logp, old, old, rewards, mask, 2, 0.2, 0.0)
        loss = grpo_loss(logp, old, old, rewards, mask, 2, 0.2, 0.0)
        assert_close(loss, expected, label="loss", rtol=1e-9, atol=1e-9)


@after("test_returns_one_number")
def test_the_penalty():
    """With equal rewards the loss is beta times the mean estimate of the divergence from the reference."""
    logp, old, ref, rewards, mask = drawn(2, 2, 3)
    expected = by_hand(logp, old, ref, torch.ones(4), mask, 2, 0.2, 0.7)
    loss = grpo_loss(logp, old, ref, torch.ones_like(rewards), mask, 2, 0.2, 0.7)
    assert_close(loss, expected, label="loss", rtol=1e-9, atol=1e-9)


@after("test_returns_one_number")
def test_each_answer_counts_alike():
    """Answers of unequal length count alike; one without tokens adds 0 and is still one of N."""
    logp, old, ref, rewards, mask = drawn(2, 3, 4)
    mask[:] = torch.arange(4) < torch.tensor([4, 1, 2, 3, 0, 1]).unsqueeze(1)
    expected = by_hand(logp, old, ref, rewards, mask, 3, 0.2, 0.1)
    loss = grpo_loss(logp, old, ref, rewards, mask, 3, 0.2, 0.1)
    assert_close(loss, expected, label="loss", rtol=1e-9, atol=1e-9)


@after("test_advantages_are_those_of_the_group", "test_the_penalty", "test_each_answer_counts_alike")
@pytest.mark.parametrize(("groups", "size", "length", "clip", "beta"), SETTINGS)
def test_the_loss_is_the_definition(groups, size, length, clip, beta):
    """Advantages, bound, penalty and means together.

    Pins: "for all $N$ answers, of which answer $i$ has $n_i$ tokens that count".
    """
    arguments = drawn(groups, size, length)
    expected = by_hand(*arguments, size, clip, beta)
    loss = grpo_loss(*arguments, size, clip, beta)
    assert_close(loss, expected, label="loss", rtol=1e-9, atol=1e-9)


@after("test_advantages_are_those_of_the_group", "test_the_penalty")
def test_defaults():
    """clip is 0.2 and beta 0.04 when they are not given.

    Pins: "clip=0.2, beta=0.04".
    """
    arguments = drawn(2, 3, 8)
    expected = by_hand(*arguments, 3, 0.2, 0.04)
    assert_close(grpo_loss(*arguments, 3), expected, label="loss", rtol=1e-9, atol=1e-9)


@after("test_returns_one_number")
def test_masked_tokens():
    """Masked tokens may hold any finite numbers without changing loss or gradient."""
    *numbers, rewards, mask = drawn(2, 2, 3)
    mask[:, 1] = False
    expected = by_hand(*numbers, rewards, mask, 2, 0.2, 0.1)
    for tensor, value in zip(numbers, (1e6, -1e6, 3e6), strict=True):
        tensor[~mask] = value
    leaf = numbers[0].clone().requires_grad_()
    loss = grpo_loss(leaf, *numbers[1:], rewards, mask, 2, 0.2, 0.1)
    assert_close(loss, expected, label="loss", rtol=1e-9, atol=1e-9)
    loss.backward()
    nothing = torch.zeros((~mask).sum(), dtype=torch.float64)
    assert leaf.grad is not None, "no gradient reaches logp"
    assert_close(leaf.grad[~mask], nothing, label="gradient at masked tokens")


@after("test_returns_one_number")
def test_the_gradients():
    """Gradients flow to logp, through bound and penalty, and to nothing else."""
    logp, old, ref, rewards, mask = drawn(2, 3, 4)
    expected = slopes(logp, old, ref, rewards, mask)
    leaves = [tensor.clone().requires_grad_() for tensor in (logp, old, ref, rewards)]
    grpo_loss(*leaves, mask, 3, 0.2, 0.5).backward()
    assert leaves[0].grad is not None, "no gradient reaches logp"
    assert_close(leaves[0].grad, expected, label="gradient of logp", rtol=1e-5, atol=1e-6)
    for name, leaf in zip(("old_logp", "ref_logp", "rewards"), leaves[1:], strict=True):
        assert leaf.grad is None or (leaf.grad == 0).all(), f"{name} is data and gets no gradient"


@after("test_returns_one_number")
def test_nothing_else_happens():
    """The arguments may have any memory layout and stay as they were; no random number is drawn."""
    logp, old, ref, rewards, mask = drawn(2, 2, 3)
    logp, old, ref, mask = (tensor.T.contiguous().T for tensor in (logp, old, ref, mask))
    rewards = torch.stack([rewards, rewards], dim=1)[:, 0]
    expected = by_hand(logp, old, ref, rewards, mask, 2, 0.2, 0.1)
    with unchanged(logp, old, ref, rewards, mask), rng_unchanged():
        answers = [grpo_loss(logp, old, ref, rewards, mask, 2, 0.2, 0.1) for _ in range(2)]
    for loss in answers:
        assert_close(loss, expected, label="loss", rtol=1e-9, atol=1e-9)


def drawn(groups, size, length):
    """Log-probabilities, rewards that differ in mean and spread between groups, and a mask, in float64."""
    n = groups * size
    logp, old, ref = (-1 - torch.rand(n, length).double() for _ in range(3))
    level = torch.arange(groups).double().repeat_interleave(size)
    mask = torch.rand(n, length) < 0.7
    mask[:, 0] = True
    return logp, old, ref, 3 * level + (1 + level) * torch.randn(n).double(), mask


def by_hand(logp, old, ref, rewards, mask, size, clip, beta):
    """The definition, number by number."""
    prizes, total = rewards.tolist(), 0.0
    for i in range(len(prizes)):
        group = prizes[i // size * size : i // size * size + size]
        mean = sum(group) / size
        spread = math.sqrt(sum((prize - mean) ** 2 for prize in group) / size)
        advantage = (prizes[i] - mean) / (spread + 1e-4)
        of_tokens = []
        for t in range(mask.shape[1]):
            if mask[i, t]:
                ratio = math.exp(logp[i, t].item() - old[i, t].item())
                gap = ref[i, t].item() - logp[i, t].item()
                bound = min(ratio * advantage, min(max(ratio, 1 - clip), 1 + clip) * advantage)
                of_tokens.append(bound - beta * (math.exp(gap) - gap - 1))
        total -= sum(of_tokens) / max(len(of_tokens), 1)
    return torch.tensor(total / len(prizes), dtype=torch.float64)


def slopes(logp, old, ref, rewards, mask):
    """How the loss changes with each logp, from small steps to both sides."""
    result = torch.zeros_like(logp)
    for i in range(logp.shape[0]):
        for t in range(logp.shape[1]):
            up, down = logp.clone(), logp.clone()
            up[i, t] += 1e-6
            down[i, t] -= 1e-6
            values = [by_hand(moved, old, ref, rewards, mask, 3, 0.2, 0.5) for moved in (up, down)]
            result[i, t] = (values[0] - values[1]) / 2e-6
    return result
