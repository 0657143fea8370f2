"""What encoding and decoding of values share: the limits, and what they ask of the side they serve.

Plain data goes by value; tagged where JSON has no form for it: `{"!": tag, …}`. What must stay the same
object on both sides goes as a reference to a shared object; its content travels once and when it changes.
"""

from __future__ import annotations

import types
from collections.abc import Iterable
from typing import Any, Protocol

import numpy as np
import torch

from .shared import SharedObjects

MAX_DEPTH = 40
MAX_NODES = 20_000
MAX_HASHED = 2_000
MAX_HASHED_PARTS = 10_000
MAX_DIGITS = 2_100
INT64 = 1 << 63


class BadValue(Exception):
    """The submission made a value that is not plain data; the message names it."""


class NoMemory(BaseException):
    """What the submission sent does not fit into the judge's memory; no suite may swallow that."""


_BY_IDENTITY = (torch.Tensor, torch.nn.Module, np.generic)  # scalars of NumPy cross as tensors
_MEMBERS = (type(None), bool, int, float, complex, str, bytes, torch.dtype, torch.device, type(Ellipsis))


def odd_members(members: Iterable[object]) -> str:
    """Return why these may not be in a set or keys of a dict of the judge's; "" where they may.

    Members are compared with each other, so they must be few, and nothing that decides itself what it equals.
    """
    stack, parts = list(members), 0
    while stack:
        member = stack.pop()
        parts += 1
        if parts > MAX_HASHED_PARTS:
            return f"a set or keys of a dict with more than {MAX_HASHED_PARTS} parts; use tensors"
        if isinstance(member, tuple | frozenset):
            stack += member
        elif type(member) not in _MEMBERS and not isinstance(member, _BY_IDENTITY):
            return f"a set or dict with a {type(member).__name__} for a member or key; use plain values"
    return ""


class Fields(types.SimpleNamespace):
    """A dataclass of the other side, as named fields."""

    def __hash__(self) -> int:  # type: ignore[override]  # it may have been a key or the member of a set
        return hash(tuple(vars(self)))


Fields.__name__ = "dataclass"  # what a suite says of its type is read by the learner


class Side(Protocol):
    """What encoding and decoding need from the end of the conversation that they serve."""

    shared: SharedObjects
    trusting: bool  # whether the other side's layout and flags are taken over as they are

    def export(self, obj: object) -> Any:
        """Return the message form of an object that is not plain data, or raise Unsendable."""

    def resolve(self, tag: str, node: dict[str, Any]) -> Any:
        """Return the object behind a tag of `export` by the other side, or raise Corrupted."""

    def module_shell(self, node: dict[str, Any]) -> torch.nn.Module:
        """Return an empty module for a module of the other side."""

    def describe_module(self, module: torch.nn.Module) -> dict[str, Any]:
        """Return what the other side's `module_shell` needs."""
