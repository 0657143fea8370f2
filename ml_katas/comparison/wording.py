"""Values from either side named in a few words: "a list of 2", "float32 (15, 2)"."""

from __future__ import annotations

from collections.abc import Mapping
from reprlib import Repr

from torch import Tensor, dtype, nn

from ..support.sanitize import sanitize_line

_LONGEST_CALL, _MOST_ITEMS = 300, 4

_short = Repr()
_short.maxstring = _short.maxother = 80


def kind_of(value: object) -> str:
    """Return what a value is, with its article."""
    if value is None:
        return "None"
    if isinstance(value, Tensor):
        return f"a {signature(value)} tensor"
    if isinstance(value, list | tuple | dict | set | frozenset):
        return f"a {type(value).__name__} of {len(value)}"
    stands_for = getattr(type(value), "_stands_for", None)  # of an object that stays in the sandbox
    if stands_for is not None:
        return with_article(stands_for(value))
    return with_article(type(value).__name__)


def signature(tensor: Tensor) -> str:
    """Return dtype and shape: "float32 (15, 2)"."""
    return f"{dtype_name(tensor.dtype)} {shape_text(tensor.shape)}"


def dtype_name(kind: dtype) -> str:
    return str(kind).removeprefix("torch.")


def shape_text(shape: tuple[int, ...]) -> str:
    return str(tuple(shape))


def shown(value: object) -> str:
    """Return a bounded repr without control characters."""
    try:
        return "".join(c if c.isprintable() else "?" for c in _short.repr(value))[:200]
    except Exception:  # a repr of someone else's
        return kind_of(value)


def call_text(
    name: str,
    args: tuple[object, ...],
    kwargs: Mapping[str, object],
    returned: Mapping[int, str] | None = None,
) -> str:
    """Return a call as one would write it, tensors as dtype and shape: "softmax(float32 (2, 3), dim=1)".

    *returned* says, by the `id` of a function that was passed, what it returned last.
    """
    values = [brief(value, returned) for value in args]
    values += [f"{key}={brief(value, returned)}" for key, value in kwargs.items()]
    return sanitize_line(f"{name}({', '.join(values)})")[:_LONGEST_CALL]


def brief(value: object, returned: Mapping[int, str] | None = None, depth: int = 0) -> str:
    """Return a value in a few words: "float32 (2, 3)", "[1, 2]", "a function that returned float32 (5,)"."""
    if isinstance(value, Tensor):
        return signature(value)
    if value is None or isinstance(value, bool | int | float | str | bytes | dtype):
        return shown(value)
    if isinstance(value, list | tuple) and len(value) <= _MOST_ITEMS and depth < 2:
        items = ", ".join(brief(item, returned, depth + 1) for item in value)
        return f"[{items}]" if isinstance(value, list) else f"({items}{',' * (len(value) == 1)})"
    if type(value) is dict and not value:
        return "{}"
    if isinstance(value, nn.Module) and type(value).__module__.startswith("torch.nn.modules."):
        return shown(value)
    is_function = callable(value) and not isinstance(value, type | nn.Module)
    noun = "a function" if is_function else kind_of(value)
    last = (returned or {}).get(id(value))
    return f"{noun} that returned {last}" if last else noun


def with_article(noun: str) -> str:
    return f"{'an' if noun[:1].lower() in tuple('aeiou') else 'a'} {noun}"


def counted(number: int, noun: str) -> str:
    """Return "1 value" or "3 values"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
