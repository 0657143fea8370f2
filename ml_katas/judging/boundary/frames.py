"""Frames between judge and sandbox: a JSON header and raw bytes, moved under one deadline.

    u32 header length · u64 payload length · header (UTF-8 JSON object) · payload (bytes of tensors)

Who sends what. Either side sends requests and answers. While a side waits for an answer it serves what the
other side asks, so requests nest like calls. The judge asks for `scan` (which avoided names a source uses),
`load` (run it), `ship` (run a public helper), `do` (an operation on an object, see operations.py),
`generator` (the state of the random generator), `backward` and `backward_again`; the sandbox for `call` (a
function of the suite), `backward` and `backward_again`. Nothing else is served.

Header keys. An empty list may be left out.

    q op a        a request: its number, operation, and arguments as pairs of name and value
    grad          of a request: whether gradients are recorded
    r v x         an answer: the number of its request, and a value or an exception [classes, message, lines]
    node          of `backward`: the graph that is meant; of an answer: the graph that is kept for its
                  outputs, and the shared objects that it depends on
    new set drop  shared objects: made for this frame, changed since the last one, held no longer
    forget        graphs that nobody needs any more
    seed free     from the judge: a seed for all generators; handles that are gone
    left          of `do`: after how many seconds a submission that still runs says where it is
    avoided drew  from the sandbox: uses of avoided names; whether random numbers were drawn

Values. null, booleans, text, 64-bit integers and lists are what they are in JSON. All else has a tag,
`{"!": tag, …}`, mostly with its content as `v`:

    f c big y     a float or a complex number in hex, a large integer, bytes
    t s fs d      tuple, set, frozenset, dict (as pairs)
    nt dc         a named tuple, a dataclass: fields by name
    sz sl el      torch.Size, slice, Ellipsis
    dt dev        a dtype, a device
    T             a tensor: dtype d, shape s, n bytes from o on; `out`: which output of a graph it is. Of a
                  shared one also g (needs gradients), p (a parameter), st (strides), gr (its gradient),
                  `quiet` (changed without autograd's knowledge). On the meta device d ends in `@meta`, n is 0
    @             a shared object, by its number; lists, dicts, sets, modules and arguments are shared
    M L G W       content of a shared object: a module (p, b, m, t: parameters, buffers, modules, training);
                  a leaf whose values stay where they are; a gradient for such a leaf; a tensor that was
                  written to, with the values that it had
    E H R         an entry point by name; an object that stays in the sandbox; such an object, given back
    CB IT         a function or an iterator that stays with the judge
    RG            a generator of random numbers of the judge's, as the state that it is in
    fn            a function of torch that a module holds
    bad           a value that cannot cross, and why

One call. The suite calls `scale(x, by=3)`. The judge sends, shortened, and 8 bytes for x behind it

    {"q": 2, "op": "do", "grad": true, "a": [… "call", {"!": "E", "v": "scale"}, [{"!": "@", "id": 2}] …],
     "new": [[2, {"!": "T", "d": "float32", "s": [2], "o": 0, "n": 8, "g": true, "p": false, "st": [1]}]]}

and the sandbox answers, with 8 bytes for the result

    {"r": 2, "v": {"!": "T", "d": "float32", "s": [2], "o": 0, "n": 8, "out": 0}, "node": [1, [2]]}

docs/architecture.md goes through the whole of it, with the backward pass.
"""

from __future__ import annotations

import json
import select
import socket
import struct
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

LENGTHS = struct.Struct("<IQ")
MAX_HEADER = 1 << 20
MAX_PAYLOAD = 256 << 20
MOST_RECORDED = 64 << 20
_STEP = 1 << 20
_AHEAD = 1 << 16


def _no_constant(name: str) -> Any:
    raise ValueError(name)


_ENCODE = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode
_DECODE = json.JSONDecoder(parse_constant=_no_constant).decode


class Closed(Exception):
    """The other side is gone."""


class Corrupted(Exception):
    """The other side sent something that is not in the protocol."""


class TimedOut(Exception):
    """The deadline passed in the middle of a conversation."""


class TooLarge(Exception):
    """A message of our own exceeds what a frame may hold."""


class Beside(Protocol):
    """Something else to serve while waiting for the other side."""

    def fileno(self) -> int: ...

    def serve(self) -> bool:
        """Handle what is there to read; return whether more may come."""


class Endpoint(Protocol):
    """One end of a conversation."""

    def send(self, header: bytes, segments: Sequence[Any] = ()) -> None: ...

    def receive(self) -> tuple[dict[str, Any], bytearray]: ...


def pack(header: dict[str, Any]) -> bytes:
    """Return *header* as bytes, or raise TooLarge."""
    data = _ENCODE(header).encode()
    if len(data) > MAX_HEADER:
        raise TooLarge(f"more than {MAX_HEADER >> 20} MiB of Python objects; pass tensors")
    return data


class Channel:
    """One end of a conversation; every wait ends at `deadline()` (monotonic seconds; None: never)."""

    def __init__(
        self,
        sock: socket.socket,
        deadline: Callable[[], float] | None = None,
        beside: Sequence[Beside] = (),
    ) -> None:
        self.sock = sock
        self.deadline = deadline
        self.beside = list(beside)
        self._ahead = bytearray()
        if deadline is not None:
            sock.setblocking(False)

    def send(self, header: bytes, segments: Sequence[Any] = ()) -> None:
        """Send one frame, or raise Closed, TimedOut or TooLarge."""
        size = sum(len(segment) for segment in segments)
        if size > MAX_PAYLOAD:
            raise TooLarge(f"{size >> 20} MiB of tensors; the limit is {MAX_PAYLOAD >> 20} MiB")
        head = LENGTHS.pack(len(header), size) + header
        if size < 1 << 15:
            self._send(b"".join([head, *segments]))
            return
        for part in (head, *segments):
            self._send(part)

    def receive(self) -> tuple[dict[str, Any], bytearray]:
        """Return the next frame, or raise Closed, TimedOut or Corrupted."""
        if self.deadline is not None and self.deadline() <= time.monotonic():
            raise TimedOut
        header_size, payload_size = LENGTHS.unpack(self._receive(LENGTHS.size))
        if header_size > MAX_HEADER or payload_size > MAX_PAYLOAD:
            raise Corrupted("a frame larger than the limits")
        raw = self._receive(header_size)
        payload = self._receive(payload_size)
        try:
            header = _DECODE(raw.decode("utf-8"))
        except (ValueError, RecursionError) as error:
            raise Corrupted(f"a header that is not JSON ({type(error).__name__})") from None
        if type(header) is not dict:
            raise Corrupted("a header that is not an object")
        return header, payload

    def _send(self, data: Any) -> None:
        view = memoryview(data)
        while view:
            try:
                view = view[self.sock.send(view) :]
            except BlockingIOError:
                self._wait(select.POLLOUT)
            except OSError:
                raise Closed from None

    def _receive(self, size: int) -> bytearray:
        while len(self._ahead) < size:  # grown only as bytes arrive
            self._ahead += self._read(max(_AHEAD, min(size - len(self._ahead), _STEP)))
        if len(self._ahead) == size:
            data, self._ahead = self._ahead, bytearray()
        else:
            data = self._ahead[:size]
            del self._ahead[:size]
        return data

    def _read(self, most: int) -> bytes:
        while True:
            try:
                data = self.sock.recv(most)
            except BlockingIOError:
                self._wait(select.POLLIN)
                continue
            except OSError:
                raise Closed from None
            if not data:
                raise Closed
            return data

    def _wait(self, event: int) -> None:
        poll = select.poll()
        poll.register(self.sock, event)
        beside = {other.fileno(): other for other in self.beside}
        for fd in beside:
            poll.register(fd, select.POLLIN)
        while True:
            left = (self.deadline() if self.deadline else time.monotonic() + 3600) - time.monotonic()
            if left <= 0:
                raise TimedOut
            ready = dict(poll.poll(left * 1000))
            for fd in ready.keys() & beside.keys():
                if not beside[fd].serve():
                    poll.unregister(fd)
                    self.beside.remove(beside.pop(fd))
            if self.sock.fileno() in ready:
                return


class RecordingChannel(Channel):
    """A channel that keeps what it sent, up to a limit."""

    def __init__(self, *how: Any) -> None:
        super().__init__(*how)
        self.recording = bytearray()

    def send(self, header: bytes, segments: Sequence[Any] = ()) -> None:
        super().send(header, segments)
        if len(self.recording) < MOST_RECORDED:
            size = sum(len(segment) for segment in segments)
            self.recording += LENGTHS.pack(len(header), size) + header
            for segment in segments:
                self.recording += segment
