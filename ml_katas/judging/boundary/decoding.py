"""Messages into values: decoding that survives anything."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import Any

import numpy as np
import torch

from . import tensors
from .codec import (
    INT64,
    MAX_DEPTH,
    MAX_DIGITS,
    MAX_HASHED,
    MAX_NODES,
    BadValue,
    Fields,
    NoMemory,
    Side,
    odd_members,
)
from .encoding import Encoder
from .exceptions import wants_memory
from .frames import Corrupted
from .shared import SharedObject

_NODE_BYTES, _OBJECT_BYTES = 128, 1024  # what one takes here, roughly


class Decoder:
    """Decodes the values of one message; hostile input ends in Corrupted or BadValue, nothing else."""

    def __init__(self, side: Side, payload: bytearray) -> None:
        self.side = side
        self.payload = payload
        self.unread = len(payload)
        self.nodes = 0
        self.outputs: dict[int, torch.Tensor] = {}

    def value(self, node: Any, depth: int = 0) -> Any:
        """Return the value behind a message form."""
        self.nodes += 1
        if depth > MAX_DEPTH + 20 or self.nodes > 10 * MAX_NODES:
            raise Corrupted("a value too deep or too large")
        kind = type(node)
        if node is None or kind is bool or kind is str:
            return node
        if kind is int and -INT64 <= node < INT64:
            return node
        if kind is list:
            return [self.value(item, depth + 1) for item in node]
        if kind is not dict:
            raise Corrupted(f"a bare {kind.__name__}")
        return self._tagged(node, depth)

    def _tagged(self, node: dict[str, Any], depth: int) -> Any:
        tag = node.get("!")
        if type(tag) is not str:
            raise Corrupted("a value without a tag")
        if tag == "@":
            return self.held(node.get("id"))
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
                if self.side.trusting:
                    raise
                raise malformed(f"{tag!r} value", error) from None
        return self.side.resolve(tag, node)

    def shared_object(self, number: Any) -> SharedObject:
        """Return the shared object with this number, or raise Corrupted."""
        shared_object = self.side.shared.get(number)
        if shared_object is None:
            raise Corrupted("a reference to something that is not shared")
        return shared_object

    def held(self, number: Any) -> Any:
        """Return the shared object with this number as a value; the other side must know its content."""
        shared_object = self.shared_object(number)
        if shared_object.hollow and self.side.shared.is_own(shared_object.id):
            raise Corrupted("a reference to a tensor that was never passed")
        return shared_object.obj

    def _tensor(self, node: dict[str, Any]) -> torch.Tensor:
        tensor = self.read(node)
        out = node.get("out")
        if type(out) is int and (tensor.is_floating_point() or tensor.is_complex()):
            self.outputs[out] = tensor
        return tensor

    def read(self, node: dict[str, Any]) -> torch.Tensor:
        """Return a tensor's values; tensors that share bytes would fill the memory here with few there."""
        try:
            tensor = tensors.read_tensor(node, self.payload)
        except (MemoryError, RuntimeError) as error:
            if self.side.trusting or not wants_memory(error):
                raise
            raise NoMemory from None
        self.unread -= 0 if tensor.is_meta else tensor.nbytes
        if self.unread < 0:
            raise Corrupted("tensors that share their bytes")
        return tensor

    def items(self, nodes: Any, depth: int, most: int = 10 * MAX_NODES) -> list[Any]:
        if type(nodes) is not list or len(nodes) > most:
            raise Corrupted("a container that is not a list, or too large")
        return [self.value(node, depth) for node in nodes]

    def pairs(self, nodes: Any, depth: int) -> list[tuple[Any, Any]]:
        if type(nodes) is not list or len(nodes) > MAX_HASHED:
            raise Corrupted("a mapping that is not a list, or too large")
        pairs = [(self.value(key, depth), self.value(value, depth)) for key, value in nodes]
        self._refuse_odd([key for key, _ in pairs])
        return pairs

    def members(self, nodes: Any, depth: int) -> list[Any]:
        """Return what a set is to hold: plain values, which may be compared with each other."""
        members = self.items(nodes, depth, MAX_HASHED)
        self._refuse_odd(members)
        return members

    def _refuse_odd(self, members: list[Any]) -> None:
        if not self.side.trusting and (why := odd_members(members)):
            raise Corrupted(why)

    # -------- contents of shared objects

    def adopt(self, announced: Any) -> None:
        """Make the objects that were announced, then fill them, since they may refer to each other."""
        entries = _entries(announced)
        for number, content, *shell in entries:
            if type(number) is not int or self.side.shared.get(number) is not None:
                raise Corrupted("a shared object announced twice")
            if self.side.shared.is_own(number):
                raise Corrupted("a shared object announced under a number of ours")
            hollow = type(content) is dict and content.get("!") == "L"
            self.side.shared.adopt(number, self._empty(content, shell), hollow=hollow)
        for number, content, *_ in entries:
            shared_object, nodes = self.shared_object(number), self.nodes
            if shared_object.hollow:
                continue
            if isinstance(shared_object.obj, torch.Tensor):
                self._complete_tensor(shared_object, shared_object.obj, content)
                size = 0 if shared_object.obj.is_meta else 2 * shared_object.obj.nbytes  # with what is agreed
            else:
                self.fill(shared_object, content)
                size = _OBJECT_BYTES + _NODE_BYTES * (self.nodes - nodes)
            self.side.shared.measure(shared_object, size)

    def _complete_tensor(self, shared_object: SharedObject, tensor: torch.Tensor, content: Any) -> None:
        """Agree on a tensor that was just made, after giving it its gradient."""
        if content.get("gr") is not None and tensor.requires_grad:
            self._fill_grad(tensor, self.read(content["gr"]))
        shared_object.agree(tensors.state_of(tensor))

    def _empty(self, content: Any, shell: list[Any]) -> Any:
        if type(content) is list:
            return []
        tag = content.get("!") if type(content) is dict else None
        if tag == "T":
            return self._shared_tensor(content)
        if tag == "L":
            return tensors.hollow_leaf(content)
        if tag == "M":
            return self.side.module_shell(shell[0] if shell and type(shell[0]) is dict else {})
        if tag == "d":
            return {}
        if tag == "s":
            return set()
        raise Corrupted("a shared object of an unknown kind")

    def _shared_tensor(self, node: dict[str, Any]) -> torch.Tensor:
        tensor = self.read(node)
        if self.side.trusting:
            tensor = tensors.with_strides(tensor, node["st"])
        wants_grad = bool(node.get("g")) and (tensor.is_floating_point() or tensor.is_complex())
        if node.get("p"):
            return torch.nn.Parameter(tensor, requires_grad=wants_grad)
        return tensor.requires_grad_(wants_grad)

    def update(self, changes: Any) -> None:
        """Take over the changes that the other side made to shared objects."""
        for number, content, *_ in _entries(changes):
            shared_object = self.shared_object(number)
            if shared_object.hollow:
                self._fill_hollow(shared_object, content)
            elif type(content) is dict and content.get("!") == "W":
                _note_write(shared_object)
            else:
                self.fill(shared_object, content)

    def _fill_hollow(self, shared_object: SharedObject, content: Any) -> None:
        """Add what flowed to a leaf of ours, or take over the values of one of the other side's."""
        leaf: Any = shared_object.obj
        node = content if type(content) is dict else {}
        if not self.side.shared.is_own(shared_object.id):
            self._fill_out(shared_object, leaf, node)
        elif node.get("!") == "G":
            grad = self._fresh(node.get("gr"))
            if (grad.shape, grad.dtype) != (leaf.shape, leaf.dtype):
                raise Corrupted("a gradient whose shape or dtype is not its tensor's")
            leaf.grad = grad if leaf.grad is None else leaf.grad + grad
        else:
            raise Corrupted("a change of a tensor that was never passed")

    def _fill_out(self, shared_object: SharedObject, leaf: torch.Tensor, node: dict[str, Any]) -> None:
        if node.get("!") != "T":
            raise Corrupted("a shared tensor that changed its type")
        fresh = self._shared_tensor(node)
        leaf.data = fresh.detach()
        leaf.requires_grad_(fresh.requires_grad)
        leaf.grad, shared_object.hollow = None, False
        self._complete_tensor(shared_object, leaf, node)

    def fill(self, shared_object: SharedObject, content: Any) -> None:
        """Give a shared object its new content and agree on it."""
        obj = shared_object.obj
        if isinstance(obj, torch.Tensor):
            self._fill_tensor(obj, content)
        elif isinstance(obj, (np.ndarray, np.generic)):
            self._fill_array(obj, content)
        elif isinstance(obj, torch.nn.Module):
            self._fill_module(obj, content)
        else:
            self._fill_container(obj, content)
        encoder = Encoder(self.side, sharing=True)
        try:
            agreed = encoder.content_of(obj)
        except tensors.Unsendable as error:
            raise Corrupted(f"{error}, which no side can have sent") from None
        self.side.shared.drop(
            new.id for new in encoder.new
        )  # not announced yet: what holds them is described again
        shared_object.agree(None if encoder.new else agreed)

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
        fresh = self._fresh(node)
        wants_grad = bool(node.get("g")) and (fresh.is_floating_point() or fresh.is_complex())
        if obj.is_leaf and not wants_grad:
            obj.requires_grad_(False)  # first, since then its dtype may change to any
        write_values(obj, fresh, counted=node.get("quiet") is not True)
        if obj.is_leaf and wants_grad:
            obj.requires_grad_(True)
        if obj.is_leaf and obj.requires_grad:
            grad = node.get("gr")
            self._fill_grad(obj, None if grad is None else self.read(grad))

    def _fresh(self, node: Any) -> torch.Tensor:
        if type(node) is not dict or node.get("!") != "T":
            raise Corrupted("a shared tensor that changed its type")
        return self.read(node)

    def _fill_array(self, obj: Any, node: Any) -> None:
        fresh = self._fresh(node).numpy()
        if isinstance(obj, np.generic) or (fresh.shape, fresh.dtype) != (obj.shape, obj.dtype):
            raise BadValue("a change of a NumPy value that NumPy itself does not allow")
        np.copyto(obj, fresh)

    def _fill_grad(self, obj: torch.Tensor, grad: torch.Tensor | None) -> None:
        if grad is not None and (grad.shape != obj.shape or grad.dtype != obj.dtype):
            raise Corrupted("a gradient whose shape or dtype is not its tensor's")
        if (
            grad is None
            or obj.grad is None
            or tensors.state_of(obj.grad).data != bytes(tensors.raw_bytes(grad))
        ):
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
            obj = None if number is None else self.held(number)
            if type(name) is not str or not (obj is None or isinstance(obj, kind)):
                raise Corrupted("a module with an odd parameter")
            fresh[name] = obj
        if list(fresh) != list(registry) or any(fresh[name] is not registry[name] for name in fresh):
            registry.clear()
            registry.update(fresh)


def write_values(obj: torch.Tensor, fresh: torch.Tensor, *, counted: bool) -> None:
    """Make *obj* equal to *fresh* in place; *counted*: autograd is to notice, as it did on the other side."""
    same_kind = (obj.shape, obj.dtype, obj.device) == (fresh.shape, fresh.dtype, fresh.device)
    if same_kind and bytes(tensors.raw_bytes(obj)) == bytes(tensors.raw_bytes(fresh)):
        return
    if obj.requires_grad and not obj.is_leaf:
        raise InPlaceChange(
            "an in-place change of a tensor that needs gradients; work on a copy, `x.clone()`"
        )
    with torch.no_grad():
        if not same_kind:
            obj.data = fresh
        else:
            (obj if counted else obj.data).copy_(fresh)


def _note_write(shared_object: SharedObject) -> None:
    """Have autograd notice that a tensor was written to, though with the values that it had."""
    obj = shared_object.obj
    if not isinstance(obj, torch.Tensor):
        raise Corrupted("a shared tensor that changed its type")
    if obj.is_leaf or not obj.requires_grad:
        torch.autograd.graph.increment_version(obj)
        shared_object.version = obj._version


def malformed(what: str, error: Exception) -> BaseException:
    """Return what is raised where taking something over ended in *error*."""
    if wants_memory(error):
        return NoMemory()
    return Corrupted(f"a malformed {what} ({type(error).__name__})")


class InPlaceChange(BadValue):
    """The submission changed a tensor in place that is part of a graph."""


def _entries(nodes: Any) -> list[list[Any]]:
    if type(nodes) is not list or not all(type(node) is list and 2 <= len(node) <= 3 for node in nodes):
        raise Corrupted("a list of shared objects that is malformed")
    return nodes


def _big(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise Corrupted("an integer too long")
    return int(text, 16)


def _slice(bounds: list[Any]) -> slice:
    if not all(bound is None or type(bound) is int for bound in bounds):
        raise Corrupted("a slice whose bounds are not integers")
    return slice(*bounds)


def _record(names: Iterable[Any], values: list[Any], title: Any) -> tuple[Any, ...]:
    fields = [
        name for name in names if type(name) is str and name.isidentifier() and not name.startswith("_")
    ]
    name = title[:80] if type(title) is str and title.isidentifier() else "fields"
    made: tuple[Any, ...] = _record_type(name, tuple(fields[: len(values)]))(values)
    return made


@functools.lru_cache(maxsize=64)
def _record_type(name: str, fields: tuple[str, ...]) -> type[Any]:
    properties = {field: property(itemgetter(n)) for n, field in enumerate(fields)}
    return type(name, (tuple,), {"__slots__": (), **properties})


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
    "s": lambda d, v, node, depth: set(d.members(v, depth)),
    "fs": lambda d, v, node, depth: frozenset(d.members(v, depth)),
    "d": lambda d, v, node, depth: dict(d.pairs(v, depth)),
    "nt": lambda d, v, node, depth: _record(node.get("f") or (), d.items(v, depth), node.get("n")),
    "dc": lambda d, v, node, depth: _fields(v, d, depth),
    "sz": lambda _, v, node, depth: torch.Size(v),
    "sl": lambda d, v, node, depth: _slice(d.items(v, depth, 3)),
    "el": lambda _, v, node, depth: Ellipsis,
    "dt": lambda _, v, node, depth: tensors.DTYPES[v],
    "dev": lambda _, v, node, depth: torch.device(v),
}
