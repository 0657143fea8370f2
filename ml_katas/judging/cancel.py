"""Ending a judgement that is under way."""

from __future__ import annotations

import contextlib
import socket
import threading


class Cancelled(Exception):
    """Whoever asked for a judgement wants it no longer."""


class Cancel:
    """A way to end a judgement that is under way in another thread."""

    def __init__(self) -> None:
        self._asked = threading.Event()
        self._connection: socket.socket | None = None

    def __call__(self) -> None:
        """End the judgement now; judge and sandbox are gone at once."""
        self._asked.set()
        if self._connection is not None:
            with contextlib.suppress(OSError):
                self._connection.shutdown(socket.SHUT_RDWR)

    @property
    def asked(self) -> bool:
        """Return whether it was asked for."""
        return self._asked.is_set()

    def pause(self, seconds: float) -> None:
        """Wait for so long, or raise Cancelled as soon as it is asked for."""
        self._asked.wait(seconds)
        self.check()

    def watch(self, connection: socket.socket) -> None:
        """Take note of the connection that the judgement runs over, or raise Cancelled."""
        self._connection = connection
        self.check()

    def check(self) -> None:
        """Raise Cancelled if it was asked for."""
        if self.asked:
            raise Cancelled
