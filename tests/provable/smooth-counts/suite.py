"""Each count plus one over the sum of its row, in which each count is one more too."""

import torch
from submission import smoothed

from ml_katas.testing import after, assert_close, assert_shape, distinct_sizes, unchanged


def test_keeps_the_shape():
    """The probabilities have the shape of the counts."""
    sizes = distinct_sizes(2)
    assert_shape(smoothed(torch.rand(sizes)), sizes, label="probabilities")


@after("test_keeps_the_shape")
def test_follows_the_definition():
    """Each probability is its count plus one over those of its row."""
    for sizes in ((3, 5), (3, 5), (4, 2)):
        counts = 9 * torch.rand(sizes)
        expected = by_definition(counts)
        assert_close(smoothed(counts), expected, label="probabilities")


@after("test_follows_the_definition")
def test_negative_counts_are_none():
    """A negative count counts as none."""
    expected = torch.tensor([[0.2, 0.4, 0.4]])
    assert_close(smoothed(torch.tensor([[-5.0, 1.0, 1.0]])), expected, label="probabilities")


@after("test_follows_the_definition")
def test_float64_stays():
    """float64 counts give float64 probabilities."""
    counts = 9 * torch.rand(4, 3).double()
    assert_close(smoothed(counts), by_definition(counts), label="probabilities", dtype=torch.float64)


@after("test_follows_the_definition")
def test_the_gradient_is_that_of_the_definition():
    """Each count receives the gradient of the definition."""
    counts, worth = (9 * torch.rand(4, 3).double()).requires_grad_(), torch.randn(4, 3).double()
    (expected,) = torch.autograd.grad((by_definition(counts) * worth).sum(), counts)
    (smoothed(counts) * worth).sum().backward()
    assert_close(counts.grad, expected, label="gradient")


@after("test_keeps_the_shape")
def test_counts_stay_as_they_were():
    """The counts are not changed."""
    counts = torch.randn(4, 3)
    with unchanged(counts):
        smoothed(counts)


def by_definition(counts):
    """Row by row and count by count, in float64."""
    rows = [[(count + 1) / sum(other + 1 for other in row) for count in row] for row in counts.double()]
    return torch.stack([torch.stack(row) for row in rows])
