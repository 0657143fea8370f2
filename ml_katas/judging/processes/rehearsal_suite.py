"""A suite of nothing in particular, which pytest collects and runs before the first one that matters."""

import pytest


@pytest.fixture
def one() -> int:
    """Return 1."""
    return 1


@pytest.mark.parametrize("n", [1, 2])
def test_numbers(n: int, one: int) -> None:
    """Numbers are numbers."""
    assert n >= one


@pytest.mark.parametrize(("n", "k"), [(1, 2), (3, 4)])
def test_pairs(n: int, k: int) -> None:
    """Pairs are in order."""
    assert n < k
