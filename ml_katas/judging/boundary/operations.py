"""What may be done to an object that stays on the other side: one table for both sides."""

from __future__ import annotations

import copy
import operator
from collections.abc import Callable
from typing import Any

from .exceptions import builtin_exception


def next_of(iterator: Any) -> tuple[bool, Any]:
    """Return whether *iterator* had one more item, and that item."""
    try:
        return True, next(iterator)
    except StopIteration:
        return False, None


def _call(function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    return function(*args, **kwargs)


def _enter(manager: Any) -> Any:
    return type(manager).__enter__(manager)


def _exit(manager: Any, *raised: Any) -> bool:
    error = builtin_exception(*raised) if raised else None
    return bool(type(manager).__exit__(manager, type(error) if error else None, error, None))


OPERATIONS: dict[str, Callable[..., Any]] = {
    "call": _call,
    "getattr": getattr,
    "setattr": setattr,
    "delattr": delattr,
    "getitem": operator.getitem,
    "setitem": operator.setitem,
    "delitem": operator.delitem,
    "contains": operator.contains,
    "len": len,
    "bool": bool,
    "iter": iter,
    "next": next_of,
    "enter": _enter,
    "exit": _exit,
    "repr": repr,
    "deepcopy": copy.deepcopy,
    "isinstance": isinstance,
}

ARITHMETIC = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul")
COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge")
UNARY = ("neg", "pos", "abs", "invert")
OPERATIONS |= {name: getattr(operator, name) for name in (*ARITHMETIC, *COMPARISONS, *UNARY)}

# Methods of a module that are answered from its mirrors, unless its class has its own.
OVERRIDABLE = ("state_dict", "load_state_dict")

# Their results are parts of the object: shared, so that changes to them are seen on both sides.
PARTS = frozenset({"getattr", "getitem"})
