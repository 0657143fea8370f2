"""Every rank has the output of the whole layer, after one sum over ranks.

Letters: ranks R, width D, hidden F_r. Expected values are the whole layer, neuron by neuron in float64,
computed before the call.
"""

import math

import pytest
import torch
from submission import tp_mlp

from ml_katas.testing import after, assert_close, assert_shape, rng_unchanged, unchanged

# Leading axes, D, hidden numbers of each rank: equal and not, one rank, F_r = D, no axes, single numbers.
SETTINGS = [
    ((5,), 3, [4, 4]),
    ((2, 3), 4, [2, 5, 1]),
    ((), 2, [3, 6]),
    ((4,), 3, [7]),
    ((2,), 3, [3, 3, 3, 3]),
    ((3,), 1, [1, 1]),
]


class Wire:
    """An all-reduce that keeps what it is given; the sum is a new tensor for each rank."""

    def __init__(self, factor=1.0):
        self.given, self.factor = [], factor

    def __call__(self, tensors):
        tensors = list(tensors)
        self.given.append([tuple(tensor.shape) for tensor in tensors])
        return [self.factor * sum(tensors[1:], tensors[0]) for _ in tensors]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize(("lead", "width", "hidden"), SETTINGS, ids=str)
def test_one_output_per_rank(lead, width, hidden, dtype):
    """The result is a tensor (..., D) for each rank, of the dtype of x."""
    x, w1, w2, b2 = drawn(lead, width, hidden, dtype)
    ys = tp_mlp(x, w1, w2, b2, Wire())
    assert len(ys) == len(hidden), f"{len(hidden)} ranks have as many outputs, got {len(ys)}"
    for rank, y in enumerate(ys):
        assert_shape(y, (*lead, width), label=f"output of rank {rank}")
        assert y.dtype == dtype, f"x of {dtype} gives {dtype}, got {y.dtype} on rank {rank}"


@after("test_one_output_per_rank")
def test_worked_example():
    """The example of the brief comes out as written."""
    w1, w2 = [torch.tensor([[1.0]]), torch.tensor([[3.0]])], [torch.tensor([[2.0]]), torch.tensor([[4.0]])]
    ys = tp_mlp(torch.tensor([10.0]), w1, w2, torch.tensor([5.0]), Wire())
    for rank, y in enumerate(ys):
        assert_close(y, torch.tensor([145.0], dtype=torch.float64), label=f"output of rank {rank}")


@after("test_one_output_per_rank")
@pytest.mark.parametrize(("lead", "width", "hidden"), SETTINGS, ids=str)
def test_every_rank_has_the_whole_output(lead, width, hidden):
    """The output of each rank is that of the whole layer."""
    x, w1, w2, b2 = drawn(lead, width, hidden)
    expected = by_hand(x, w1, w2, b2)
    for rank, y in enumerate(tp_mlp(x, w1, w2, b2, Wire())):
        assert_close(y, expected, label=f"output of rank {rank}", rtol=1e-10, atol=1e-10)


@after("test_one_output_per_rank")
def test_gelu_is_the_exact_one():
    """GELU is that with the normal distribution, not its approximation."""
    x, w1 = torch.linspace(-3, 3, 13).double().unsqueeze(1), [torch.ones(1, 1).double()]
    expected = by_hand(x, w1, w1, torch.zeros(1))
    (y,) = tp_mlp(x, w1, [w1[0].clone()], torch.zeros(1).double(), Wire())
    assert_close(y, expected, label="output", rtol=1e-10, atol=1e-12)


@after("test_one_output_per_rank")
@pytest.mark.parametrize(("lead", "width", "hidden"), SETTINGS, ids=str)
def test_ranks_speak_once(lead, width, hidden):
    """all_reduce is called once, with a part of the output from each rank."""
    wire = Wire()
    tp_mlp(*drawn(lead, width, hidden), wire)
    assert len(wire.given) == 1, f"all_reduce is called once, not {len(wire.given)} times"
    expected = [(*lead, width)] * len(hidden)
    assert wire.given[0] == expected, f"each rank gives a part of the output {expected}, got {wire.given[0]}"


@after("test_ranks_speak_once")
def test_nothing_crosses_otherwise():
    """Where all_reduce loses everything, no rank knows anything of the weights."""
    x, w1, w2, b2 = drawn((4,), 3, [2, 5])
    for rank, y in enumerate(tp_mlp(x, w1, w2, b2, Wire(0.0))):
        lost = (y - b2).abs().max().item() < 1e-12 or y.abs().max().item() < 1e-12
        assert lost, f"the output of rank {rank} depends on weights, although nothing crossed"


@after("test_one_output_per_rank")
def test_the_gradients():
    """Gradients flow to x, to all weights and to the bias."""
    x, w1, w2, b2 = drawn((4,), 3, [2, 5])
    worth = torch.randn(4, 3).double()
    tensors = [x, *w1, *w2, b2]
    learned = [tensor.clone().requires_grad_() for tensor in tensors]
    whole = torch.cat(learned[1:3]), torch.cat(learned[3:5], dim=1)
    right = torch.nn.functional.gelu(learned[0] @ whole[0].T) @ whole[1].T + learned[5]
    expected = torch.autograd.grad((right * worth).sum(), learned)
    leaves = [tensor.clone().requires_grad_() for tensor in tensors]
    ys = tp_mlp(leaves[0], leaves[1:3], leaves[3:5], leaves[5], Wire())
    (ys[1] * worth).sum().backward()
    names = ("x", "w1 of rank 0", "w1 of rank 1", "w2 of rank 0", "w2 of rank 1", "b2")
    for name, leaf, gradient in zip(names, leaves, expected, strict=True):
        assert leaf.grad is not None, f"no gradient reaches {name}"
        assert_close(leaf.grad, gradient, label=f"gradient of {name}", rtol=1e-9, atol=1e-9)


@after("test_one_output_per_rank")
def test_nothing_else_happens():
    """The arguments may have any memory layout and stay as they were; no random number is drawn."""
    x, w1, w2, b2 = drawn((4,), 3, [2, 5])
    x, w1, w2 = x.T.contiguous().T, [w.T.contiguous().T for w in w1], [w.T.contiguous().T for w in w2]
    expected = by_hand(x, w1, w2, b2)
    with unchanged(x, *w1, *w2, b2), rng_unchanged():
        answers = [tp_mlp(x, w1, w2, b2, Wire()) for _ in range(2)]
    for ys in answers:
        for rank, y in enumerate(ys):
            assert_close(y, expected, label=f"output of rank {rank}", rtol=1e-10, atol=1e-10)


def drawn(lead, width, hidden, dtype=torch.float64):
    """x, the weights of each rank, and a bias away from 0."""
    w1, w2 = (
        [torch.randn(f, width).to(dtype) for f in hidden],
        [torch.randn(width, f).to(dtype) for f in hidden],
    )
    return torch.randn(*lead, width).to(dtype), w1, w2, torch.linspace(2, 3, width).to(dtype)


def by_hand(x, w1, w2, b2):
    """The whole layer, one hidden number after the other."""
    total = b2.double().expand(x.shape).clone()
    for rows, columns in zip(w1, w2, strict=True):
        for n in range(len(rows)):
            h = (x.double() * rows[n].double()).sum(dim=-1, keepdim=True)
            total += h * (1 + torch.erf(h / math.sqrt(2))) / 2 * columns[:, n].double()
    return total
