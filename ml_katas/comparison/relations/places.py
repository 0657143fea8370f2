"""Relations between the places of values: transposed, reversed, one place late, permuted, reshaped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations, permutations

import torch
from torch import Tensor

from .case import Case, distinct

_MOST_DIMS = 5  # permutations grow fast


def transposed(case: Case) -> str:
    """Two dimensions are swapped, or more are in another order."""
    for i, j in combinations(range(case.expected.dim()), 2):
        if case.gives(case.expected.transpose(i, j)):
            return f"The values are right, but dimensions {i} and {j} are swapped."
    for order in permutations(range(min(case.expected.dim(), _MOST_DIMS + 1))):
        if len(order) == case.expected.dim() <= _MOST_DIMS and case.gives(case.expected.permute(order)):
            return f"The values are right, but the dimensions are in the order {order}."
    return ""


def reversed_order(case: Case) -> str:
    """A dimension runs backwards."""
    fits = (dim for dim in _dims(case) if case.gives(case.expected.flip(dim)))
    return next((f"The values are right, but {_along(case, dim)} run backwards." for dim in fits), "")


def displaced(case: Case) -> str:
    """Everything comes one place late or early along a dimension."""
    for dim in _dims(case):
        size = case.expected.shape[dim]
        if size < 3 or not _moves(case, dim):
            continue
        for word, ours, theirs in (("late", 1, 0), ("early", 0, 1)):
            if case.alike(
                case.actual.narrow(dim, ours, size - 1), case.expected.narrow(dim, theirs, size - 1)
            ):
                return f"The values are right, but {_along(case, dim)} come one place {word}."
    return ""


def permuted(case: Case) -> str:
    """The rows, columns or slices of a dimension are right, in another order."""
    if case.actual.is_complex() or distinct(case.expected, case.tolerance) < 4:
        return ""
    fits = (dim for dim in _dims(case) if case.alike(*_both(_by_key, case, dim)))
    return next((f"The values are right, but {_along(case, dim)} are in another order." for dim in fits), "")


def unsorted_rows(case: Case) -> str:
    """Each row holds the right values, in another order."""
    if case.actual.is_complex() or case.actual.dim() < 2 or case.actual.shape[-1] < 2:
        return ""
    if distinct(case.expected, case.tolerance) < 4 or not case.alike(*_both(_sorted, case, -1)):
        return ""
    return "Each row holds the right values, in another order."


def reshaped(case: Case) -> str:
    """A reshape stands where a transpose is needed."""
    for i, j in combinations(range(case.expected.dim()), 2):
        if case.alike(case.actual.flatten(), case.expected.transpose(i, j).flatten()):
            return f"The values are reshaped where dimensions {i} and {j} need a transpose."
    return ""


def shuffled(case: Case) -> str:
    """The values are right as a collection."""
    if case.actual.is_complex() or case.actual.numel() != case.expected.numel():
        return ""
    if distinct(case.expected, case.tolerance) < 4:
        return ""
    fits = case.alike(case.actual.flatten().sort().values, case.expected.flatten().sort().values)
    return "The values are right, but in another order." if fits else ""


def single_line(case: Case) -> str:
    """Several values are wrong, all in one row, column or slice."""
    if int(case.differs.sum()) < 2:
        return ""
    for dim in _dims(case):
        others = [other for other in range(case.expected.dim()) if other != dim]
        wrong = case.differs.any(others) if others else case.differs
        if wrong.numel() >= 3 and int(wrong.sum()) == 1:
            return f"Only {_one_of(case, dim, int(wrong.int().argmax()))} is wrong."
    return ""


def triangle(case: Case) -> str:
    """Only one side of the diagonal is wrong."""
    mask = case.differs
    if mask.dim() < 2 or mask.shape[-1] != mask.shape[-2] or mask.shape[-1] < 3 or int(mask.sum()) < 3:
        return ""
    above, below = mask.triu(1), mask.tril(-1)
    parts = (
        ("above the diagonal", above),
        ("below the diagonal", below),
        ("on the diagonal", mask & ~above & ~below),
    )
    return next((f"Only values {where} are wrong." for where, part in parts if torch.equal(part, mask)), "")


def same_row_of_values(case: Case) -> str:
    """The shape alone is wrong: the values are right and in order."""
    if not case.alike(case.actual.flatten(), case.expected.flatten()):
        return ""
    if case.actual.squeeze().shape == case.expected.squeeze().shape:
        more = "many" if case.actual.dim() > case.expected.dim() else "few"
        if case.actual.dim() != case.expected.dim():
            return f"The values are right; there is a dimension of size 1 too {more}."
    return "The values are right and in order; only the shape is not."


def cut(case: Case) -> str:
    """The tensor is right as far as both go along one dimension."""
    a, e = case.actual, case.expected
    other = [dim for dim in range(e.dim()) if a.dim() == e.dim() and a.shape[dim] != e.shape[dim]]
    if len(other) != 1 or min(a.shape[other[0]], e.shape[other[0]]) < 2:
        return ""
    (dim,) = other
    size = min(a.shape[dim], e.shape[dim])
    for end, place in (("first", 0), ("last", -size)):
        if case.alike(_slice(a, dim, place, size), _slice(e, dim, place, size)):
            surplus = _surplus(a.shape[dim] - size, e.shape[dim] - size)
            return f"The {end} {size} along dimension {dim} are right; {surplus}."
    return ""


def _surplus(more: int, fewer: int) -> str:
    return f"{more} too many" if more else f"{fewer} too few"


def _slice(tensor: Tensor, dim: int, place: int, size: int) -> Tensor:
    start = place if place >= 0 else tensor.shape[dim] + place
    return tensor.narrow(dim, start, size)


def _moves(case: Case, dim: int) -> bool:
    """Return whether a step along *dim* changes enough values to be seen."""
    size = case.expected.shape[dim]
    later, earlier = case.expected.narrow(dim, 1, size - 1), case.expected.narrow(dim, 0, size - 1)
    enough = 6 if case.whole else 2  # masks and indices agree by chance
    return int((later != earlier).sum()) >= enough and not case.alike(later, earlier)


def _dims(case: Case) -> Iterator[int]:
    return (dim for dim in range(case.expected.dim()) if case.expected.shape[dim] > 1)


def _along(case: Case, dim: int) -> str:
    return _name(case, dim, "they", "the rows", "the columns", f"the slices of dimension {dim}")


def _one_of(case: Case, dim: int, place: int) -> str:
    return _name(case, dim, "element", "row", "column", f"index {place} of dimension {dim}", f" {place}")


def _name(case: Case, dim: int, value: str, row: str, column: str, other: str, place: str = "") -> str:
    if case.expected.dim() == 1:
        return value + place
    if case.expected.dim() == 2:
        return (column if dim else row) + place
    return other


def _both(arranged: Callable[[Tensor, int], Tensor], case: Case, dim: int) -> tuple[Tensor, Tensor]:
    return arranged(case.actual, dim), arranged(case.expected, dim)


def _sorted(values: Tensor, dim: int) -> Tensor:
    return values.sort(dim).values


def _by_key(values: Tensor, dim: int) -> Tensor:
    """Return the slices along *dim* in the order of a projection that hardly any two share."""
    slices = values.movedim(dim, 0).flatten(1) if values.dim() > 1 else values[:, None]
    weights = torch.arange(1, slices.shape[1] + 1, dtype=slices.dtype).sin()
    return slices[(slices @ weights).argsort()]
