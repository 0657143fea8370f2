"""The metrics say how choices are spread over experts: shares, entropy, the busiest, the dropped.

Letters: tokens T, experts E. Expected values are sums over plain floats, computed before the call.
"""

import math

import pytest
import torch
from submission import router_metrics

from ml_katas.testing import after, assert_close, assert_shape, rng_unchanged, unchanged

NUMBERS = ("entropy", "max_over_mean", "dropped")
# T, E, k, C: all different; as many tokens as experts; too few places, exactly enough, plenty.
SETTINGS = [(9, 4, 2, 3), (3, 7, 1, 1), (5, 5, 3, 2), (20, 6, 2, 40), (1, 3, 2, 1)]


def test_keys_shapes_and_dtypes():
    """Returns a dict of float32 tensors: load (E,) and three numbers."""
    metrics = router_metrics(routes(6, 4, 2), 4, 3)
    assert isinstance(metrics, dict), f"expected a dict, got a {type(metrics).__name__}"
    assert set(metrics) == {"load", *NUMBERS}, (
        f"the keys are load, {', '.join(NUMBERS)}; got {sorted(metrics)}"
    )
    assert_shape(metrics["load"], (4,), label="load")
    for name, value in metrics.items():
        assert value.dtype == torch.float32, f"{name} is float32, got {value.dtype}"
        assert name == "load" or value.shape == (), f"{name} is a tensor of no axes, got {tuple(value.shape)}"


@after("test_keys_shapes_and_dtypes")
def test_worked_example():
    """The example of the brief comes out as written."""
    idx = torch.tensor([[0, 1], [0, 1], [0, 2], [0, 1]])
    expect(router_metrics(idx, 4, 3), [0.5, 0.375, 0.125, 0.0], 0.702820, 2.0, 0.125)


@after("test_keys_shapes_and_dtypes")
@pytest.mark.parametrize(("tokens", "experts", "k", "capacity"), SETTINGS)
def test_the_numbers_are_the_definition(tokens, experts, k, capacity):
    """Load, entropy, max over mean and dropped are those of the definition."""
    idx = routes(tokens, experts, k)
    expected = by_hand(idx, experts, capacity)
    expect(router_metrics(idx, experts, capacity), *expected)


@after("test_keys_shapes_and_dtypes")
def test_an_even_router():
    """Even choices have the entropy 1 and max over mean 1."""
    idx = torch.stack([torch.arange(12) % 4, (torch.arange(12) + 1) % 4], dim=1)
    expect(router_metrics(idx, 4, 6), [0.25] * 4, 1.0, 1.0, 0.0)


@after("test_keys_shapes_and_dtypes")
@pytest.mark.parametrize("chosen", [0, 4], ids=["the first", "the last"])
def test_a_collapsed_router(chosen):
    """All tokens at one expert have the entropy 0 and max over mean E."""
    idx = torch.full((10, 1), chosen)
    load = [1.0 if i == chosen else 0.0 for i in range(5)]
    expect(router_metrics(idx, 5, 4), load, 0.0, 5.0, 0.6)


@after("test_keys_shapes_and_dtypes")
def test_a_single_expert():
    """A single expert has the entropy 1 and max over mean 1; two experts are no special case."""
    expect(router_metrics(torch.tensor([[0], [0], [0], [1]]), 2, 4), [0.75, 0.25], 0.811278, 1.5, 0.0)
    expect(router_metrics(torch.zeros(6, 1, dtype=torch.int64), 1, 4), [1.0], 1.0, 1.0, 2 / 6)


@after("test_keys_shapes_and_dtypes")
@pytest.mark.parametrize("experts", [1, 3])
def test_no_tokens(experts):
    """No tokens look like a healthy router: load 0, entropy 1, max over mean 1, dropped 0."""
    idx = torch.zeros(0, 2, dtype=torch.int64)
    expect(router_metrics(idx, experts, 4), [0.0] * experts, 1.0, 1.0, 0.0)


@after("test_keys_shapes_and_dtypes")
@pytest.mark.parametrize("capacity", [1, 3, 4, 5, 100])
def test_what_is_dropped(capacity):
    """Choices above the capacity are dropped, at each expert by itself."""
    idx = torch.tensor([[0], [0], [0], [0], [1], [1], [2]])
    expected = sum(max(n - capacity, 0) for n in (4, 2, 1)) / 7
    dropped = router_metrics(idx, 4, capacity)["dropped"]
    assert_close(dropped, torch.tensor(expected).double(), label="dropped")


@after("test_the_numbers_are_the_definition")
def test_many_tokens():
    """100,000 tokens are no trouble, and nothing requires gradients.

    Pins: "no result requires gradients".
    """
    idx = routes(1, 8, 2).repeat(100_000, 1)
    expected = by_hand(idx[:1], 8, 1)  # the same shares
    metrics = router_metrics(idx, 8, 100_000)
    expect(metrics, *expected)
    assert not any(value.requires_grad for value in metrics.values()), "metrics require no gradients"


@after("test_the_numbers_are_the_definition")
def test_idx_may_be_non_contiguous():
    """idx may have any memory layout.

    Pins: "may have any memory layout".
    """
    idx = routes(9, 5, 3).T.contiguous().T
    expected = by_hand(idx, 5, 4)
    expect(router_metrics(idx, 5, 4), *expected)


@after("test_keys_shapes_and_dtypes")
def test_nothing_else_happens():
    """idx stays as it was, no random number is drawn, the same call gives the same answer."""
    idx = routes(9, 5, 3)
    expected = by_hand(idx, 5, 4)
    with unchanged(idx), rng_unchanged():
        answers = [router_metrics(idx, 5, 4) for _ in range(2)]
    for metrics in answers:
        expect(metrics, *expected)


def routes(tokens, experts, k):
    """k different experts for each token, some experts more often than others."""
    return (torch.rand(tokens, experts) + torch.linspace(0, 0.7, experts)).topk(k, dim=1).indices


def by_hand(idx, experts, capacity):
    """The four metrics in plain floats."""
    counts = [idx.flatten().tolist().count(expert) for expert in range(experts)]
    load = [n / sum(counts) for n in counts]
    entropy = -sum(q * math.log(q) for q in load if q) / math.log(experts)
    dropped = sum(max(n - capacity, 0) for n in counts) / sum(counts)
    return load, entropy, max(counts) * experts / sum(counts), dropped


def expect(metrics, load, *numbers):
    """Compare all four metrics."""
    assert_close(metrics["load"], torch.tensor(load).double(), label="load")
    for name, expected in zip(NUMBERS, numbers, strict=True):
        assert_close(metrics[name], torch.tensor(expected).double(), label=name, atol=1e-5)
