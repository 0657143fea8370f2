"""Two numbers are the same within a tolerance that depends on the dtype of the actual one."""

from __future__ import annotations

import math

import pytest
import torch

from ml_katas.comparison import TOLERANCES, compare
from ml_katas.report import Failure, Worst

INF = math.inf


def failed(actual: object, expected: object) -> Failure:
    """Return the failure of a comparison that has one."""
    failure = compare(actual, expected, label="x")
    assert failure is not None
    return failure


@pytest.mark.parametrize("dtype", list(TOLERANCES))
def test_tolerance_follows_the_actual_dtype(dtype: torch.dtype) -> None:
    """A value within half the tolerance of its dtype passes; four times the tolerance fails."""
    tolerance = TOLERANCES[dtype]
    wide = torch.complex128 if dtype.is_complex else torch.float64
    actual = torch.ones(3, dtype=dtype)
    step = tolerance.rtol + tolerance.atol
    assert compare(actual, torch.full((3,), 1 + step / 2, dtype=wide)) is None
    assert compare(actual, torch.full((3,), 1 + 4 * step, dtype=wide)) is not None


def test_suite_replaces_the_tolerance() -> None:
    """`rtol` and `atol` stand for those of the table."""
    assert compare(torch.ones(3) + 0.01, torch.ones(3), atol=0.02) is None
    assert compare(1 + 1e-12, 1.0, rtol=0, atol=0) is not None


def test_integers_are_exact_beyond_float64() -> None:
    """Integers that float64 cannot tell apart differ."""
    failure = failed(torch.tensor([2**53 + 1, 5]), torch.tensor([2**53, 5]))
    assert failure.worst == Worst((0,), "9007199254740992", "9007199254740993", "1")


def test_infinities_have_a_sign() -> None:
    """An infinity of the other sign is not the one expected."""
    assert (
        failed(torch.tensor([INF, 1.0]), torch.tensor([-INF, 1.0])).message
        == "x has 1 inf where -inf is expected"
    )
    assert (
        failed(torch.tensor([2.0, 1.0]), torch.tensor([-INF, 1.0])).message
        == "x has 1 number where -inf is expected"
    )
    assert failed(-INF, INF).kind == "nan"
