"""Spoils a submission: its functions answer with junk of one kind. Text that travels into a sandbox.

Each function of `JUNK` takes a tensor and returns junk, or the tensor itself where there is nothing to spoil.
"""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import functools
import inspect
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
    "digits": lambda x: x.float().double() if x.dtype == torch.float64 else x,
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


# What becomes of parameters and buffers that the solution is given, before it computes with them.
GIVEN: dict[str, Callable[[Any], Any]] = {
    "scaled": lambda p: p.mul_(1e12),
    "zeroed": lambda p: p.zero_(),
    "poisoned": lambda p: p.fill_(float("nan")),
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


def parameters_in(value: Any) -> list[Any]:
    """Return the parameters and buffers of inexact numbers in a value that a caller gave."""
    if isinstance(value, torch.nn.Module):
        return [tensor for tensor in parts_of(value) if is_inexact(tensor)]
    if isinstance(value, torch.Tensor):
        return [value] if isinstance(value, torch.nn.Parameter) and is_inexact(value) else []
    return [found for part in parts_of(value) for found in parameters_in(part)]


def same(one: Any, other: Any) -> bool:
    """Return whether two answers are the same to a caller, gradients and NaN included."""
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


_ANSWERING = ("forward", "__call__", "__getitem__", "__len__", "__iter__", "__next__")


def spoil(
    submission: dict[str, Any], names: list[str], kind: str, in_place: list[str], mark: str, since: int = 1
) -> None:
    """Have the functions and classes called *names* in *submission* answer with junk of this kind.

    *in_place* are the qualified names of functions that return nothing. The line *mark* is printed as soon
    as an answer is not the right one. What is given is spoiled from the *since*th time on.
    """
    spoiler = Spoiler(kind, frozenset(in_place), mark, since)
    for name in names:
        if isinstance(submission[name], type):
            spoiler.patch(submission[name])
        else:
            submission[name] = spoiler.wrapped(submission[name])


class Spoiler:
    """Turns what is returned to callers outside of the solution into junk, and says once that it did."""

    def __init__(self, kind: str, in_place: frozenset[str], mark: str, since: int = 1) -> None:
        self._kind = kind
        self._spared = since - 1  # how often parameters may still be given and stay as they are
        self._in_place = in_place
        self._mark = mark
        self._inside = False  # while the solution runs: what it calls of itself stays right
        self._patched: set[type] = set()
        self._first: dict[str, Any] = {}

    def patch(self, kind: type) -> None:
        """Wrap those methods of a class that the solution wrote and that answer; it stays the same class."""
        own = [base for base in reversed(kind.__mro__) if base.__module__ == kind.__module__]
        for name, method in [item for base in own for item in vars(base).items()]:
            if name == "__init__" or _answers(kind, name):
                setattr(kind, name, self._method(method))
        self._patched.add(kind)

    def _method(self, method: Any) -> Any:
        match method:
            case staticmethod():
                return staticmethod(self.wrapped(method.__func__))
            case classmethod():
                return classmethod(self.wrapped(method.__func__, is_method=True))
            case property(fget=getter) if getter is not None:
                return property(self.wrapped(getter, is_method=True), method.fset, method.fdel)
        return self.wrapped(method, is_method=True) if inspect.isfunction(method) else method

    def wrapped(self, right: Callable[..., Any], *, is_method: bool = False) -> Callable[..., Any]:
        """Return a function that does what *right* does, and answers with junk."""

        @functools.wraps(right)
        def wrong(*args: Any, **kwargs: Any) -> Any:
            if self._inside:
                return right(*args, **kwargs)
            self._inside = True
            try:
                given = [*args[is_method:], *kwargs.values()]
                return self._answer(right, given, functools.partial(right, *args, **kwargs))
            finally:
                self._inside = False

        return wrong

    def _answer(self, right: Callable[..., Any], given: list[Any], call: Callable[[], Any]) -> Any:
        name = getattr(right, "__qualname__", "")
        if self._kind in GIVEN:
            self._spoil_given(given)
            return call()
        if name.endswith("__init__") or (self._kind == "nothing" and name not in self._in_place):
            return call()
        if self._kind == "nothing":
            self._report()
            return None
        looks = outline([name, *given])  # before the call, which may change them
        answer = call()
        match self._kind:
            case "none":
                return self._instead(answer, None)
            case "stuck":
                first = self._first.setdefault(looks, kept(answer))
                return answer if same(first, kept(answer)) else self._instead(answer, first)
            case "damage":
                if damaged(given):
                    self._report()
                return answer
        with contextlib.suppress(Exception):
            return self._spoiled(answer, given)
        return answer  # what cannot be spoiled stays right, so that only a check can reject it

    def _spoil_given(self, given: list[Any]) -> None:
        parameters = [found for value in given for found in parameters_in(value)]
        if parameters and self._spared:
            self._spared -= 1
        elif parameters:
            with torch.no_grad():
                for parameter in parameters:
                    GIVEN[self._kind](parameter)
            self._report()

    def _instead(self, right: Any, junk: Any) -> Any:
        """Return *junk*, and say so unless it is what is *right* after all."""
        if not same(right, junk):
            self._report()
        return junk

    def _report(self) -> None:
        if self._mark:
            print(self._mark, flush=True)
        self._mark = ""

    def _spoiled(self, value: Any, given: list[Any]) -> Any:
        """Return *value* with all tensors, numbers and texts in it turned into junk."""
        value = as_tensor(value)
        match value:
            case torch.Tensor() | bool() | int() | float() | complex() | str() | bytes():
                return self._instead(value, self._spoiled_leaf(value, given))
            case list() if self._kind in ("empty", "shuffled"):
                return self._instead(value, value[::-1] if self._kind == "shuffled" else [])
            case torch.nn.Module():
                if type(value) not in self._patched:
                    value.forward = self.wrapped(value.forward)
                return value
        if inspect.isgenerator(value):
            return (self._spoiled(item, given) for item in value)
        if inspect.isroutine(value):
            return self.wrapped(value)
        return with_parts(value, lambda part: self._spoiled(part, given))

    def _spoiled_leaf(self, value: Any, given: list[Any]) -> Any:
        if self._kind == "argument":
            tensors = [argument for argument in given if isinstance(argument, torch.Tensor)]
            return [*tensors, *given, value][0]
        if isinstance(value, torch.Tensor):
            return JUNK[self._kind](value)
        spoiled = spoiled_text if isinstance(value, (str, bytes)) else spoiled_number
        return spoiled(value, self._kind)


def _answers(kind: type, name: str) -> bool:
    """Return whether *name* is a method whose results a suite may look at, and none that torch relies on."""
    is_torch_s = issubclass(kind, torch.nn.Module) and hasattr(torch.nn.Module, name) and name != "forward"
    return not is_torch_s and (name in _ANSWERING or not name.startswith("_"))
