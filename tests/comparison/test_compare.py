"""A comparison names what differs, how far and where."""

from __future__ import annotations

import math
import subprocess
import sys
from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest
import torch
from torch import Tensor

from ml_katas.comparison import Mismatch, assert_close, assert_shape, compare
from ml_katas.report import Differing, Failure, Window, Worst

NUMBERS = torch.tensor(
    [[0.3, -1.2, 2.5, 0.7], [1.9, 0.4, -0.6, 3.1], [-2.2, 1.4, 0.9, -0.1]], dtype=torch.float64
)
SOME_ROWS = torch.tensor(
    [[0.1, 0.2, 0.7], [0.5, 0.3, 0.2], [0.25, 0.6, 0.15], [0.4, 0.1, 0.5]], dtype=torch.float64
)
NAN, INF = math.nan, math.inf


def failed(actual: object, expected: object, **terms: Any) -> Failure:
    """Return the failure of a comparison that has one."""
    failure = compare(actual, expected, label="x", **terms)
    assert failure is not None
    return failure


def test_values_failure_holds_everything_a_report_shows() -> None:
    """A failure over values counts, names the worst element, and shows the numbers around it."""
    expected = torch.tensor([[0.731, 0.269], [0.612, 0.388]], dtype=torch.float64)
    actual = torch.tensor([[0.731, 0.269], [0.112, 0.401]])
    assert compare(actual, expected, label="weights") == Failure(
        kind="values",
        message="weights differs in 2 of 4 values; worst |Δ| 0.5 at [1, 0]",
        label="weights",
        expected="float64 (2, 2)",
        actual="float32 (2, 2)",
        differing=Differing(2, 4),
        worst=Worst((1, 0), "0.612", "0.112", "0.5"),
        window=Window(
            lead=(),
            rows=(0, 1),
            columns=(0, 1),
            expected=(("0.731", "0.269"), ("0.612", "0.388")),
            actual=(("0.731", "0.269"), ("0.112", "0.401")),
            differs=((False, False), (True, True)),
        ),
        relation="Your rows sum to 0.51 … 1.00, not 1.",
    )


def test_shape_failure_says_both_shapes() -> None:
    """A wrong shape is said with both shapes and the relation between them."""
    assert compare(NUMBERS.T.float(), NUMBERS, label="weights") == Failure(
        kind="shape",
        message="weights has shape (4, 3); expected (3, 4)",
        label="weights",
        expected="float64 (3, 4)",
        actual="float32 (4, 3)",
        relation="The values are right, but dimensions 0 and 1 are swapped.",
    )


def test_nan_failure_counts_nan_and_shows_the_first() -> None:
    """NaN where numbers are expected is counted apart and never becomes the difference."""
    actual = NUMBERS.float()
    actual[1, 2] = NAN
    failure = failed(actual, NUMBERS)
    assert failure.kind == "nan"
    assert failure.message == "x has 1 NaN where a number is expected"
    assert failure.worst == Worst((1, 2), "-0.600", "nan", "")
    assert failure.differing == Differing(1, 12)


def test_scalar_failure_says_both_numbers() -> None:
    """A 0-d tensor is one cell, and the message holds both numbers."""
    failure = failed(torch.tensor(0.413), torch.tensor(0.731, dtype=torch.float64))
    assert failure.message == "x is 0.413; expected 0.731"
    assert failure.window == Window(
        lead=(), rows=(0,), columns=(0,), expected=(("0.731",),), actual=(("0.413",),), differs=((True,),)
    )


def test_python_number_failure_says_both_numbers() -> None:
    """Two plain numbers differ like two 0-d tensors."""
    assert compare(3, 4) == Failure(
        kind="values",
        message="The result is 3; expected 4",
        expected="an int",
        actual="an int",
        differing=Differing(1, 1),
        worst=Worst((), "4", "3", "1"),
        window=Window(
            lead=(), rows=(0,), columns=(0,), expected=(("4",),), actual=(("3",),), differs=((True,),)
        ),
    )


@pytest.mark.parametrize(
    ("actual", "expected", "kind", "message"),
    [
        (None, NUMBERS, "type", "x is None (is a return missing?); expected a tensor of shape (3, 4)"),
        ([1, 2], NUMBERS, "type", "x is a list of 2; expected a tensor of shape (3, 4)"),
        (2.5, torch.tensor(2.5), "type", "x is a float; expected a tensor of shape ()"),
        (NUMBERS, (1, 2), "type", "x is a float64 (3, 4) tensor; expected a tuple of 2"),
        (True, 1, "type", "x is a bool; expected an int"),
        (1, True, "type", "x is an int; expected a bool"),
        (3.0, 3, "type", "x is a float; expected an int"),
        (1j, 1.0, "type", "x is a complex; expected a float"),
        ("a", None, "type", "x is a str; expected None"),
        ((1,), (1, 2), "structure", "x has 1 item; expected 2"),
        ({"k": 1}, {"k": 1, "v": 2}, "structure", "x lacks the key 'v'"),
        ({"k": 1, "q": 2}, {"k": 1}, "structure", "x has the key 'q', which is not expected"),
        (torch.ones(1), 1.0, "shape", "x has shape (1,); expected a single number"),
        (torch.ones(2, 3), torch.ones(2), "shape", "x has shape (2, 3); expected (2,)"),
        (torch.ones(2), torch.ones(2).long(), "dtype", "x is float32; expected int64"),
        (
            torch.ones(2).long(),
            torch.ones(2).double(),
            "dtype",
            "x is int64; expected a floating-point dtype",
        ),
        (torch.ones(2).int(), torch.ones(2).bool(), "dtype", "x is int32; expected bool"),
        (torch.ones(2), torch.ones(2).bfloat16(), "dtype", "x is float32; expected bfloat16"),
        ("abc", "abd", "values", "x is 'abc'; expected 'abd'"),
        (torch.float32, torch.float64, "values", "x is torch.float32; expected torch.float64"),
    ],
)
def test_coarse_differences_come_first_in_words(
    actual: object, expected: object, kind: str, message: str
) -> None:
    """What is wrong before any value is compared is one sentence."""
    failure = failed(actual, expected)
    assert (failure.kind, failure.message) == (kind, message)


class Step(NamedTuple):
    weight: Tensor
    loss: float


@dataclass
class State:
    mean: Tensor
    count: int


@pytest.mark.parametrize(
    ("actual", "expected", "label"),
    [
        ((1, [2, 3]), (1, [2, 4]), "x[1][1]"),
        ({"k": 1, "v": {"w": 2}}, {"k": 1, "v": {"w": 3}}, "x['v']['w']"),
        (Step(torch.ones(1), 1.0), Step(torch.ones(1), 2.0), "x.loss"),
        (State(torch.ones(1), 1), State(torch.ones(1), 2), "x.count"),
    ],
)
def test_label_holds_the_path_of_a_part(actual: object, expected: object, label: str) -> None:
    """A part that differs is named by its path from the whole."""
    assert failed(actual, expected).label == label


def test_parts_of_an_unnamed_value_belong_to_the_result() -> None:
    """Without a label a part is a part of the result."""
    failure = compare((1, 2), (1, 3))
    assert failure is not None
    assert failure.message == "result[1] is 2; expected 3"


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        ([1, 2], (1, 2)),
        (torch.Size([2, 3]), (2, 3)),
        (1, 1.0),
        (0.1 + 0.2, 0.3),
        (torch.tensor(2.5), 2.5),
        (torch.tensor(3), 3),
        (torch.tensor(True), True),
        (10**400, 10**400),
        (slice(1, 2), slice(1, 2)),
        ({1, 2}, {2, 1}),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        (torch.ones(2, requires_grad=True), torch.ones(2)),
        (torch.ones(2).bfloat16(), torch.ones(2).double()),
        (torch.ones(2, dtype=torch.complex64), torch.ones(2, dtype=torch.complex128)),
        (torch.ones(1).expand(5), torch.ones(5)),
        (torch.empty(0, 3), torch.empty(0, 3).double()),
    ],
)
def test_same_values_have_no_failure(actual: object, expected: object) -> None:
    """Values that mean the same compare equal."""
    assert compare(actual, expected) is None


@pytest.mark.parametrize(
    ("actual", "expected", "found"),
    [
        (NAN, NAN, "NaN"),
        (-INF, -INF, "-inf"),
        (
            torch.tensor([NAN, INF, -INF, INF, 1]),
            torch.tensor([NAN, INF, -INF, INF, 1]),
            "1 NaN and 2 inf and 1 -inf",
        ),
        (torch.tensor([NAN, 1.0]), torch.tensor([NAN, 1.0]).double(), "1 NaN"),
        (torch.tensor([INF, 1.0]), torch.tensor([INF, 1.0]), "1 inf"),
        (torch.tensor([INF, 1.0]).cfloat(), torch.tensor([INF, 1.0]).cfloat(), "1 inf"),
        ((1.0, torch.tensor([INF])), (1.0, torch.tensor([INF])), "1 inf"),
    ],
)
def test_nothing_meets_what_is_no_number_unasked(actual: object, expected: object, found: str) -> None:
    """An expectation that became NaN or infinite is met by nothing, unless the check says nonfinite=True."""
    assert compare(actual, expected, nonfinite=True) is None
    failure = compare(actual, expected, label="y")
    assert failure is not None
    assert failure.kind == "nan"
    assert failure.message.removeprefix("y[1]").removeprefix("y") == (
        f" was compared with {found}, which says nothing. Did your code change what it was given? "
        "(A check that means this says nonfinite=True.)"
    )
    with pytest.raises(Mismatch, match="nonfinite=True"):
        assert_close(actual, expected)
    assert_close(actual, expected, nonfinite=True)


def test_dtype_is_asked_for_by_name() -> None:
    """`dtype=` asks for a dtype where a float64 expectation asks for none."""
    assert failed(NUMBERS, NUMBERS, dtype=torch.float32).message == "x is float64; expected float32"
    assert compare(NUMBERS.float(), NUMBERS, dtype=torch.float32) is None


def test_window_surrounds_the_worst_element() -> None:
    """The window is at most five rows by six columns around the worst element of its slice."""
    expected = torch.zeros(3, 20, 30, dtype=torch.float64)
    actual = expected.clone()
    actual[1, 10, 29], actual[2, 0, 0] = 5.0, 1.0
    window = failed(actual, expected).window
    assert window is not None
    assert (window.lead, window.rows, window.columns) == ((1,), (8, 9, 10, 11, 12), (24, 25, 26, 27, 28, 29))
    assert window.actual[2] == ("0.000", "0.000", "0.000", "0.000", "0.000", "5.000")


def test_vector_is_one_row() -> None:
    """A vector has a window of one row."""
    window = failed(torch.tensor([1, 2, 3]), torch.tensor([1, 2, 4])).window
    assert window == Window(
        lead=(),
        rows=(0,),
        columns=(0, 1, 2),
        expected=(("1", "2", "4"),),
        actual=(("1", "2", "3"),),
        differs=((False, False, True),),
    )


@pytest.mark.parametrize(
    ("expected", "actual", "texts"),
    [
        (0.5, 0.50003, ("0.50000", "0.50003")),
        (1234.5, 1234.6, ("1234.5", "1234.6")),
        (1e-7, 3e-7, ("1.00e-07", "3.00e-07")),
        (2e9, 3e9, ("2.00e+09", "3.00e+09")),
        (0.0, -0.0004, ("0", "-4.00e-04")),
        (INF, 1.0, ("inf", "1.000")),
    ],
)
def test_digits_tell_two_numbers_apart(expected: float, actual: float, texts: tuple[str, str]) -> None:
    """Numbers have as many digits as it takes to see that they differ."""
    worst = failed(actual, expected, rtol=0, atol=0).worst
    assert worst is not None
    assert (worst.expected, worst.actual) == texts


def test_mismatch_is_readable_text() -> None:
    """Plain pytest shows the message, both sides and the relation; a star marks what differs."""
    with pytest.raises(Mismatch) as caught:
        assert_close(torch.tensor([[1, 2], [3, 40]]), torch.tensor([[1, 2], [3, 4]]), label="indices")
    assert str(caught.value).splitlines() == [
        "indices differs in 1 of 4 values; worst |Δ| 36 at [1, 1]",
        "",
        "      expected   got",
        "  0       1  2   1    2",
        "  1       3  4   3   40*",
    ]


def test_assert_close_accepts_what_compare_accepts() -> None:
    """`assert_close` says nothing where values are the same."""
    assert_close(NUMBERS.float(), NUMBERS, label="x")


@pytest.mark.parametrize(
    ("actual", "message"),
    [
        (None, "x is None (is a return missing?); expected a tensor of shape (2, 3)"),
        (torch.ones(3, 2), "x has shape (3, 2); expected (2, 3)"),
    ],
)
def test_assert_shape_asks_for_a_tensor_of_a_shape(actual: object, message: str) -> None:
    """`assert_shape` wants a tensor first, then its shape."""
    assert_shape(torch.ones(2, 3), (2, 3))
    with pytest.raises(Mismatch) as caught:
        assert_shape(actual, (2, 3), label="x")
    assert caught.value.failure.message == message


@pytest.mark.engine
def test_comparison_imports_nothing_heavy() -> None:
    """Comparing, failing and relating load no module beyond those that torch has loaded."""
    code = (
        "import sys, torch\n"
        "before = set(sys.modules)\n"
        "from ml_katas.comparison import Mismatch, compare\n"
        "x = torch.randn(6, 5)\n"
        "str(Mismatch(compare(x + torch.rand(6, 5), x.double())))\n"
        "print([m for m in set(sys.modules) - before if not m.startswith('ml_katas')])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
