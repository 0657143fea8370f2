"""Values as messages: encoding of what may cross, and decoding that survives anything.

Plain data goes by value; tagged where JSON has no form for it: `{"!": tag, …}`. What must stay the same object on
both sides goes as a reference to a tie, whose content travels once and then only when it changes.
"""

from __future__ import annotations

import dataclasses
import types
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import Any, Protocol

import torch

from . import tensors
from .tensors import TensorState, Unsendable
from .ties import Tie, Ties
from .wire import Corrupted

MAX_DEPTH = 40
MAX_NODES = 20_000
MAX_HASHED = 2_000
_MAX_DIGITS = 2_100
_INT64 = 1 << 63


class BadValue(Exception):
    """The submission made a value that is not plain data; the message names it."""


class Fields(types.SimpleNamespace):
    """A dataclass of the other side, as named fields."""


class Side(Protocol):
    """What encoding and decoding need from the end of the conversation that they serve."""

    ties: Ties
    trusting: bool  # whether the other side's layout and flags are taken over as they are

    def export(self, obj: object) -> Any:
        """Return the message form of an object that is not plain data, or raise Unsendable."""

    def resolve(self, tag: str, node: dict[str, Any]) -> Any:
        """Return the object behind a tag of `export` by the other side, or raise Corrupted."""

    def module_shell(self, node: dict[str, Any]) -> torch.nn.Module:
        """Return an empty module for a module of the other side."""

    def describe_module(self, module: torch.nn.Module) -> dict[str, Any]:
        """Return what the other side's `module_shell` needs."""


class Encoder:
    """Encodes the values of one message.

    `sharing` ties every mutable object in them; among `results`, tensors inside a graph go by value all the same,
    since they are joined to the other side's graph.
    """

    def __init__(self, side: Side, *, sharing: bool, results: bool = False) -> None:
        self.side = side
        self.sharing = sharing
        self.results = results
        self.segments: list[Any] = []
        self.size = 0
        self.nodes = 0
        self.new: list[Tie] = []
        self.outputs: list[torch.Tensor] = []

    def value(self, x: Any, depth: int = 0) -> Any:
        """Return the message form of *x*, or raise Unsendable."""
        self.nodes += 1
        if depth > MAX_DEPTH:
            raise Unsendable(f"containers nested more than {MAX_DEPTH} deep")
        if self.nodes > MAX_NODES:
            raise Unsendable(f"more than {MAX_NODES} Python objects; use tensors")
        kind = type(x)
        if x is None or kind is bool or kind is str:
            return x
        if encode := _PLAIN.get(kind):
            return encode(x)
        tie = self.side.ties.find(x)
        if tie is not None:
            return {"!": "@", "id": tie.id}
        if isinstance(x, torch.Tensor):
            return self._tensor(x)
        if isinstance(x, torch.nn.Module):
            return self._tied(x)
        if kind in _CONTAINERS:
            return self._tied(x) if self.sharing and kind in _MUTABLE else self.content(x, depth)
        return self._odd(x, kind, depth)

    def _odd(self, x: Any, kind: type, depth: int) -> Any:
        if kind.__module__ == "numpy":
            return self._numpy(x)
        if isinstance(x, tuple):
            names = getattr(kind, "_fields", None) or getattr(kind, "__match_args__", ())
            return {
                "!": "nt",
                "n": kind.__name__,
                "f": list(names),
                "v": [self.value(i, depth + 1) for i in x],
            }
        if dataclasses.is_dataclass(x) and not isinstance(x, type):
            pairs = [(f.name, getattr(x, f.name)) for f in dataclasses.fields(x)]
            return {"!": "dc", "v": [[name, self.value(i, depth + 1)] for name, i in pairs]}
        if kind is Fields:
            return {"!": "dc", "v": [[name, self.value(i, depth + 1)] for name, i in vars(x).items()]}
        return self.side.export(x)

    def _numpy(self, x: Any) -> Any:
        try:
            return self._tensor(torch.as_tensor(x))
        except (TypeError, RuntimeError, ValueError):
            return self.side.export(x)

    def content(self, x: Any, depth: int = 0) -> Any:
        """Return the content of a container, whose items may be references."""
        if type(x) in (set, frozenset, *_MAPPINGS) and len(x) > MAX_HASHED:
            raise Unsendable(f"a {type(x).__name__} of more than {MAX_HASHED} items; use tensors")
        if len(x) > MAX_NODES:
            raise Unsendable(f"a {type(x).__name__} of {len(x)} items; use tensors")
        if isinstance(x, dict):
            return {
                "!": "d",
                "v": [[self.value(k, depth + 1), self.value(v, depth + 1)] for k, v in x.items()],
            }
        items = [self.value(item, depth + 1) for item in x]
        tag = {list: "", tuple: "t", set: "s", frozenset: "fs"}[type(x)]
        return {"!": tag, "v": items} if tag else items

    def _tensor(self, x: torch.Tensor) -> Any:
        in_graph = x.requires_grad and not x.is_leaf
        if (self.sharing and not (self.results and in_graph)) or (x.requires_grad and x.is_leaf):
            return self._tied(x)
        meta = self.write(tensors.dtype_name(x), tuple(x.shape), tensors.raw_bytes(x))
        if x.requires_grad:
            self.outputs.append(x)
            meta["out"] = len(self.outputs) - 1
        return {"!": "T", **meta}

    def write(self, dtype: str, shape: tuple[int, ...], data: Any) -> dict[str, Any]:
        """Append a tensor's bytes to the payload and return where they are."""
        start, size = self.size, len(data)
        self.segments.append(data)
        self.size += size
        return {"d": dtype, "s": list(shape), "o": start, "n": size}

    def _tied(self, x: Any) -> Any:
        return {"!": "@", "id": self.tie(x).id}

    def tie(self, x: Any) -> Tie:
        """Return the tie of *x*; a new one is announced in this message."""
        tie = self.side.ties.find(x)
        if tie is None:
            if isinstance(x, torch.Tensor):
                tensors.dtype_name(x)
            tie = self.side.ties.new(x)
            self.new.append(tie)
        return tie

    # -------- contents of ties

    def announcements(self) -> list[list[Any]]:
        """Return the new ties of this message with their contents; contents may make further ones."""
        told: list[list[Any]] = []
        for tie in self.new:  # grows while contents are encoded
            agreed = self.content_of(tie.obj)
            tie.agree(agreed)
            told.append([tie.id, self.told(agreed), *self._shell(tie.obj)])
        return told

    def _shell(self, obj: Any) -> list[Any]:
        return [self.side.describe_module(obj)] if isinstance(obj, torch.nn.Module) else []

    def changes(self) -> list[list[Any]]:
        """Return the ties whose content is not what was last agreed, with their new contents."""
        told = []
        for tie in self.side.ties:
            content = self.content_of(tie.obj)
            if content != tie.agreed:
                counted = tie.agree(content)
                node = self.told(content)
                told.append([tie.id, {**node, "quiet": True} if type(node) is dict and not counted else node])
        return told

    def content_of(self, obj: Any) -> Any:
        """Return a comparable snapshot of a tied object."""
        if isinstance(obj, torch.Tensor):
            return tensors.state_of(obj)
        if isinstance(obj, torch.nn.Module):
            return self._registries(obj)
        was, self.sharing = self.sharing, True
        try:
            return self.content(obj)
        finally:
            self.sharing = was

    def _registries(self, module: torch.nn.Module) -> dict[str, Any]:
        def refer(x: Any) -> int | None:
            return None if x is None else self.tie(x).id

        return {
            "!": "M",
            "p": [[name, refer(p)] for name, p in module._parameters.items()],
            "b": [[name, refer(b)] for name, b in module._buffers.items()],
            "m": [[name, refer(m)] for name, m in module._modules.items()],
            "t": bool(module.training),
        }

    def told(self, content: Any) -> Any:
        """Return the message form of a snapshot."""
        return self._state(content) if isinstance(content, TensorState) else content

    def _state(self, state: TensorState) -> dict[str, Any]:
        node: dict[str, Any] = {"!": "T", **self.write(state.dtype, state.shape, state.data)}
        node |= {"g": state.requires_grad, "p": state.parameter, "st": list(state.strides)}
        return node if state.grad is None else {**node, "gr": self._state(state.grad)}


class Decoder:
    """Decodes the values of one message; hostile input ends in Corrupted or BadValue, never in anything else."""

    def __init__(self, side: Side, payload: bytearray) -> None:
        self.side = side
        self.payload = payload
        self.nodes = 0
        self.outputs: dict[int, torch.Tensor] = {}
        self.seen: set[int] = set()

    def value(self, node: Any, depth: int = 0) -> Any:
        """Return the value behind a message form."""
        self.nodes += 1
        if depth > MAX_DEPTH + 20 or self.nodes > 10 * MAX_NODES:
            raise Corrupted("a value too deep or too large")
        kind = type(node)
        if node is None or kind is bool or kind is str:
            return node
        if kind is int and -_INT64 <= node < _INT64:
            return node
        if kind is list:
            return [self.value(item, depth + 1) for item in node]
        if kind is not dict:
            raise Corrupted(f"a bare {kind.__name__}")
        return self._tagged(node, depth)

    def _tagged(self, node: dict[str, Any], depth: int) -> Any:
        tag = node.get("!")
        if tag == "@":
            return self.tied(node.get("id")).obj
        if tag == "T":
            return self._tensor(node)
        if tag == "bad":
            raise BadValue(str(node.get("why"))[:300])
        if tag in _READERS:
            try:
                return _READERS[tag](self, node.get("v"), node, depth + 1)
            except (Corrupted, BadValue):
                raise
            except Exception as error:
                raise Corrupted(f"a malformed {tag!r} value ({type(error).__name__})") from None
        return self.side.resolve(tag if type(tag) is str else "", node)

    def tied(self, number: Any) -> Tie:
        """Return the tie with this number, or raise Corrupted."""
        tie = self.side.ties.get(number)
        if tie is None:
            raise Corrupted("a reference to something that is not shared")
        self.seen.add(tie.id)
        return tie

    def _tensor(self, node: dict[str, Any]) -> torch.Tensor:
        tensor = tensors.read_tensor(node, self.payload)
        out = node.get("out")
        if type(out) is int and (tensor.is_floating_point() or tensor.is_complex()):
            self.outputs[out] = tensor
        return tensor

    def items(self, nodes: Any, depth: int, most: int = 10 * MAX_NODES) -> list[Any]:
        if type(nodes) is not list or len(nodes) > most:
            raise Corrupted("a container that is not a list, or too large")
        return [self.value(node, depth) for node in nodes]

    def pairs(self, nodes: Any, depth: int) -> list[tuple[Any, Any]]:
        if type(nodes) is not list or len(nodes) > MAX_HASHED:
            raise Corrupted("a mapping that is not a list, or too large")
        return [(self.value(key, depth), self.value(value, depth)) for key, value in nodes]

    # -------- contents of ties

    def adopt(self, announced: Any) -> None:
        """Make the objects that the other side announced, then fill them, since they may refer to each other."""
        entries = _entries(announced)
        for number, content, *shell in entries:
            if type(number) is not int or self.side.ties.get(number) is not None:
                raise Corrupted("a shared object announced twice")
            self.side.ties.adopt(number, self._empty(content, shell))
            self.seen.add(number)
        for number, content, *_ in entries:
            self.fill(self.tied(number), content)

    def _empty(self, content: Any, shell: list[Any]) -> Any:
        if type(content) is list:
            return []
        tag = content.get("!") if type(content) is dict else None
        if tag == "T":
            return self._shared_tensor(content)
        if tag == "M":
            return self.side.module_shell(shell[0] if shell and type(shell[0]) is dict else {})
        if tag == "d":
            return {}
        if tag == "s":
            return set()
        raise Corrupted("a shared object of an unknown kind")

    def _shared_tensor(self, node: dict[str, Any]) -> torch.Tensor:
        tensor = tensors.read_tensor(node, self.payload)
        if self.side.trusting:
            tensor = tensors.with_strides(tensor, node["st"])
        wants_grad = bool(node.get("g")) and (tensor.is_floating_point() or tensor.is_complex())
        if node.get("p"):
            return torch.nn.Parameter(tensor, requires_grad=wants_grad)
        return tensor.requires_grad_(wants_grad)

    def update(self, changes: Any) -> None:
        """Take over the changes that the other side made to shared objects."""
        for number, content, *_ in _entries(changes):
            self.fill(self.tied(number), content)

    def fill(self, tie: Tie, content: Any) -> None:
        """Give a shared object its new content and agree on it."""
        obj = tie.obj
        if isinstance(obj, torch.Tensor):
            self._fill_tensor(obj, content)
        elif isinstance(obj, torch.nn.Module):
            self._fill_module(obj, content)
        else:
            self._fill_container(obj, content)
        tie.agree(Encoder(self.side, sharing=True).content_of(obj))

    def _fill_container(self, obj: Any, content: Any) -> None:
        values = self.value(content)
        if type(values) is not type(obj) and not (isinstance(obj, dict) and isinstance(values, dict)):
            raise Corrupted("a shared container that changed its type")
        if type(obj) is list:
            obj[:] = values
        else:
            obj.clear()
            obj.update(values)

    def _fill_tensor(self, obj: torch.Tensor, node: Any) -> None:
        if type(node) is not dict or node.get("!") != "T":
            raise Corrupted("a shared tensor that changed its type")
        fresh = tensors.read_tensor(node, self.payload)
        write_values(obj, fresh, counted=node.get("quiet") is not True)
        wants_grad = bool(node.get("g")) and (fresh.is_floating_point() or fresh.is_complex())
        if obj.is_leaf and obj.requires_grad != wants_grad:
            obj.requires_grad_(wants_grad)
        if obj.is_leaf and obj.requires_grad:
            grad = node.get("gr")
            self._fill_grad(obj, None if grad is None else tensors.read_tensor(grad, self.payload))

    def _fill_grad(self, obj: torch.Tensor, grad: torch.Tensor | None) -> None:
        if grad is not None and (grad.shape != obj.shape or grad.dtype != obj.dtype):
            raise Corrupted("a gradient whose shape or dtype is not its tensor's")
        if grad is None or obj.grad is None:
            obj.grad = grad
        elif tensors.state_of(obj.grad).data != bytes(tensors.raw_bytes(grad)):
            obj.grad = grad

    def _fill_module(self, module: torch.nn.Module, content: Any) -> None:
        if type(content) is not dict or content.get("!") != "M":
            raise Corrupted("a shared module that changed its type")
        registries = (
            ("p", module._parameters, torch.nn.Parameter),
            ("b", module._buffers, torch.Tensor),
            ("m", module._modules, torch.nn.Module),
        )
        for key, registry, kind in registries:
            self._fill_registry(registry, content.get(key), kind)
        module.training = bool(content.get("t"))

    def _fill_registry(self, registry: Any, named: Any, kind: type) -> None:
        if type(named) is not list or len(named) > MAX_NODES:
            raise Corrupted("a module without its parameters")
        fresh: dict[str, Any] = {}
        for name, number in named:
            obj = None if number is None else self.tied(number).obj
            if type(name) is not str or not (obj is None or isinstance(obj, kind)):
                raise Corrupted("a module with an odd parameter")
            fresh[name] = obj
        if list(fresh) != list(registry) or any(fresh[name] is not registry[name] for name in fresh):
            registry.clear()
            registry.update(fresh)


def write_values(obj: torch.Tensor, fresh: torch.Tensor, *, counted: bool) -> None:
    """Make *obj* equal to *fresh* in place; *counted*: autograd is to notice, as it did on the other side."""
    same_kind = obj.shape == fresh.shape and obj.dtype == fresh.dtype
    if same_kind and bytes(tensors.raw_bytes(obj)) == bytes(tensors.raw_bytes(fresh)):
        return
    if obj.requires_grad and not obj.is_leaf:
        raise InPlaceChange("changes in place a tensor that needs gradients; work on a copy, `x.clone()`")
    with torch.no_grad():
        if not same_kind:
            obj.data = fresh
        else:
            (obj if counted else obj.data).copy_(fresh)


class InPlaceChange(BadValue):
    """The submission changed a tensor in place that is part of a graph."""


def _entries(nodes: Any) -> list[list[Any]]:
    if type(nodes) is not list or not all(type(node) is list and 2 <= len(node) <= 3 for node in nodes):
        raise Corrupted("a list of shared objects that is malformed")
    return nodes


# -------- plain data

_MAPPINGS = (dict, OrderedDict, defaultdict, Counter)
_MUTABLE = (list, set, *_MAPPINGS)
_CONTAINERS = (tuple, frozenset, *_MUTABLE)


def _integer(x: int) -> Any:
    if -_INT64 <= x < _INT64:
        return x
    if x.bit_length() > 4 * _MAX_DIGITS:
        raise Unsendable("an integer of more than 8,000 bits")
    return {"!": "big", "v": hex(x)}


def _slice(x: slice) -> Any:
    if not all(part is None or type(part) is int for part in (x.start, x.stop, x.step)):
        raise Unsendable("a slice whose bounds are not integers")
    return {"!": "sl", "v": [x.start, x.stop, x.step]}


def _dtype(x: torch.dtype) -> Any:
    if x not in tensors.DTYPE_NAMES:
        raise Unsendable(f"{x}, a dtype that does not cross")
    return {"!": "dt", "v": tensors.DTYPE_NAMES[x]}


_PLAIN: dict[type, Callable[[Any], Any]] = {
    int: _integer,
    float: lambda x: {"!": "f", "v": x.hex()},
    complex: lambda x: {"!": "c", "v": [x.real.hex(), x.imag.hex()]},
    bytes: lambda x: {"!": "y", "v": x.hex()},
    torch.Size: lambda x: {"!": "sz", "v": list(x)},
    slice: _slice,
    type(Ellipsis): lambda x: {"!": "el"},
    torch.dtype: _dtype,
    torch.device: lambda x: {"!": "dev", "v": str(x)},
}


def _big(text: str) -> int:
    if len(text) > _MAX_DIGITS:
        raise Corrupted("an integer too long")
    return int(text, 16)


def _record(names: Iterable[Any], values: list[Any], title: Any) -> tuple[Any, ...]:
    fields = [
        name for name in names if type(name) is str and name.isidentifier() and not name.startswith("_")
    ]
    properties = {name: property(itemgetter(n)) for n, name in enumerate(fields[: len(values)])}
    name = title if type(title) is str and title.isidentifier() else "fields"
    made: tuple[Any, ...] = type(name, (tuple,), {"__slots__": (), **properties})(values)
    return made


def _fields(pairs: Any, decoder: Decoder, depth: int) -> Fields:
    named = {name: decoder.value(node, depth) for name, node in pairs}
    if not all(type(name) is str and name.isidentifier() and not name.startswith("__") for name in named):
        raise Corrupted("a field without a name")
    return Fields(**named)


_Reader = Callable[[Decoder, Any, dict[str, Any], int], Any]
_READERS: dict[Any, _Reader] = {
    "f": lambda _, v, node, depth: float.fromhex(v),
    "c": lambda _, v, node, depth: complex(float.fromhex(v[0]), float.fromhex(v[1])),
    "big": lambda _, v, node, depth: _big(v),
    "y": lambda _, v, node, depth: bytes.fromhex(v),
    "t": lambda d, v, node, depth: tuple(d.items(v, depth)),
    "s": lambda d, v, node, depth: set(d.items(v, depth, MAX_HASHED)),
    "fs": lambda d, v, node, depth: frozenset(d.items(v, depth, MAX_HASHED)),
    "d": lambda d, v, node, depth: dict(d.pairs(v, depth)),
    "nt": lambda d, v, node, depth: _record(node.get("f") or (), d.items(v, depth), node.get("n")),
    "dc": lambda d, v, node, depth: _fields(v, d, depth),
    "sz": lambda _, v, node, depth: torch.Size(v),
    "sl": lambda d, v, node, depth: slice(*d.items(v, depth, 3)),
    "el": lambda _, v, node, depth: Ellipsis,
    "dt": lambda _, v, node, depth: tensors.DTYPES[v],
    "dev": lambda _, v, node, depth: torch.device(v),
}
