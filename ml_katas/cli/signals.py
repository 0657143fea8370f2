"""Signals that end a command: what it put up is taken down first, and the exit code says which it was."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator
from types import FrameType
from typing import NoReturn

_ENDING = ("SIGTERM", "SIGHUP", "SIGQUIT")


@contextlib.contextmanager
def unwinding(at_once: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Have a signal that asks this command to end do *at_once*, then leave every `with` on the way out."""

    def end(number: int, _: FrameType | None) -> NoReturn:
        at_once()
        raise SystemExit(128 + number)

    numbers = [getattr(signal, name) for name in _ENDING if hasattr(signal, name)]
    with contextlib.ExitStack() as stack:
        for number in numbers:
            if signal.getsignal(number) is not signal.SIG_IGN:  # `nohup` wants it to go on
                stack.enter_context(handling(number, end))
        yield


@contextlib.contextmanager
def handling(number: signal.Signals, handle: Callable[[int, FrameType | None], object]) -> Iterator[None]:
    """Handle a signal in the block, and as before after it."""
    before = signal.signal(number, handle)
    try:
        yield
    finally:
        signal.signal(number, before)
