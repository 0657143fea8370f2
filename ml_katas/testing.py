"""What suites import: comparison, and the few things that a suite cannot do by itself across the boundary."""

from __future__ import annotations

import contextlib
import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import torch

from .comparison import assert_close, assert_shape
from .comparison.wording import kind_of
from .judging import seeds
from .judging.boundary.tensors import TensorState, state_of
from .judging.generators import seed_everything
from .judging.run import submission_module

__all__ = [
    "after",
    "assert_close",
    "assert_shape",
    "distinct_sizes",
    "rng_unchanged",
    "seeded",
    "ship",
    "spy",
    "unchanged",
]

Function = TypeVar("Function", bound=Callable[..., Any])


def after(*checks: str) -> Callable[[Function], Function]:
    """Let a check wait: it does not run when one of the named, earlier checks did not pass."""

    def leave(function: Function) -> Function:
        return function  # the manifest reads the names from the syntax tree

    return leave


def distinct_sizes(count: int, low: int = 2, high: int = 9) -> tuple[int, ...]:
    """Return *count* pairwise different sizes from *low* to *high*, so that a swapped axis shows."""
    return tuple(random.sample(range(low, high + 1), count))


@contextlib.contextmanager
def seeded(number: int) -> Iterator[None]:
    """Seed both sides: the same number gives both the same randomness again, whatever came before."""
    check = f"seeded {number}"
    seed_everything(seeds.derive("seeded", check, "judge"))
    submission_module.supervisor().peer().seed(seeds.derive("seeded", check, "sandbox"))
    yield


@contextlib.contextmanager
def rng_unchanged() -> Iterator[None]:
    """Assert that the submission leaves the state of its global generator as it was."""
    peer = submission_module.supervisor().peer()
    before = peer.ask("generator", {})
    yield
    assert peer.ask("generator", {}) == before, "your code changes the state of the global random generator"


def unchanged(*things: Any) -> contextlib.AbstractContextManager[None]:
    """Assert that tensors, modules, lists and dicts keep their bytes and flags, NaN included.

    What changed is called by the name that it has where this is called.
    """
    return _unchanged(things, sys._getframe(1).f_locals)


@contextlib.contextmanager
def _unchanged(things: tuple[Any, ...], names: dict[str, Any]) -> Iterator[None]:
    called = [_called(thing, names) for thing in things]
    before = [_states(thing) for thing in things]
    yield
    for name, thing, was in zip(called, things, before, strict=True):
        now = _states(thing)
        assert now.keys() == was.keys(), f"your code changes what is in {name}"
        changed = [part for part in was if now[part] != was[part]]
        assert not changed, f"your code changes {_part_of(name, changed[0])} in place"


def _called(thing: Any, names: dict[str, Any]) -> str:
    """Return the name of a thing among *names*, or inside a module or list of that name; or what it is."""
    for name, value in names.items():
        if value is thing:
            return name
    for name, value in names.items():
        for part, inner in _parts(value):
            if inner is thing:
                return f"{name}{part}"
    return f"{kind_of(thing)} that it was given"


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, torch.nn.Module):
        yield from ((f".{name}", tensor) for name, tensor in value.named_parameters())
        yield from ((f".{name}", tensor) for name, tensor in value.named_buffers())
    elif isinstance(value, (list, tuple)):
        yield from ((f"[{number}]", item) for number, item in enumerate(value))


def _part_of(name: str, part: str) -> str:
    if not part:
        return name
    return f"{name}{part}" if part.startswith("[") else f"{part} of {name}"


def _states(thing: Any) -> dict[str, TensorState | str]:
    if isinstance(thing, torch.Tensor):
        return {"": state_of(thing)}
    if isinstance(thing, torch.nn.Module):
        tensors = [*thing.named_parameters(), *thing.named_buffers()]
        return {"training": str(thing.training)} | {name: state_of(tensor) for name, tensor in tensors}
    if isinstance(thing, dict):
        return _inside(thing.items())
    if isinstance(thing, (list, tuple)):
        return _inside(enumerate(thing))
    return {"": repr(thing)}


def _inside(pairs: Any) -> dict[str, TensorState | str]:
    return {f"[{key!r}]{name}": state for key, part in pairs for name, state in _states(part).items()}


def spy(target: Any) -> Any:
    """Return a function or module that does what *target* does and counts its `calls` and `rows`."""
    return SpyModule(target) if isinstance(target, torch.nn.Module) else SpyFunction(target)


class SpyFunction:
    """A function that counts its calls and the rows it is given."""

    def __init__(self, target: Callable[..., Any]) -> None:
        self.target = target
        self.calls = 0
        self.rows: list[int] = []

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        _count(self, args)
        return self.target(*args, **kwargs)


class SpyModule(torch.nn.Module):
    """A module that counts its calls and the rows it is given; its parameters are those of its target."""

    def __init__(self, target: torch.nn.Module) -> None:
        super().__init__()
        self.target = target
        self.calls = 0
        self.rows: list[int] = []

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        _count(self, args)
        return self.target(*args, **kwargs)


def _count(spied: SpyFunction | SpyModule, args: tuple[Any, ...]) -> None:
    spied.calls += 1
    if args and isinstance(args[0], torch.Tensor):
        spied.rows.append(args[0].shape[:-1].numel())


def ship(file_name: str) -> None:
    """Send helper code that lies beside the suite to the sandbox, where submissions import it by its stem.

    What is shipped is public: the submission can read it.
    """
    folder = Path(sys._getframe(1).f_globals["__file__"]).parent
    submission_module.supervisor().ship(
        Path(file_name).stem, (folder / file_name).read_text(encoding="utf-8")
    )
