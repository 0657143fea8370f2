"""Values into messages: what may cross, and what is refused in words."""

from __future__ import annotations

import dataclasses
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable
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
    Fields,
    Side,
    odd_members,
)
from .shared import SharedObject
from .tensors import Oversized, TensorState, Unsendable


class Encoder:
    """Encodes the values of one message.

    `sharing`: every mutable object in them is the same object for both sides from then on. Among `results`,
    tensors inside a graph go by value all the same, since they are joined to the other side's graph.
    """

    def __init__(self, side: Side, *, sharing: bool, results: bool = False) -> None:
        self.side = side
        self.sharing = sharing
        self.results = results
        self.segments: list[Any] = []
        self.size = 0
        self.nodes = 0
        self.new: list[SharedObject] = []
        self.filled: list[SharedObject] = []  # leaves that are hollow no longer
        self.outputs: list[torch.Tensor] = []

    def value(self, x: Any, depth: int = 0) -> Any:
        """Return the message form of *x*, or raise Unsendable."""
        self.nodes += 1
        if depth > MAX_DEPTH:
            raise Oversized(f"containers nested more than {MAX_DEPTH} deep")
        if self.nodes > MAX_NODES:
            raise Oversized(f"more than {MAX_NODES} Python objects; use tensors")
        kind = type(x)
        if x is None or kind is bool or kind is str:
            return x
        if encode := _PLAIN.get(kind):
            return encode(x)
        if self.side.shared.find(x) is not None:
            return self._shared(x)
        if isinstance(x, torch.Tensor):
            return self._tensor(x)
        if isinstance(x, torch.nn.Module):
            return self._shared(x)
        if kind in _CONTAINERS:
            return self._shared(x) if self.sharing and kind in _MUTABLE else self.content(x, depth)
        return self._odd(x, kind, depth)

    def _odd(self, x: Any, kind: type, depth: int) -> Any:
        if isinstance(x, (np.ndarray, np.generic)):
            return self._numpy(x)
        if isinstance(x, tuple):
            names: Any = getattr(kind, "_fields", None) or getattr(kind, "__match_args__", ())
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
        if isinstance(x, np.str_):
            return str(x)
        tensor = tensors.of_numpy(x)
        if tensor is None:
            return self.side.export(x)
        return self._shared(x) if self.sharing else self._tensor(tensor)

    def content(self, x: Any, depth: int = 0) -> Any:
        """Return the content of a container, whose items may be references."""
        if type(x) in _HASHED and len(x) > MAX_HASHED:
            raise Oversized(f"a {type(x).__name__} of more than {MAX_HASHED} items; use tensors")
        if len(x) > MAX_NODES:
            raise Oversized(f"a {type(x).__name__} of {len(x)} items; use tensors")
        if self.side.trusting and type(x) in _HASHED and (why := odd_members(x)):
            raise Unsendable(why)
        if isinstance(x, dict):
            return {
                "!": "d",
                "v": [[self.value(k, depth + 1), self.value(v, depth + 1)] for k, v in x.items()],
            }
        items = [self.value(item, depth + 1) for item in x]
        tag = _TAGS[type(x)]
        return {"!": tag, "v": items} if tag else items

    def _tensor(self, x: torch.Tensor) -> Any:
        in_graph = x.requires_grad and not x.is_leaf
        if (self.sharing and not (self.results and in_graph)) or (x.requires_grad and x.is_leaf):
            return self._shared(x)
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

    def _shared(self, x: Any) -> Any:
        return {"!": "@", "id": self.share(x).id}

    def share(self, x: Any) -> SharedObject:
        """Return the shared object of *x*; a new one is announced in this message."""
        shared_object = self.side.shared.find(x)
        if shared_object is None:
            if isinstance(x, torch.Tensor):
                tensors.dtype_name(x)
            shared_object = self._new(x)
        elif shared_object.hollow and self.side.shared.is_own(shared_object.id):
            shared_object.hollow = False
            self.filled.append(shared_object)
        return shared_object

    def share_leaf(self, x: torch.Tensor) -> SharedObject:
        """Return the shared object of a leaf behind a graph; if it was never passed, its values stay here."""
        shared_object = self.side.shared.find(x)
        if shared_object is None:
            tensors.dtype_name(x)
            shared_object = self._new(x, hollow=True)
        return shared_object

    def _new(self, x: Any, *, hollow: bool = False) -> SharedObject:
        shared_object = self.side.shared.new(x, hollow=hollow)
        self.new.append(shared_object)
        return shared_object

    # -------- contents of shared objects

    def announcements(self) -> list[list[Any]]:
        """Return the new shared objects of this message with their contents, which may make further ones."""
        described: list[list[Any]] = []
        for shared_object in self.new:  # grows while contents are encoded
            if shared_object.hollow:
                described.append([shared_object.id, _outline(shared_object)])
                continue
            agreed = self.content_of(shared_object.obj)
            shared_object.agree(agreed)
            described.append([shared_object.id, self.described(agreed), *self._shell(shared_object.obj)])
        return described

    def _shell(self, obj: Any) -> list[Any]:
        return [self.side.describe_module(obj)] if isinstance(obj, torch.nn.Module) else []

    def changes(self) -> list[list[Any]]:
        """Return the shared objects whose content is not what was last agreed, with their new contents."""
        described: list[list[Any]] = []
        fresh = {shared_object.id for shared_object in self.new}  # those are announced
        for shared_object in self.side.shared:
            if shared_object.id in fresh:
                continue
            if shared_object.hollow:
                described += self._flowed(shared_object)
            else:
                described += self._changed(shared_object)
        return described

    def fillings(self) -> list[list[Any]]:
        """Return the leaves that are hollow no longer, with the values that the other side lacks."""
        return [change for leaf in self.filled if leaf.agreed is None for change in self._changed(leaf)]

    def _changed(self, shared_object: SharedObject) -> list[list[Any]]:
        content = self.content_of(shared_object.obj)
        was_agreed, counted = content == shared_object.agreed, shared_object.agree(content)
        if was_agreed:  # written all the same, which autograd is to know
            return [[shared_object.id, {"!": "W"}]] if counted else []
        node = self.described(content)
        return [[shared_object.id, node if counted or type(node) is not dict else {**node, "quiet": True}]]

    def _flowed(self, shared_object: SharedObject) -> list[list[Any]]:
        """Return what gradients flowed to a hollow leaf of the other side, which adds them to its own."""
        leaf: Any = shared_object.obj
        if self.side.shared.is_own(shared_object.id) or leaf.grad is None:
            return []
        grad, leaf.grad = leaf.grad, None
        return [[shared_object.id, {"!": "G", "gr": self._state(tensors.state_of(grad))}]]

    def content_of(self, obj: Any) -> Any:
        """Return a comparable snapshot of a shared object."""
        if isinstance(obj, torch.Tensor):
            return tensors.state_of(obj)
        if isinstance(obj, (np.ndarray, np.generic)):
            array = tensors.of_numpy(obj)
            return None if array is None else tensors.state_of(array)
        if isinstance(obj, torch.nn.Module):
            return self._registries(obj)
        was, self.sharing, self.results = (self.sharing, self.results), True, False
        try:
            return self.content(obj)
        finally:
            self.sharing, self.results = was

    def _registries(self, module: torch.nn.Module) -> dict[str, Any]:
        def refer(x: Any) -> int | None:
            return None if x is None else self.share(x).id

        return {
            "!": "M",
            "p": [[name, refer(p)] for name, p in module._parameters.items()],
            "b": [[name, refer(b)] for name, b in module._buffers.items()],
            "m": [[name, refer(m)] for name, m in module._modules.items()],
            "t": bool(module.training),
        }

    def described(self, content: Any) -> Any:
        """Return the message form of a snapshot."""
        return self._state(content) if isinstance(content, TensorState) else content

    def _state(self, state: TensorState) -> dict[str, Any]:
        node: dict[str, Any] = {"!": "T", **self.write(state.dtype, state.shape, state.data)}
        node |= {"g": state.requires_grad, "p": state.parameter, "st": list(state.strides)}
        return node if state.grad is None else {**node, "gr": self._state(state.grad)}


def _outline(shared_object: SharedObject) -> dict[str, Any]:
    """Return what the other side may know of a leaf that it was never passed."""
    leaf: Any = shared_object.obj
    parameter = isinstance(leaf, torch.nn.Parameter)
    return {"!": "L", "d": tensors.dtype_name(leaf), "s": list(leaf.shape), "p": parameter}


_TAGS: dict[type, str] = {list: "", tuple: "t", set: "s", frozenset: "fs"}
_MAPPINGS = (dict, OrderedDict, defaultdict, Counter)
_HASHED = (set, frozenset, *_MAPPINGS)
_MUTABLE = (list, set, *_MAPPINGS)
_CONTAINERS = (tuple, frozenset, *_MUTABLE)


def _integer(x: int) -> Any:
    if -INT64 <= x < INT64:
        return x
    if x.bit_length() > 4 * MAX_DIGITS:
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
