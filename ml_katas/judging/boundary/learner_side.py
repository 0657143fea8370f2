"""The learner's side: runs a submission and answers for it.

The submission shares this process: everything said here may be forged, and nothing here is secret.
"""

from __future__ import annotations

import contextlib
import gc
import importlib.util
import linecache
import socket
import sys
import types
from collections.abc import Iterator
from typing import Any

import torch

from .. import generators
from ..endings import OUT_OF_MEMORY
from . import avoided, watched
from .exceptions import wants_memory
from .frames import Channel, Closed, Endpoint
from .modules import CallbackModule, is_by_value, rebuild_module
from .operations import OPERATIONS, OVERRIDABLE, PARTS
from .overtime import Alarm
from .peer import Peer
from .tensors import Unsendable

MOST_USES = 20
MOST_NAMES = 500
LONGEST_NAME = 80


class LearnerPeer(Peer):
    """Loads the submission and does to its objects what the judge asks."""

    trusting = True
    serves = frozenset({"scan", "load", "ship", "do", "generator", "backward", "backward_again"})

    def __init__(self, channel: Endpoint, alarm: Alarm | None = None) -> None:
        super().__init__(channel, first_shared=1)
        self._alarm = alarm
        self.module = types.ModuleType("submission")
        self.handles: dict[int, object] = {}
        self._avoided: list[list[Any]] = []
        self._drew = False
        self._handle_of: dict[int, int] = {}
        self._handle_count = 0
        self._callbacks: dict[int, Any] = {}

    def serve_forever(self) -> None:
        """Answer the judge until it is gone."""
        while True:
            header, payload = self.channel.receive()
            self.serve(header, payload)

    # -------- what the judge asks

    def perform(self, op: str, header: dict[str, Any], arguments: dict[str, Any]) -> tuple[Any, bool]:
        if op == "scan":
            return self._scan(**arguments), False
        if op == "load":
            with self._ringing(header.get("left")):
                return self._load(**arguments), False
        if op == "ship":
            self._ship(**arguments)
            return None, False
        if op == "generator":
            return bytes(torch.get_rng_state().numpy()), False
        if op == "do":
            with self._ringing(header.get("left")):
                return self._do(**arguments)
        return super().perform(op, header, arguments)

    def ask(self, op: str, values: dict[str, Any], *, sharing: bool = False, **plain: Any) -> Any:
        with self._ringing(None):  # a frame is not to be left half sent
            return super().ask(op, values, sharing=sharing, **plain)

    def _ringing(self, seconds: float | None) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext() if self._alarm is None else self._alarm.within(seconds)

    def _scan(self, source: torch.Tensor, file_name: str, avoid: tuple[str, ...]) -> Any:
        """Read the source for avoided names before it runs; from then on watch for them."""
        text = bytes(source.numpy()).decode("utf-8-sig", "replace")
        watched.watch(avoid, file_name, self._note_use)
        return tuple(avoided.uses(text, avoid))

    def _note_use(self, what: str, line: int) -> None:
        if len(self._avoided) < MOST_USES:
            self._avoided.append([what, line])

    def enclosed(self) -> dict[str, Any]:
        uses, self._avoided = self._avoided[:MOST_USES], []
        drew, self._drew = self._drew, False
        return {"avoided": uses, "drew": drew}

    def _load(self, source: torch.Tensor, file_name: str, entry_points: tuple[str, ...]) -> Any:
        self.file_name = file_name
        self.module = types.ModuleType(_free_name(file_name))
        self.module.__file__ = file_name
        sys.modules[self.module.__name__] = self.module
        text = bytes(source.numpy()).decode("utf-8-sig")
        # TorchScript and tracebacks ask for the lines of a file that the sandbox cannot open.
        linecache.cache[file_name] = len(text), None, text.splitlines(keepends=True), file_name
        exec(compile(text, file_name, "exec", dont_inherit=True), vars(self.module))
        public = [name for name in list(vars(self.module)) if _is_public(name)][:MOST_NAMES]
        return tuple(_kind(vars(self.module).get(name)) for name in entry_points), tuple(public)

    def _ship(self, source: str, name: str) -> None:
        module = types.ModuleType(name)
        watched.shipped.add(f"<{name}>")
        exec(compile(source, f"<{name}>", "exec", dont_inherit=True), vars(module))
        sys.modules[name] = module

    def _do(self, operation: str, target: Any, args: tuple[Any, ...], kwargs: Any) -> tuple[Any, bool]:
        before = torch.get_rng_state()
        result = OPERATIONS[operation](target, *args, **dict(kwargs))
        if not isinstance(target, type):  # a class may begin with random numbers
            self._drew = self._drew or not torch.equal(before, torch.get_rng_state())
        made = operation == "call" and isinstance(target, type) and isinstance(result, target)
        if made and not isinstance(result, (torch.Tensor, torch.nn.Module)):
            return _AsHandle(result), False
        return result, operation in PARTS

    def failed(self, number: int, error: BaseException) -> None:
        if isinstance(error, Unsendable):
            self.send_raw({"r": number, "v": {"!": "bad", "why": str(error)[:300]}})
        else:
            super().failed(number, error)

    def send_raw(self, header: dict[str, Any], encoder: Any = None) -> None:
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except Exception:  # the submission may have replaced or closed it
                continue
        super().send_raw(header, encoder)

    # -------- objects that stay here, and the judge's that stay there

    def export(self, obj: object) -> Any:
        if isinstance(obj, _AsHandle):
            obj = obj.obj
        number = self._handle_of.get(id(obj))
        if number is None:
            self._handle_count += 1
            number = self._handle_count
            self.handles[number] = obj
            self._handle_of[id(obj)] = number
        name = obj.__name__ if isinstance(obj, type) else type(obj).__name__
        return {"!": "H", "id": number, "k": _kind(obj), "n": str(name)[:80]}

    def opened(self, header: dict[str, Any]) -> None:
        if "seed" in header:
            generators.seed_everything(header["seed"])
        for number in header.get("free", ()):
            obj = self.handles.pop(number, None)
            self._handle_of.pop(id(obj), None)

    def resolve(self, tag: str, node: dict[str, Any]) -> Any:
        if tag == "R":
            return self.handles[node["id"]]
        if tag == "E":
            return getattr(self.module, node["v"])
        if tag == "CB":
            return self._callback(node["id"])
        if tag == "IT":
            return self._iterate(self._callback(node["id"]))
        if tag == "RG":
            state = bytearray.fromhex(node["v"])
            return torch.Generator().set_state(torch.frombuffer(state, dtype=torch.uint8))
        return super().resolve(tag, node)

    def _iterate(self, step: Any) -> Iterator[Any]:
        while (answer := step())[0]:
            yield answer[1]

    def _callback(self, number: int) -> Any:
        if number not in self._callbacks:

            def callback(*args: Any, **kwargs: Any) -> Any:
                return self.call_back(number, args, kwargs)

            self._callbacks[number] = callback
        return self._callbacks[number]

    def call_back(self, number: int, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call a function of the judge's and return its result."""
        values = {"target": number, "args": args, "kwargs": tuple(kwargs.items())}
        return self.ask("call", values, sharing=True)

    def describe_module(self, module: torch.nn.Module) -> dict[str, Any]:
        kind: Any = type(module)
        own = [name for name in OVERRIDABLE if getattr(kind, name) is not getattr(torch.nn.Module, name)]
        return {"h": self.export(module)["id"], "n": kind.__name__[:80], "own": own}

    def module_shell(self, node: dict[str, Any]) -> torch.nn.Module:
        if is_by_value(node):
            return rebuild_module(self, node)
        return CallbackModule(self.call_back, node["cb"])


def _free_name(file_name: str) -> str:
    """Return the name for a module in this file, which hides no module that the file may import."""
    name = file_name.removesuffix(".py")
    taken = name in sys.modules or name in sys.stdlib_module_names
    try:
        return "submission" if taken or importlib.util.find_spec(name) else name
    except (ImportError, ValueError):
        return name


class _AsHandle:
    """An instance of the submission's own class, which stays here even where it could go as named fields."""

    def __init__(self, obj: object) -> None:
        self.obj = obj


def _is_public(name: object) -> bool:
    return type(name) is str and not name.startswith("_") and len(name) <= LONGEST_NAME


def _kind(obj: object) -> str:
    if isinstance(obj, type):
        return "class"
    if isinstance(obj, torch.nn.Module):
        return "module"
    if hasattr(type(obj), "__next__"):
        return "iterator"
    if callable(obj):
        return "callable"
    return "missing" if obj is None else "object"


def _uncompiled(model: Any = None, **_: Any) -> Any:
    """Stand for `torch.compile`, which needs a compiler and files; without it the same is computed."""
    return (lambda later: later) if model is None else model


def serve(sock: socket.socket) -> int:
    """Serve the judge on *sock* until it is gone, or memory is; return the exit code of this process."""
    torch.compile = _uncompiled
    try:
        LearnerPeer(Channel(sock), Alarm()).serve_forever()
    except Closed:
        gc.disable()
    except (MemoryError, RuntimeError) as error:
        if not wants_memory(error):
            raise
        return OUT_OF_MEMORY
    return 0
