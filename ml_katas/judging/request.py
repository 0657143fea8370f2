"""A request as it comes over a socket, and the client that made it, who is told events as JSON lines."""

from __future__ import annotations

import json
import os
import select
import socket
import struct
from typing import Any

LENGTH = struct.Struct("<I")
MOST_REQUEST = 4 << 20


class Client:
    """Whoever asked for the judgement; when they hang up, it is over."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def fileno(self) -> int:
        return self._connection.fileno()

    def serve(self) -> bool:
        """There is nothing more to read from a client but its end."""
        if not self._connection.recv(1):
            os._exit(0)
        return True

    def has_spoken(self) -> bool:
        """Say whether there is something to read."""
        return bool(select.select([self._connection], [], [], 0)[0])

    def request(self) -> dict[str, Any]:
        """Return the request, or end where none comes."""
        head = self._connection.recv(LENGTH.size, socket.MSG_WAITALL)
        if len(head) < LENGTH.size:
            os._exit(0)
        (size,) = LENGTH.unpack(head)
        request: dict[str, Any] = json.loads(
            self._connection.recv(min(size, MOST_REQUEST), socket.MSG_WAITALL)
        )
        return request

    def tell(self, event: str, **facts: Any) -> None:
        """Send one event."""
        try:
            self._connection.sendall(json.dumps({"event": event, **facts}).encode() + b"\n")
        except OSError:
            os._exit(0)
