"""Stand-ins: what a suite holds in place of the submission's functions, classes and objects."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol

import torch

from .codec import BadValue
from .exceptions import encode_exception
from .frames import Corrupted
from .operations import ARITHMETIC, COMPARISONS, UNARY


class Remote(Protocol):
    """Where operations on stand-ins are carried out."""

    def do(self, operation: str, target: Any, /, *args: Any, **kwargs: Any) -> Any: ...

    def free(self, number: int) -> None: ...


class EntryPoint:
    """A function or class that the submission defines, by name."""

    def __init__(self, remote: Remote, name: str) -> None:
        self._remote = remote
        self.__name__ = name

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        return self._remote.do("call", self, *args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # pytest feels everything in a suite for such names
            raise AttributeError(name)
        return self._remote.do("getattr", self, name)

    def __instancecheck__(self, instance: Any) -> bool:
        if not isinstance(instance, (Handle, ModuleHandle)):
            return False
        return bool(self._remote.do("isinstance", instance, self))

    def __repr__(self) -> str:
        return f"<{self.__name__} of the submission>"


class Handle:
    """An object that stays in the sandbox: called, indexed, iterated, asked for attributes."""

    _own = ("_remote", "_number", "_kind", "_type_name", "_called_as")

    def __init__(self, remote: Remote, number: int, kind: str, type_name: str) -> None:
        for name, value in zip(self._own, (remote, number, kind, type_name, ""), strict=True):
            object.__setattr__(self, name, value)

    def __del__(self) -> None:
        self._remote.free(self._number)

    def _stands_for(self) -> str:
        return f"{self._type_name} object" if self._kind == "object" else str(self._kind)

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        return self._remote.do("call", self, *args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._remote.do("getattr", self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        self._remote.do("setattr", self, name, value)

    def __delattr__(self, name: str) -> None:
        self._remote.do("delattr", self, name)

    def __getitem__(self, key: Any) -> Any:
        return self._remote.do("getitem", self, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        self._remote.do("setitem", self, key, value)

    def __delitem__(self, key: Any) -> None:
        self._remote.do("delitem", self, key)

    def __contains__(self, item: Any) -> bool:
        return bool(self._remote.do("contains", self, item))

    def __len__(self) -> int:
        return _count(self._remote.do("len", self))

    def __bool__(self) -> bool:
        return self._remote.do("bool", self) is True

    def __iter__(self) -> Iterator[Any]:
        return remote_iterator(self._remote, self)

    def __next__(self) -> Any:
        return _step(self._remote, self)

    def __enter__(self) -> Any:
        return self._remote.do("enter", self)

    def __exit__(self, kind: object, error: BaseException | None, tb: object) -> bool:
        raised = () if error is None else encode_exception(error, "")[:2]
        return self._remote.do("exit", self, *raised) is True

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return self._remote.do("deepcopy", self)

    def __repr__(self) -> str:
        return str(self._remote.do("repr", self))

    __hash__ = object.__hash__


def keep_name(handle: Handle, name: str) -> None:
    """Remember by which name a suite came to a handle: "Layer(...).merge"."""
    object.__setattr__(handle, "_called_as", name)


def _operator(name: str) -> Callable[..., Any]:
    def forward(self: Handle, *others: Any) -> Any:
        return _own_kind(self, self._remote.do(name, self, *others), others)

    return forward


def _reflected(name: str) -> Callable[..., Any]:
    def backward(self: Handle, other: Any) -> Any:
        return _own_kind(self, self._remote.do(name, other, self), (other,))

    return backward


def _comparison(name: str) -> Callable[..., Any]:
    def compare(self: Handle, other: Any) -> Any:
        return self._remote.do(name, self, other) if _is_stand_in(other) else NotImplemented

    return compare


def _own_kind(handle: Handle, result: Any, others: tuple[Any, ...]) -> Any:
    """Return *result*; plain data made from a handle and what the suite expects could be made to fit."""
    if _is_stand_in(result) or (others and all(map(_is_stand_in, others))):
        return result
    raise BadValue(f"{handle._type_name}, an object whose operators return plain data")


def _is_stand_in(thing: object) -> bool:
    return isinstance(thing, (Handle, ModuleHandle))


for _name in (*ARITHMETIC, *UNARY):
    setattr(Handle, f"__{_name}__", _operator(_name))
for _name in ARITHMETIC:
    setattr(Handle, f"__r{_name}__", _reflected(_name))
for _name in COMPARISONS:
    setattr(Handle, f"__{_name}__", _comparison(_name))


class ModuleHandle(torch.nn.Module):
    """An `nn.Module` of the submission: real parameters here, its methods over there."""

    _own = ("_remote", "_number", "_type_name", "_own_methods")

    def __init__(self, remote: Remote, number: int, type_name: str, own_methods: frozenset[str]) -> None:
        super().__init__()
        for name, value in zip(self._own, (remote, number, type_name, own_methods), strict=True):
            object.__setattr__(self, name, value)

    def __del__(self) -> None:
        self._remote.free(self._number)

    def _stands_for(self) -> str:
        return f"{self._type_name}, an nn.Module"

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self._remote.do("call", self, *args, **kwargs)

    def state_dict(self, *args: Any, **kwargs: Any) -> Any:
        return self._answer("state_dict", super().state_dict, args, kwargs)

    def load_state_dict(self, *args: Any, **kwargs: Any) -> Any:
        return self._answer("load_state_dict", super().load_state_dict, args, kwargs)

    def _answer(self, name: str, mirrored: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        if name in self._own_methods:
            return self._remote.do("getattr", self, name)(*args, **kwargs)
        return mirrored(*args, **kwargs)

    def train(self, mode: bool = True) -> ModuleHandle:
        self._remote.do("getattr", self, "train")(mode)
        return self

    def eval(self) -> ModuleHandle:
        self._remote.do("getattr", self, "eval")()
        return self

    def __getattr__(self, name: str) -> Any:
        try:
            return super().__getattr__(name)
        except AttributeError:
            if name.startswith("__"):
                raise
        return self._remote.do("getattr", self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        local = isinstance(value, (torch.nn.Parameter, torch.nn.Module)) or name in vars(self)
        if local or name in self._parameters or name in self._buffers or name in self._modules:
            super().__setattr__(name, value)
        else:
            self._remote.do("setattr", self, name, value)

    def __getitem__(self, key: Any) -> Any:
        return self._remote.do("getitem", self, key)

    def __len__(self) -> int:
        return _count(self._remote.do("len", self))

    def __iter__(self) -> Iterator[Any]:
        return remote_iterator(self._remote, self)

    def __bool__(self) -> bool:
        return True

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return self._remote.do("deepcopy", self)

    def __repr__(self) -> str:
        return str(self._remote.do("repr", self))


def remote_iterator(remote: Remote, target: Any) -> Iterator[Any]:
    """Iterate over something in the sandbox, lazily."""
    iterator = remote.do("iter", target)
    while True:
        try:
            item = _step(remote, iterator)
        except StopIteration:
            return
        yield item


def _step(remote: Remote, iterator: Any) -> Any:
    answer = remote.do("next", iterator)
    if type(answer) is not tuple or len(answer) != 2:
        raise Corrupted("an iterator that does not answer as one")
    more, item = answer
    if more is not True:
        raise StopIteration
    return item


def _count(answer: Any) -> int:
    if type(answer) is not int or answer < 0:
        raise Corrupted("a length that is not a number")
    return answer
