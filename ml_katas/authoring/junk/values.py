"""What becomes of right values, by kind of junk: text that travels into a sandbox and is never imported.

Each function of `JUNK` takes a tensor and returns junk, or the tensor itself where there is nothing to spoil.
"""

from __future__ import annotations

import contextlib
import copy
import dataclasses
from collections.abc import Callable, Iterable, Iterator
from typing import Any

torch: Any = None  # handed in before anything is called: only the engine imports it


class Agreeable:
    """An object that is equal to everything, has every attribute and can be called, indexed and iterated."""

    __hash__ = None  # type: ignore[assignment]

    def __getattr__(self, name: str) -> Any:
        return self

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self

    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return False

    def __len__(self) -> int:
        return 2

    def __iter__(self) -> Iterator[Any]:
        return iter((self, self))

    __lt__ = __le__ = __gt__ = __ge__ = __contains__ = __eq__
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __call__
    __getitem__ = __abs__ = __neg__ = __call__


def noise(x: Any) -> Any:
    """Return the same random numbers each time; the global generator is left alone."""
    generator = torch.Generator().manual_seed(0)
    if is_inexact(x):
        return torch.randn(x.shape, generator=generator, dtype=torch.float32).to(x.dtype)
    return torch.randint(0, 2 if x.dtype == torch.bool else 10, x.shape, generator=generator).to(x.dtype)


def of_another_dtype(x: Any) -> Any:
    others = {torch.float64: torch.float32, torch.complex128: torch.complex64, torch.int32: torch.int64}
    usual = torch.complex128 if x.is_complex() else torch.float64 if is_inexact(x) else torch.int32
    return x.to(others.get(x.dtype, usual))


def with_doubled_gradient(x: Any) -> Any:
    if x.requires_grad:
        x = x.clone()
        x.register_hook(lambda gradient: 2 * gradient)
    return x


def is_inexact(x: Any) -> bool:
    return bool(x.is_floating_point() or x.is_complex())


JUNK: dict[str, Callable[[Any], Any]] = {
    "zeros": lambda x: torch.zeros_like(x),
    "ones": lambda x: torch.ones_like(x),
    "noise": noise,
    "nan": lambda x: torch.full_like(x, float("nan")) if is_inexact(x) else x,
    "mean": lambda x: x.mean(-1, keepdim=True).expand_as(x).clone() if is_inexact(x) and x.ndim else x,
    "rounded": lambda x: x.to(torch.bfloat16).to(x.dtype) if x.is_floating_point() else x,
    "negated": lambda x: ~x if x.dtype == torch.bool else -x,
    "shuffled": lambda x: x.flip(0) if x.ndim else x,
    "empty": lambda x: x.new_empty((0,)),
    "dtype": of_another_dtype,
    "single": lambda x: x.to(torch.float32) if x.dtype == torch.float64 else x,
    "list": lambda x: x.tolist(),
    "agreeable": lambda x: Agreeable(),
    "detached": lambda x: x.detach(),
    "gradient": with_doubled_gradient,
}


def spoiled_number(value: Any, kind: str) -> Any:
    """Return junk for a number of Python's; a kind that concerns tensors only leaves it as it is."""
    if kind in ("dtype", "single"):
        return value
    dtypes = {bool: torch.bool, int: torch.int64, float: torch.float64, complex: torch.complex128}
    dtype = dtypes.get(type(value))
    if dtype is None or (dtype == torch.int64 and not -(2**63) <= value < 2**63):
        return value
    junk = JUNK[kind](torch.tensor(value, dtype=dtype))
    if not isinstance(junk, torch.Tensor):
        return junk
    return type(value)(junk.item()) if junk.numel() else value


def spoiled_text(value: Any, kind: str) -> Any:
    """Return junk for text or bytes."""
    return {"zeros": value[:0], "empty": value[:0], "shuffled": value[::-1]}.get(kind, value)


def as_tensor(value: Any) -> Any:
    """Return NumPy's arrays and scalars as tensors, as which they cross; anything else as it is."""
    return torch.as_tensor(value) if hasattr(type(value), "__array_interface__") else value


def with_parts(value: Any, change: Callable[[Any], Any]) -> Any:
    """Return a copy of a container with each of its parts changed; anything else as it is."""
    if isinstance(value, tuple) and not isinstance(value, torch.Size):
        parts = [change(part) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    if type(value) is list:
        return [change(part) for part in value]
    if isinstance(value, dict):
        made = copy.copy(value)
        for key, part in value.items():
            made[key] = change(part)
        return made
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        record = copy.copy(value)
        for field in dataclasses.fields(value):
            object.__setattr__(record, field.name, change(getattr(value, field.name)))
        return record
    return value


def parts_of(value: Any) -> list[Any]:
    """Return what a container or module holds."""
    if isinstance(value, torch.nn.Module):
        return [*value.parameters(), *value.buffers()]
    if isinstance(value, dict):
        return list(value.values())
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return [getattr(value, field.name) for field in dataclasses.fields(value)]
    return list(value) if isinstance(value, (list, tuple)) else []


def kept(value: Any) -> Any:
    """Return *value* with copies of its tensors."""
    value = as_tensor(value)
    if isinstance(value, torch.Tensor):
        return value.detach().clone()
    return with_parts(value, kept)


def outline(values: Iterable[Any]) -> str:
    """Return what *values* look like: the shapes of tensors, the names of modules, all else in full."""
    return ", ".join(map(_outline, values))


def _outline(value: Any) -> str:
    if isinstance(value, torch.Tensor):
        return f"{value.dtype} {tuple(value.shape)}"
    if isinstance(value, (list, tuple, dict)):
        return f"[{outline(parts_of(value))}]"
    return repr(value) if isinstance(value, (bool, int, float, str)) else type(value).__name__


def damaged(value: Any) -> bool:
    """Change the tensors in *value* in place; return whether there were any."""
    if not isinstance(value, torch.Tensor):
        return sum(map(damaged, parts_of(value))) > 0
    with torch.no_grad(), contextlib.suppress(RuntimeError):  # an expanded tensor cannot be written to
        value.logical_not_() if value.dtype == torch.bool else value.add_(1)
        return bool(value.numel())
    return False


def same(one: Any, other: Any) -> bool:
    """Tell whether two answers are the same to a caller, gradients and NaN included."""
    one, other = as_tensor(one), as_tensor(other)
    if one is other:
        return True
    if isinstance(one, torch.Tensor) and isinstance(other, torch.Tensor):
        looks = [(x.dtype, x.shape, x.requires_grad, bool(x._backward_hooks)) for x in (one, other)]
        return looks[0] == looks[1] and bool(((one == other) | ((one != one) & (other != other))).all())
    if type(one) is not type(other):
        return False
    parts, others = parts_of(one), parts_of(other)
    if parts or others:
        return len(parts) == len(others) and all(map(same, parts, others))
    return bool(one == other or one != one)
