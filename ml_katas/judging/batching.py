"""A batch: many submissions for one kata. A fork judges each of them, and finds the suite collected."""

from __future__ import annotations

import gc
import os
import signal
import socket
from collections.abc import Callable

from .confinement import die_with_parent


def serve_batch(connection: socket.socket, judge: Callable[[socket.socket], None]) -> None:
    """Have a fork *judge* each connection that arrives over this one, until it closes."""
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # forks are not waited for
    while True:
        message, fds, _, _ = socket.recv_fds(connection, 1, 1)
        if not message:
            return
        for fd in fds:
            _fork(socket.socket(fileno=fd), connection, judge)


def _fork(client: socket.socket, batch: socket.socket, judge: Callable[[socket.socket], None]) -> None:
    with client:
        if os.fork():
            return
        try:
            die_with_parent()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            batch.close()
            judge(client)
        finally:
            os._exit(0)
