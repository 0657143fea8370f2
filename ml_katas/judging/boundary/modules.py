"""Modules that cross from a suite: by value where they are plain `torch.nn`, else calling back.

Their parameters, buffers and submodules are shared, so this holds only what surrounds them.
"""

from __future__ import annotations

import sys
import weakref
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from .codec import Side
from .decoding import Decoder
from .encoding import Encoder
from .tensors import Unsendable

_REGISTRIES = frozenset(vars(nn.Module()))
_HOOKS = tuple(name for name in _REGISTRIES if name.endswith("_hooks"))
_FUNCTIONS = ("torch", "torch.nn.functional")
_PLAIN = (type(None), bool, int, float, complex, str, torch.Size, torch.dtype, torch.device)


def describe_by_value(side: Side, module: nn.Module) -> dict[str, Any]:
    """Return class and plain attributes of a `torch.nn` module without hooks, or raise Unsendable."""
    kind = type(module)
    home = sys.modules.get(kind.__module__)
    if not kind.__module__.startswith("torch.nn.") or getattr(home, kind.__name__, None) is not kind:
        raise Unsendable(f"a {kind.__name__} is not a torch.nn module")
    if any(getattr(module, name) for name in _HOOKS):
        raise Unsendable("a module with hooks")
    encoder = Encoder(side, sharing=False)
    attributes = [[k, _attribute(encoder, v)] for k, v in vars(module).items() if k not in _REGISTRIES]
    return {"cls": [kind.__module__, kind.__name__], "at": attributes}


def _attribute(encoder: Encoder, value: Any) -> Any:
    for home in _FUNCTIONS:
        name = getattr(value, "__name__", "")
        if callable(value) and getattr(sys.modules[home], name, None) is value:
            return {"!": "fn", "v": [home, name]}
    if not _is_plain(value):
        raise Unsendable(f"a module that holds a {type(value).__name__}")
    return encoder.value(value)


def _is_plain(value: Any) -> bool:
    if type(value) in (list, tuple):
        return all(map(_is_plain, value))
    if type(value) is dict:
        return all(_is_plain(key) and _is_plain(item) for key, item in value.items())
    return type(value) in _PLAIN


_rebuilt: weakref.WeakSet[nn.Module] = weakref.WeakSet()


def from_suite(thing: object) -> bool:
    """Return whether *thing* is a module that came by value from a suite."""
    return isinstance(thing, nn.Module) and thing in _rebuilt


def is_by_value(node: dict[str, Any]) -> bool:
    """Return whether *node* describes a module that came by value."""
    return "cls" in node


def rebuild_module(side: Side, node: dict[str, Any]) -> nn.Module:
    """Return the module that `describe_by_value` described, still without parameters."""
    home, name = node["cls"]
    kind = getattr(sys.modules[home], name)
    module: nn.Module = kind.__new__(kind)
    nn.Module.__init__(module)
    _rebuilt.add(module)
    decoder = Decoder(side, bytearray())
    for key, value in node["at"]:
        if type(value) is dict and value.get("!") == "fn":
            object.__setattr__(module, key, getattr(sys.modules[value["v"][0]], value["v"][1]))
        else:
            object.__setattr__(module, key, decoder.value(value))
    return module


class CallbackModule(nn.Module):
    """A module of the suite's: real parameters here, its forward pass over there."""

    def __init__(self, call_back: Callable[..., Any], number: int) -> None:
        super().__init__()
        object.__setattr__(self, "_call_back", call_back)
        object.__setattr__(self, "_number", number)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        call_back: Any = self._call_back
        return call_back(self._number, args, kwargs)

    def __deepcopy__(self, memo: dict[int, Any]) -> torch.nn.Module:
        raise TypeError("this module belongs to the checker and cannot be copied")
