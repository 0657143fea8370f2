"""What a kata asks to be written by hand, watched while a submission runs: names, and what is below them.

A name can be got hold of in many ways; whatever it was called by, its operation passes torch's dispatcher, in
which a watched kernel takes note and goes on with the real one. All of this runs in the sandbox, in every
thread, and can only lower a verdict.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import sys
import types
import warnings
from collections.abc import Callable, Iterable
from typing import Any

import torch

from .families import is_operation, operations_of
from .modules import from_suite

Note = Callable[[str, int], None]
Hook = Callable[[], None]
_Function = Callable[..., Any]

# Where kernels for ordinary memory are registered; a composite one serves where there is no other.
_BACKENDS = ("CPU", "SparseCPU", "SparseCsrCPU", "MkldnnCPU", "QuantizedCPU", "NestedTensorCPU")
_COMPOSITE = (
    "CompositeExplicitAutograd",
    "CompositeExplicitAutogradNonFunctional",
    "CompositeImplicitAutograd",
)
_dispatch: Any = torch._C
_libraries: dict[str, Any] = {}  # to be kept: with a library go its kernels


def watch(avoid: Iterable[str], file_name: str, note: Note) -> None:
    """Have *note* take every use of an avoided name, or of what does the same, with its line in *file_name*.

    The line is 0 where no line of the file is behind it, as in a thread of a pool.
    """
    place = _Place(file_name)

    def hook(what: str) -> Hook:
        def take_note() -> None:
            line = place.line()
            if line is not None:
                note(what, line)

        return take_note

    for what in dict.fromkeys(name for entry in avoid for name in (entry, *operations_of(entry))):
        if is_operation(what):
            _watch_operation(what, hook(what))
        else:
            _watch_name(what, hook(what))


class _Place:
    """Finds out on whose behalf something is called."""

    def __init__(self, file_name: str) -> None:
        self._file_name = file_name
        self._call = torch.nn.Module._call_impl.__code__
        self._backward = getattr(torch.autograd.graph, "_engine_run_backward", self.line).__code__

    def line(self) -> int | None:
        """Return the submission's line behind the caller; None where the suite is, or autograd by itself."""
        frame: types.FrameType | None = sys._getframe(2)
        while frame is not None:
            code = frame.f_code
            if code.co_filename == self._file_name:
                return frame.f_lineno
            if code.co_filename in shipped or code is self._backward:
                return None
            if code is self._call and from_suite(frame.f_locals.get("self")):
                return None
            frame = frame.f_back
        return 0


shipped: set[str] = set()  # file names of what the suite sent to run here


# -------- operations


def _watch_operation(name: str, hook: Hook) -> None:
    if not hasattr(_dispatch, "_dispatch_get_computed_kernel_for_dispatch_key"):
        return  # before torch 2.9; the names alone are watched there
    _, overloads = _dispatch._jit_get_operation(name)
    for overload in overloads or ():
        full = f"{name}.{overload}" if overload else name
        for key, computed_at in _kernels(full):
            _watch_kernel(full, key, computed_at, hook)


def _kernels(full: str) -> list[tuple[str, str]]:
    """Return where kernels of an operation are registered, and by which key each can be had."""
    has_kernel = _dispatch._dispatch_has_kernel_for_dispatch_key
    found = [(key, key) for key in _BACKENDS if has_kernel(full, key)]
    if ("CPU", "CPU") not in found:
        found += [(key, "CPU") for key in _COMPOSITE if has_kernel(full, key)][-1:]
    return found


def _watch_kernel(full: str, key: str, computed_at: str, hook: Hook) -> None:
    real = _dispatch._dispatch_get_computed_kernel_for_dispatch_key(
        full, _dispatch._parse_dispatch_key(computed_at)
    )

    def kernel(keys: Any, *args: Any, **kwargs: Any) -> Any:
        hook()
        return real.call_boxed(keys, *args, **kwargs)

    namespace, _, name = full.partition("::")
    if namespace not in _libraries:
        _libraries[namespace] = _dispatch._dispatch_library("IMPL", namespace, "", __file__, 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a kernel is replaced is meant
        _libraries[namespace].impl(name, key, kernel, True)


# -------- names


def _watch_name(path: str, hook: Hook) -> None:
    parent, _, name = path.rpartition(".")
    holder = _find(parent)
    thing = getattr(holder, name, None)
    if isinstance(thing, type):
        for method in ("__init__", "forward"):
            if isinstance(vars(thing).get(method), types.FunctionType):
                _watch_code(vars(thing)[method], hook)
    elif isinstance(thing, types.FunctionType) and _watch_code(thing, hook):
        return
    elif callable(thing):
        setattr(holder, name, _watched(thing, hook))


def _find(path: str) -> Any:
    """Return a module, or a class in one; what is torch's own is not imported for this."""
    module, _, name = path.rpartition(".")
    if path in sys.modules or path.startswith("torch._"):
        return sys.modules.get(path)
    try:
        return importlib.import_module(path)
    except ImportError:
        return getattr(sys.modules.get(module), name, None)


def _watch_code(function: types.FunctionType, hook: Hook) -> bool:
    """Have a function of Python's call *hook* first, whatever its name; return whether that was possible."""
    inner = inspect.unwrap(function)
    if not isinstance(inner, types.FunctionType):
        return False
    code = inner.__code__
    original = types.FunctionType(
        code, inner.__globals__, inner.__name__, inner.__defaults__, inner.__closure__
    )
    original.__kwdefaults__ = inner.__kwdefaults__
    consts = {"watched": _watched(original, hook)}
    inner.__code__ = _calls.__code__.replace(
        co_consts=tuple(consts.get(const, const) for const in _calls.__code__.co_consts),
        co_freevars=code.co_freevars,  # which a function cannot change
        co_filename=code.co_filename,  # tools that read the source find it as before
        co_firstlineno=code.co_firstlineno,
        co_name=code.co_name,
        co_qualname=code.co_qualname,
    )
    return True


def _calls(*args: Any, **kwargs: Any) -> Any:
    watched: Any = "watched"
    return watched(*args, **kwargs)


def _watched(function: _Function, hook: Hook) -> _Function:
    @functools.wraps(function)
    def watched(*args: Any, **kwargs: Any) -> Any:
        hook()
        return function(*args, **kwargs)

    del watched.__wrapped__
    return watched
