"""After two rounds of small chunks every rank has the sum, and nothing crossed but through send.

Letters: ranks P, numbers N. Expected values are sums of plain floats, computed before the call.
"""

import pytest
import torch
from submission import ring_all_reduce

from ml_katas.testing import after, assert_close, assert_shape, rng_unchanged, unchanged

# P and N: divisible, a rest, N = P, fewer numbers than ranks, none, one rank, two.
SIZES = [(3, 6), (4, 10), (5, 5), (4, 3), (3, 0), (1, 4), (2, 7), (6, 13), (3, 1)]


class Ring:
    """A step of the ring, which keeps how many numbers each rank sent; factor 0 loses everything."""

    def __init__(self, factor=1.0):
        self.sent, self.factor = [], factor

    def __call__(self, chunks):
        chunks = list(chunks)
        self.sent.append([chunk.numel() for chunk in chunks])
        assert len(self.sent) < 100, "a hundred steps, and still no end"
        return [self.factor * chunks[rank - 1] for rank in range(len(chunks))]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize(("ranks", "numbers"), SIZES)
def test_one_tensor_per_rank(ranks, numbers, dtype):
    """The result is a tensor (N,) for each rank, of the dtype of the buffers."""
    sums = ring_all_reduce([torch.randn(numbers).to(dtype) for _ in range(ranks)], Ring())
    assert len(sums) == ranks, f"{ranks} ranks have as many results, got {len(sums)}"
    for rank, total in enumerate(sums):
        assert_shape(total, (numbers,), label=f"result of rank {rank}")
        assert total.dtype == dtype, f"buffers of {dtype} give {dtype}, got {total.dtype}"


@after("test_one_tensor_per_rank")
def test_worked_example():
    """The example of the brief comes out as written."""
    sums = ring_all_reduce([torch.tensor([1.0, 2.0]), torch.tensor([10.0, 20.0])], Ring())
    for rank, total in enumerate(sums):
        assert_close(total, torch.tensor([11.0, 22.0]).double(), label=f"result of rank {rank}")


@after("test_one_tensor_per_rank")
@pytest.mark.parametrize(("ranks", "numbers"), SIZES)
def test_every_rank_has_the_sum(ranks, numbers):
    """Every rank has the sum of all buffers, in every place."""
    bufs = drawn(ranks, numbers)
    expected = by_hand(bufs)
    for rank, total in enumerate(ring_all_reduce(bufs, Ring())):
        assert_close(total, expected, label=f"result of rank {rank}", rtol=1e-11, atol=1e-11)


@after("test_one_tensor_per_rank")
@pytest.mark.parametrize(("ranks", "numbers"), SIZES)
def test_twice_round_the_ring(ranks, numbers):
    """send is called 2 (P - 1) times."""
    ring = Ring()
    ring_all_reduce(drawn(ranks, numbers), ring)
    expected = 2 * (ranks - 1)
    assert len(ring.sent) == expected, f"{ranks} ranks need {expected} steps, counted {len(ring.sent)}"


@after("test_one_tensor_per_rank")
@pytest.mark.parametrize(("ranks", "numbers"), SIZES)
def test_chunks_are_small(ranks, numbers):
    """No rank sends more than a P-th of its numbers in a step, rounded up."""
    ring = Ring()
    ring_all_reduce(drawn(ranks, numbers), ring)
    most = max((max(step) for step in ring.sent), default=0)
    allowed = -(-numbers // ranks)
    assert most <= allowed, (
        f"{numbers} numbers on {ranks} ranks: at most {allowed} in a step, {most} were sent"
    )


@after("test_every_rank_has_the_sum")
def test_nothing_crosses_otherwise():
    """Where send loses everything, no rank knows of the others: each number is its own, or 0."""
    bufs = drawn(3, 7)
    own = [buf.clone() for buf in bufs]
    for rank, total in enumerate(ring_all_reduce(bufs, Ring(0.0))):
        alone = ((total == own[rank]) | (total == 0)).all()
        assert alone, f"rank {rank} knows numbers of other ranks, although nothing crossed"


@after("test_one_tensor_per_rank")
def test_nothing_else_happens():
    """The buffers may have any memory layout and stay as they were; no random number is drawn."""
    bufs = [torch.stack([buf, buf], dim=1)[:, 0] for buf in drawn(3, 7)]
    expected = by_hand(bufs)
    with unchanged(*bufs), rng_unchanged():
        answers = [ring_all_reduce(bufs, Ring()) for _ in range(2)]
    for sums in answers:
        for rank, total in enumerate(sums):
            assert_close(total, expected, label=f"result of rank {rank}", rtol=1e-11, atol=1e-11)


def drawn(ranks, numbers):
    """Buffers whose numbers tell ranks and places apart, in float64."""
    return [10.0 * rank + torch.rand(numbers).double() + 1 for rank in range(ranks)]


def by_hand(bufs):
    """The sum, number by number."""
    columns = zip(*[buf.tolist() for buf in bufs], strict=True)
    return torch.tensor([sum(column) for column in columns], dtype=torch.float64)
