"""The judge's side of the conversation: it trusts nothing that it receives."""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch

from ...comparison.wording import brief, call_text, kind_of
from ...report import Frame
from ...support.sanitize import sanitize_line
from .. import endings
from .codec import BadValue, NoMemory
from .decoding import Decoder
from .encoding import Encoder
from .exceptions import RemoteError, encode_exception, wants_memory
from .frames import Corrupted, Endpoint
from .initial_states import InitialStates, State
from .modules import describe_by_value
from .operations import OVERRIDABLE, next_of
from .peer import Peer
from .proxies import EntryPoint, Handle, ModuleHandle, keep_name
from .tensors import Oversized, Unsendable

MOST_CALLBACKS = 100_000
MOST_NESTED = 20
MOST_USES = 20
MOST_SHARED = 1 << 30
_MOST_ARGUMENTS = 4
_LONGEST_NAME = 80


class CannotCross(TypeError):
    """The suite hands out what cannot cross: its author's mistake, whatever the submission does."""


@dataclass
class CallbackFailure:
    """An exception of a callback of the suite, given what the submission passed to it, and where that was."""

    error: BaseException
    passed: str
    frames: tuple[Frame, ...] = ()


class JudgePeer(Peer):
    """Carries out operations on stand-ins and serves callbacks."""

    serves = frozenset({"call", "backward", "backward_again"})

    def __init__(self, channel: Endpoint) -> None:
        super().__init__(channel, first_shared=0)
        self.initial = InitialStates()
        self.asked = 0
        self.drew = False  # random numbers, in a call that is no construction: the sandbox's own word
        self.author_error: BaseException | None = None
        self.callback_failure: CallbackFailure | None = None
        self.busy = 0  # with what the submission sent: above 0 its time is the submission's
        self.most_shared = MOST_SHARED
        self._uses: list[tuple[str, int]] = []
        self._last_call: tuple[str, tuple[Any, ...], dict[str, Any]] | None = None
        self._returned: dict[int, str] = {}  # in that call, what a function of the suite returned, by its id
        self._exports: dict[int, Callable[..., Any]] = {}
        self._export_of: dict[int, int] = {}
        self._handles: weakref.WeakValueDictionary[int, Handle] = weakref.WeakValueDictionary()
        self._freed: list[int] = []
        self._seed: int | None = None
        self._callbacks = 0
        self._nested = 0

    # -------- asking

    def begin_check(self, seed: int, states: Sequence[State] = ()) -> None:
        """Start counting anew; *seed* is the sandbox's for this check, its modules begin with *states*."""
        self.seed(seed)
        self.initial = InitialStates(states)
        self.asked = self._callbacks = 0
        self.drew = False
        self._last_call = None
        self.author_error = self.callback_failure = None

    def do(self, operation: str, target: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Carry out an operation in the sandbox."""
        self.asked += 1
        if operation == "call":
            named = {name: _as_passed(value) for name, value in kwargs.items()}
            self._last_call = _name_of(target), tuple(map(_as_passed, args)), named
            self._returned = {}
        values = {"operation": operation, "target": target, "args": args, "kwargs": tuple(kwargs.items())}
        try:
            result = self.ask("do", values, sharing=True, **self.time_left())
        except Unsendable as error:
            self.author_error = CannotCross(f"the suite passes {error} to the submission, which cannot cross")
            raise self.author_error from None
        if operation == "call" and isinstance(target, EntryPoint) and isinstance(result, ModuleHandle):
            self.initial.of_next(result)
        if operation == "getattr" and isinstance(result, Handle):
            keep_name(result, f"{_name_of(target)}.{args[0]}")
        return result

    def time_left(self) -> dict[str, Any]:
        """Return how long the sandbox may take for what it is asked; nothing where no end is set."""
        return {}

    def last_call(self) -> str:
        """Return the last call of the submission in this check as one would write it, values in few words."""
        return call_text(*self._last_call, self._returned) if self._last_call else ""

    def opened(self, header: dict[str, Any]) -> None:
        self.drew = self.drew or header.get("drew") is True
        uses = header.get("avoided")
        for use in uses[: MOST_USES - len(self._uses)] if type(uses) is list else ():
            match use:
                case [str(what), int(line)] if type(line) is int:
                    self._uses.append((what, line))
                case _:
                    raise Corrupted("a malformed note of an avoided name")

        self._bound_shared()

    def _bound_shared(self) -> None:
        if self.shared.size > self.most_shared:
            mebibytes = self.most_shared >> 20
            raise endings.too_much(f"Your code shares more than {mebibytes} MiB with the checker.")

    def take_uses(self) -> list[tuple[str, int]]:
        """Return what the sandbox said of avoided names since the last time."""
        uses, self._uses = self._uses, []
        return uses

    def adopt_exception(self, error: RemoteError) -> BaseException:
        ours = self.author_error
        if ours is None or encode_exception(ours, "")[1] != error.message:
            return error
        if self.callback_failure is not None:
            self.callback_failure.frames = error.frames
        return ours  # what a callback of the suite raised, come back through the submission

    def free(self, number: int) -> None:
        """Tell the sandbox with the next message that a handle is gone."""
        self._freed.append(number)

    def seed(self, seed: int) -> None:
        """Seed the sandbox with the next message."""
        self._seed = seed

    def enclosed(self) -> dict[str, Any]:
        free = [self._freed.pop() for _ in range(len(self._freed))]
        seed, self._seed = self._seed, None
        return {"free": free} if seed is None else {"free": free, "seed": seed}

    def serve(self, header: dict[str, Any], payload: bytearray) -> None:
        self.busy += 1
        try:
            super().serve(header, payload)
        finally:
            self.busy -= 1

    def _read(self, header: dict[str, Any], payload: bytearray, key: str) -> tuple[Decoder, Any]:
        self.busy += 1
        try:
            return super()._read(header, payload, key)
        finally:
            self.busy -= 1

    def send_raw(self, header: dict[str, Any], encoder: Encoder | None = None) -> None:
        self.busy += 1  # with comparing all that is shared, which may be much
        try:
            super().send_raw(header, encoder)
        finally:
            self.busy -= 1

    # -------- serving callbacks

    def perform(self, op: str, header: dict[str, Any], arguments: dict[str, Any]) -> tuple[Any, bool]:
        self._callbacks += 1
        if self._callbacks > MOST_CALLBACKS:
            raise endings.too_much(f"Your code called back more than {MOST_CALLBACKS:,} times in one check.")
        if self._nested >= MOST_NESTED:
            raise endings.too_much(f"Your code nested callbacks more than {MOST_NESTED} deep.")
        self._nested += 1
        try:
            if op == "call":
                return self._call(arguments), False
            return super().perform(op, header, arguments)
        except (KeyError, TypeError, ValueError, IndexError) as error:
            if op == "call":
                raise
            raise Corrupted(f"a malformed {op} request ({type(error).__name__})") from None
        finally:
            self._nested -= 1

    def _call(self, arguments: dict[str, Any]) -> Any:
        function = self._exports.get(arguments.get("target", -1))
        args, kwargs = arguments.get("args"), arguments.get("kwargs")
        if function is None or not isinstance(args, tuple) or not isinstance(kwargs, tuple):
            raise Corrupted("a call of something that is not there")
        try:
            named = {name: value for name, value in kwargs if type(name) is str}
        except (TypeError, ValueError):
            raise Corrupted("a call with malformed keywords") from None
        try:
            result = function(*args, **named)
        except endings.Ending:
            raise
        except BaseException as error:  # pytest.fail is no Exception
            self.author_error = error
            self.callback_failure = CallbackFailure(error, _described(args, named))
            raise
        self._returned[id(function)] = brief(result)
        return result

    def failed(self, number: int, error: BaseException) -> None:
        if isinstance(error, (endings.Ending, BadValue, NoMemory)):
            raise error
        if wants_memory(error) and not isinstance(error, RemoteError):
            raise NoMemory from None
        if isinstance(error, Oversized):
            raise endings.too_much(f"Your code asked a function of the checker for {error}.")
        if isinstance(error, Unsendable):
            self.author_error = error = CannotCross(
                f"a callback of the suite returned {error}, which cannot cross"
            )
        super().failed(number, error)

    # -------- stand-ins and exports

    def export(self, obj: object) -> Any:
        if isinstance(obj, Handle):
            return {"!": "R", "id": obj._number}
        if isinstance(obj, EntryPoint):
            return {"!": "E", "v": obj.__name__}
        if isinstance(obj, torch.Generator):
            return {"!": "RG", "v": obj.get_state().numpy().tobytes().hex()}
        if hasattr(type(obj), "__next__"):
            return {"!": "IT", "id": self._exported(partial(next_of, obj))}
        if callable(obj):
            return {"!": "CB", "id": self._exported(obj)}
        raise Unsendable(f"a {type(obj).__name__}")

    def _exported(self, obj: Callable[..., Any]) -> int:
        number = self._export_of.get(id(obj))
        if number is None:
            number = len(self._exports) + 1
            self._exports[number] = obj
            self._export_of[id(obj)] = number
        return number

    def resolve(self, tag: str, node: dict[str, Any]) -> Any:
        if tag != "H":
            return super().resolve(tag, node)
        number, kind, name = node.get("id"), node.get("k"), node.get("n")
        if type(number) is not int or type(kind) is not str or type(name) is not str:
            raise Corrupted("a malformed handle")
        handle = self._handles.get(number)
        if handle is None:
            handle = self._handles[number] = Handle(self, number, kind[:16], _one_line(name))
        return handle

    def module_shell(self, node: dict[str, Any]) -> torch.nn.Module:
        number, name = node.get("h"), node.get("n")
        if type(number) is not int or type(name) is not str:
            raise Corrupted("a malformed module")
        own = node.get("own")
        own_methods = frozenset(name for name in OVERRIDABLE if type(own) is list and name in own)
        return ModuleHandle(self, number, _one_line(name), own_methods)

    def describe_module(self, module: torch.nn.Module) -> dict[str, Any]:
        with contextlib.suppress(Unsendable):
            return describe_by_value(self, module)
        return {"cb": self._exported(module)}


def _one_line(name: str) -> str:
    """Return the name that the submission gave to a class of its own, fit for a sentence."""
    return sanitize_line(name[:_LONGEST_NAME])


def _name_of(target: object) -> str:
    """Return what is called, as one would write it: "gate", "Layer(...)" for an instance of a class."""
    if isinstance(target, EntryPoint):
        return target.__name__
    if isinstance(target, Handle):
        return target._called_as or f"{target._type_name}(...)"
    return f"{target._type_name}(...)" if isinstance(target, ModuleHandle) else "it"


def _as_passed(value: object) -> object:
    """Return an argument as it is now: a container may be filled by the call."""
    return copy(value) if type(value) in (list, dict, set) else value


def _described(args: tuple[Any, ...], named: dict[str, Any]) -> str:
    """Return what a callback was given, in a few words."""
    kinds = [kind_of(value) for value in args[:_MOST_ARGUMENTS]]
    kinds += [f"{_one_line(name)}={kind_of(value)}" for name, value in list(named.items())[:_MOST_ARGUMENTS]]
    return ", ".join(kinds) or "nothing"
