"""What a submission answered in one check, kept as it came, to be compared with what a mistake answers."""

from __future__ import annotations

from typing import Any

import torch

from . import tensors
from .frames import Corrupted

_MOST_BYTES = 64 << 20


class Transcript:
    """The answers of one check, in order. Beyond 64 MiB it stops recording and equals nothing."""

    def __init__(self) -> None:
        self._answers: list[tuple[dict[str, Any], bytearray]] = []
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._answers)

    def add(self, header: dict[str, Any], payload: bytearray) -> None:
        """Record one answer."""
        self._bytes += len(payload)
        self._answers.append(
            (header, payload) if self._bytes <= _MOST_BYTES else ({"too": "large"}, bytearray())
        )

    def same_as(self, other: Transcript) -> bool:
        """Return whether both hold the same answers, numbers compared at the tolerance of their dtype."""
        if not self._answers or len(self) != len(other) or self._bytes > _MOST_BYTES:
            return False
        pairs = zip(self._renumbered(), other._renumbered(), strict=True)
        return all(_same_answer(mine, theirs) for mine, theirs in pairs)

    def _renumbered(self) -> list[_Answer]:
        """Return the answers with shared objects and handles numbered by their first appearance in them."""
        numbers: dict[Any, int] = {}
        return [(_renumber(header, numbers), payload) for header, payload in self._answers]


_Answer = tuple[dict[str, Any], bytearray]


def _renumber(node: Any, numbers: dict[Any, int], key: str = "") -> Any:
    if type(node) is dict:
        return {name: _renumber(part, numbers, name) for name, part in node.items()}
    if type(node) is not list:
        return numbers.setdefault(node, len(numbers)) if key in ("id", "h") and type(node) is int else node
    if key in ("set", "new"):  # [number, content, ...]
        return [[_renumber(e[0], numbers, "id"), *_renumber(e[1:], numbers)] for e in node if type(e) is list]
    if key in ("p", "b", "m"):  # [name, number]
        return [[part[0], _renumber(part[-1], numbers, "id")] for part in node if type(part) is list and part]
    return [_renumber(part, numbers) for part in node]


def _same_answer(mine: _Answer, theirs: _Answer) -> bool:
    if "x" in mine[0] or "x" in theirs[0]:
        return bool(_exception(mine[0]) == _exception(theirs[0]))
    keys = ("v", "set", "new")
    try:
        return all(_same(mine[0].get(k), mine[1], theirs[0].get(k), theirs[1]) for k in keys)
    except (Corrupted, RuntimeError):
        return False


def _exception(header: dict[str, Any]) -> Any:
    node = header.get("x")
    return node[:2] if type(node) is list else None


def _same(a: Any, a_bytes: bytearray, b: Any, b_bytes: bytearray) -> bool:
    if type(a) is not type(b):
        return False
    if type(a) is list:
        return len(a) == len(b) and all(_same(x, a_bytes, y, b_bytes) for x, y in zip(a, b, strict=True))
    if type(a) is not dict:
        return bool(a == b)
    if a.get("!") == "T" and b.get("!") == "T":
        return _same_tensor(tensors.read_tensor(a, a_bytes), tensors.read_tensor(b, b_bytes))
    if a.get("!") == "f" and b.get("!") == "f":
        return _same_tensor(_number(a), _number(b))
    keys = (a.keys() | b.keys()) - {"o"}
    return all(_same(a.get(k), a_bytes, b.get(k), b_bytes) for k in keys)


def _number(node: dict[str, Any]) -> torch.Tensor:
    try:
        return torch.tensor(float.fromhex(node["v"]), dtype=torch.float64)
    except (ValueError, TypeError, KeyError, OverflowError):
        raise Corrupted("a malformed number") from None


def _same_tensor(a: torch.Tensor, b: torch.Tensor) -> bool:
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    if not (a.is_floating_point() or a.is_complex()):
        return torch.equal(a, b)
    loose = 1e-2 if a.element_size() == 2 else 1e-4 if a.dtype in (torch.float32, torch.complex64) else 1e-7
    return bool(torch.isclose(a, b, rtol=loose, atol=loose * 0.1, equal_nan=True).all())
