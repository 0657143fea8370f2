"""Comparison holds its promises for any value: odd dtypes, strides, NaN, infinities, huge numbers."""

from __future__ import annotations

import cmath
import math
from typing import Any

import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from ml_katas.comparison import TOLERANCES, Mismatch, compare

DTYPES = (*TOLERANCES, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64, torch.bool)
NAN, INF = math.nan, math.inf

any_float = st.floats(width=64) | st.sampled_from([0.0, -0.0, 1.0, 1e308, -1e308, 1e-300, NAN, INF, -INF])
shapes = st.sampled_from(
    [(), (0,), (1,), (2,), (3,), (2, 3), (3, 3), (3, 1), (2, 0, 3), (2, 3, 2), (1, 2, 2, 3)]
)


@st.composite
def tensors(
    draw: st.DrawFn, shape: tuple[int, ...] | None = None, dtype: torch.dtype | None = None
) -> Tensor:
    """Draw a tensor of any dtype, with odd values and odd strides."""
    shape, dtype = draw(shapes) if shape is None else shape, dtype or draw(st.sampled_from(DTYPES))
    count = math.prod(shape)
    if dtype.is_floating_point or dtype.is_complex:
        values: Any = draw(st.lists(any_float, min_size=count, max_size=count))
        tensor = torch.tensor(values, dtype=torch.float64).to(dtype)
        tensor = torch.complex(tensor.real, tensor.real.flip(0)) if dtype.is_complex else tensor
    else:
        values = draw(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=count, max_size=count))
        tensor = torch.tensor(values, dtype=torch.int64).to(dtype)
    tensor = tensor.reshape(shape)
    turned = tensor.mT.contiguous().mT if len(shape) > 1 and draw(st.booleans()) else tensor
    return turned.requires_grad_() if turned.is_floating_point() and draw(st.booleans()) else turned


@st.composite
def twins(draw: st.DrawFn) -> tuple[Tensor, Tensor]:
    """Draw two tensors of one shape and dtype."""
    first = draw(tensors())
    return first, draw(tensors(shape=tuple(first.shape), dtype=first.dtype))


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | any_float
    | st.complex_numbers()
    | st.text(max_size=5)
    | tensors(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=4,
)


@given(values)
def test_everything_equals_itself(value: object) -> None:
    """A value compared with itself has no failure."""
    assert compare(value, value, nonfinite=True) is None


@given(values)
def test_only_numbers_meet_an_expectation_unasked(value: object) -> None:
    """Without nonfinite=True a value equals itself exactly where it holds no NaN and no infinity."""
    assert (compare(value, value) is None) == all_numbers(value)


def all_numbers(value: object) -> bool:
    """Return whether every number in a value is one."""
    if isinstance(value, Tensor):
        return bool(value.detach().isfinite().all())
    if isinstance(value, dict):
        return all(map(all_numbers, value.values()))
    if isinstance(value, list | tuple):
        return all(map(all_numbers, value))
    return not isinstance(value, float | complex) or cmath.isfinite(value)


@given(tensors(dtype=torch.float32))
def test_large_change_is_seen(tensor: Tensor) -> None:
    """A tensor that moved by far more than the tolerance fails wherever it has a number."""
    moved = tensor.detach() * 2 + 100
    finite = tensor.detach().isfinite() & moved.isfinite()
    assert (compare(moved, tensor) is not None) or not bool((finite & (tensor != -100)).any())


@given(twins())
def test_same_dtype_compares_alike_both_ways(pair: tuple[Tensor, Tensor]) -> None:
    """Which side is called expected decides nothing between tensors of one dtype."""
    first, second = pair
    one, other = compare(first, second, nonfinite=True), compare(second, first, nonfinite=True)
    assert (one is None) == (other is None)


@given(twins())
def test_failure_over_values_is_whole(pair: tuple[Tensor, Tensor]) -> None:
    """A failure over values marks its worst element in its window, as texts that differ."""
    failure = compare(*pair, nonfinite=True)
    if failure is None:
        return
    assert failure.worst is not None
    assert failure.window is not None
    assert failure.differing is not None
    assert failure.worst.expected != failure.worst.actual
    assert any(map(any, failure.window.differs))
    assert 1 <= failure.differing.count <= failure.differing.total


@given(values, values)
def test_odd_values_never_raise(actual: object, expected: object) -> None:
    """Any two values compare, and every failure has a text."""
    failure = compare(actual, expected)
    assert failure is None or str(Mismatch(failure))
