"""How calls come to answer with junk: text that `submissions.py` sends into a sandbox, never imported."""

from __future__ import annotations

import contextlib
import functools
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # in the sandbox the two texts are one
    from .values import (
        JUNK,
        as_tensor,
        damaged,
        kept,
        outline,
        same,
        spoiled_number,
        spoiled_text,
        with_parts,
    )

torch: Any = None  # handed in before anything is called: only the engine imports it

_ANSWERING = ("forward", "__call__", "__getitem__", "__len__", "__iter__", "__next__")


def spoil(submission: dict[str, Any], names: list[str], kind: str, in_place: list[str], mark: str) -> None:
    """Have the functions and classes called *names* in *submission* answer with junk of this kind.

    *in_place* are the qualified names of functions that return nothing. The line *mark* is printed as soon
    as an answer is not the right one.
    """
    spoiler = Spoiler(kind, frozenset(in_place), mark)
    for name in names:
        if isinstance(submission[name], type):
            spoiler.patch(submission[name])
        else:
            submission[name] = spoiler.wrapped(submission[name])


class Spoiler:
    """Turns what is returned to callers outside of the solution into junk, and says once that it did."""

    def __init__(self, kind: str, in_place: frozenset[str], mark: str) -> None:
        self._kind = kind
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
        if name.endswith("__init__") or (self._kind == "nothing" and name not in self._in_place):
            return call()
        if self._kind == "nothing":
            self._tell()
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
                    self._tell()
                return answer
        with contextlib.suppress(Exception):
            return self._spoiled(answer, given)
        return answer  # what cannot be spoiled stays right, so that only a check can reject it

    def _instead(self, right: Any, junk: Any) -> Any:
        """Return *junk*, and say so unless it is what is *right* after all."""
        if not same(right, junk):
            self._tell()
        return junk

    def _tell(self) -> None:
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
    """Tell whether *name* is a method whose results a suite may look at, and none that torch relies on."""
    is_torch_s = issubclass(kind, torch.nn.Module) and hasattr(torch.nn.Module, name) and name != "forward"
    return not is_torch_s and (name in _ANSWERING or not name.startswith("_"))
