"""Objects that exist on both sides and stay equal: changes to one are carried to the other at every crossing.

One is made when a tensor, list, dict, set or module crosses as an argument. At every crossing each side
compares its own with what was last agreed, by bytes and flags, since a version counter misses changes through
`.data` and NumPy views.

A leaf behind a graph that was never passed is hollow: the other side holds a tensor of its shape and dtype
without its values, and what gradients flow to that is all that comes back.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import Any


class SharedObject:
    """One object that both sides hold; `agreed` and `version`: its content as last seen by both."""

    __slots__ = ("agreed", "hollow", "id", "obj", "size", "version")

    def __init__(self, number: int, obj: object, *, hollow: bool = False) -> None:
        self.id = number
        self.obj = obj
        self.hollow = hollow
        self.size = 0  # bytes of its tensor, where the other side made it
        self.agreed: Any = None
        self.version = 0

    def agree(self, content: Any) -> bool:
        """Take *content* as agreed; return whether an operation that autograd counts changed a tensor."""
        was, self.agreed = self.version, content
        self.version = getattr(self.obj, "_version", 0)
        return self.version != was


# How many references an object has that only the table holds: measured, for Pythons differ in that.
_PROBE = SharedObject(0, object())
_UNHELD = sys.getrefcount(_PROBE.obj)


class SharedObjects:
    """The shared objects of one side. Its own numbers are odd or even, so that both sides can make some."""

    def __init__(self, first: int) -> None:
        self.size = 0  # bytes of what the other side made
        self._next = first
        self._by_id: dict[int, SharedObject] = {}
        self._by_identity: dict[int, SharedObject] = {}

    def __iter__(self) -> Iterator[SharedObject]:
        return iter(list(self._by_id.values()))

    def find(self, obj: object) -> SharedObject | None:
        """Return the shared object of this very object."""
        return self._by_identity.get(id(obj))

    def get(self, number: object) -> SharedObject | None:
        """Return the shared object with this number."""
        return self._by_id.get(number) if type(number) is int else None

    def is_own(self, number: int) -> bool:
        """Return whether this side gives numbers such as this one."""
        return (number - self._next) % 2 == 0

    def new(self, obj: object, *, hollow: bool = False) -> SharedObject:
        """Share an object of this side."""
        self._next += 2  # one side has the even numbers, one the odd, so that neither need ask for one
        return self.adopt(self._next, obj, hollow=hollow)

    def adopt(self, number: int, obj: object, *, hollow: bool = False) -> SharedObject:
        """Share an object under the number that the other side gave it."""
        shared_object = SharedObject(number, obj, hollow=hollow)
        self._by_id[number] = shared_object
        self._by_identity[id(obj)] = shared_object
        return shared_object

    def measure(self, shared_object: SharedObject, size: int) -> None:
        """Take note of how many bytes an object of the other side has."""
        self.size += size - shared_object.size
        shared_object.size = size

    def drop(self, numbers: Iterable[object]) -> None:
        """Forget objects that one of the sides holds no longer."""
        for number in numbers:
            shared_object = self.get(number)
            if shared_object is not None:
                self.measure(shared_object, 0)
                del self._by_id[shared_object.id]
                del self._by_identity[id(shared_object.obj)]

    def unheld(self, spared: set[int]) -> list[int]:
        """Return the numbers of the shared objects whose object nothing but this table refers to."""
        loose = []
        for shared_object in self._by_id.values():
            if shared_object.id not in spared and sys.getrefcount(shared_object.obj) <= _UNHELD:
                loose.append(shared_object.id)
        return loose
