"""Each label becomes a row with a one at its class, or only zeros if it is ignored.

Expected values are Python loops, computed before the call.
"""

import pytest
import torch
from submission import one_hot

from ml_katas.testing import after, assert_close, assert_shape, rng_unchanged, unchanged

# Shapes of labels and C: no axes to three, all different, equal to C, one label, one class.
SETTINGS = [((5,), 3), ((2, 4), 6), ((2, 3, 4), 5), ((3, 3), 3), ((), 4), ((1,), 2), ((4, 1), 1)]


@pytest.mark.parametrize(("shape", "classes"), SETTINGS, ids=str)
def test_the_classes_are_the_last_axis(shape, classes):
    """The result has the shape of the labels and one more axis, the last, of C classes."""
    assert_shape(one_hot(torch.zeros(shape, dtype=torch.int64), classes), (*shape, classes), label="result")


@after("test_the_classes_are_the_last_axis")
def test_worked_example():
    """The example of the brief comes out as written."""
    expected = torch.tensor([[0, 0, 1], [0, 0, 0], [1, 0, 0]]).double()
    assert_close(one_hot(torch.tensor([2, -1, 0]), 3), expected, label="result", rtol=0, atol=0)


@after("test_the_classes_are_the_last_axis")
@pytest.mark.parametrize(("shape", "classes"), SETTINGS, ids=str)
def test_each_entry_is_the_definition(shape, classes):
    """There is a one where the label is the class, and a zero elsewhere."""
    labels = torch.randint(classes, shape)
    expected = by_hand(labels, classes, -1)
    assert_close(one_hot(labels, classes), expected, label="result", rtol=0, atol=0)


@after("test_the_classes_are_the_last_axis")
@pytest.mark.parametrize(
    "dtype", [torch.float64, torch.bfloat16, torch.int64, torch.int32, torch.bool], ids=str
)
@pytest.mark.parametrize("labels_dtype", [torch.int64, torch.int32, torch.int8], ids=str)
def test_the_dtype_is_as_asked(dtype, labels_dtype):
    """The result has the dtype that was asked for, and float32 if none was."""
    labels = torch.tensor([2, 0, -1]).to(labels_dtype)
    for found, wanted in ((one_hot(labels, 3, dtype), dtype), (one_hot(labels, 3), torch.float32)):
        assert found.dtype == wanted, f"asked for {wanted}, got {found.dtype}"
        expected = torch.tensor([[0, 0, 1], [1, 0, 0], [0, 0, 0]]).double()
        assert_close(found.double(), expected, label=f"result of {wanted}", rtol=0, atol=0)


@after("test_each_entry_is_the_definition")
@pytest.mark.parametrize("ignore", [-1, -100, 0, 2, 255])
def test_ignored_labels_get_zeros(ignore):
    """Labels of the value to be ignored get a row of zeros, be it the number of a class or not."""
    labels = torch.tensor([[0, 1, 2], [3, ignore, 2]])
    expected = by_hand(labels, 4, ignore)
    assert_close(one_hot(labels, 4, ignore=ignore), expected, label="result", rtol=0, atol=0)


@after("test_each_entry_is_the_definition")
@pytest.mark.parametrize("labels", [[0, 0], [1, 0], [-1, -1]], ids=str)
def test_classes_need_not_occur(labels):
    """The result has C classes, whichever occur.

    Pins: "not all of them need to occur".
    """
    labels = torch.tensor(labels)
    expected = by_hand(labels, 5, -1)
    assert_close(one_hot(labels, 5), expected, label="result", rtol=0, atol=0)


@after("test_the_classes_are_the_last_axis")
@pytest.mark.parametrize("shape", [(0,), (2, 0)], ids=str)
def test_no_labels(shape):
    """No labels give no rows."""
    assert_shape(one_hot(torch.zeros(shape, dtype=torch.int64), 3), (*shape, 3), label="result")


@after("test_the_classes_are_the_last_axis")
@pytest.mark.parametrize(("label", "ignore"), [(3, -1), (4, -1), (-2, -1), (-1, -100), (7, 0), (-3, 9)])
def test_wrong_labels_raise(label, ignore):
    """A label outside that is not to be ignored raises a ValueError."""
    with pytest.raises(ValueError):  # noqa: PT011 - the words are free
        one_hot(torch.tensor([[0, 1], [label, 2]]), 3, ignore=ignore)


@after("test_the_classes_are_the_last_axis")
def test_nothing_else_happens():
    """The labels may have any memory layout and stay as they were; no random number is drawn."""
    labels = torch.tensor([[0, 2, -1, 1], [3, 3, 0, 2]]).T
    expected = by_hand(labels, 4, -1)
    with unchanged(labels), rng_unchanged():
        answers = [one_hot(labels, 4) for _ in range(2)]
    for found in answers:
        assert_close(found, expected, label="result", rtol=0, atol=0)


def by_hand(labels, classes, ignore):
    """The definition, entry by entry."""
    rows = [[float(c == label != ignore) for c in range(classes)] for label in labels.flatten().tolist()]
    return torch.tensor(rows, dtype=torch.float64).reshape(*labels.shape, classes)
