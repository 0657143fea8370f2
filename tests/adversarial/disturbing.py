"""Frames that are disturbed on their way out: changed, doubled, dropped, cut, delayed, exchanged, forged.

A submission may carry the text of this file and call `disturb`: nothing of the tests is needed for it.
"""

from __future__ import annotations

import copy
import json
import os
import random
import time
from collections.abc import Callable, Iterator
from typing import Any

from ml_katas.judging.boundary.frames import LENGTHS, Channel

# -------- headers


def mutate(rng: random.Random, header: dict[str, Any], parts: list[Any]) -> None:
    """Replace, double, drop or add something in *header*; *parts* are taken from other headers."""
    holders = [part for part in parts_of(header) if isinstance(part, (dict, list)) and part]
    if not holders:
        return
    holder: Any = rng.choice(holders)
    key = rng.choice(list(holder)) if isinstance(holder, dict) else rng.randrange(len(holder))
    kind = rng.random()
    if kind < 0.35:
        holder[key] = copy.deepcopy(rng.choice(_ODD))
    elif kind < 0.65:
        holder[key] = copy.deepcopy(rng.choice(parts))
    elif kind < 0.75:
        del holder[key]
    elif kind < 0.85:
        holder[key] = [holder[key]] * rng.choice((1, 2, 50))
    elif isinstance(holder, dict):
        holder[rng.choice(_KEYS)] = copy.deepcopy(rng.choice(parts))
    elif isinstance(holder[key], int):
        holder[key] += rng.choice((-1, 1, 2, 256))


_ODD: list[Any] = [
    *(None, True, False, 0, 1, -1, 2, 3, 1.5, 1 << 31, -(1 << 63), 1 << 64, 1 << 200),
    *("", "x", "\ud800", "\0", "1e400", "nan", "0x1p99999", "float32", "bool", "cuda:0", "meta", "x" * 5000),
    *([], {}, [[]], [None], [1, 2], [0, 1 << 39, 1 << 39], [1 << 20] * 3, [-1, -6], [1] * 17, [6], [3, 2]),
    *([[2, 3]], ["p", 2], [["w", 2]], [["w", None]], {"!": []}, {"!": "T"}, {"!": "@", "id": 2}),
    *({"!": "@", "id": [1]}, {"!": "H", "id": 1, "k": "x", "n": "y"}, {"!": "bad", "why": "x"}),
    *({"!": "s", "v": [[1]]}, {"!": "d", "v": [[[], 1]]}, {"!": "M"}, {"!": "CB", "id": 1}),
]
_KEYS = (
    *("!", "v", "x", "r", "q", "op", "a", "new", "set", "drop", "forget", "free", "node", "grad", "out", "g"),
    *("p", "st", "gr", "quiet", "s", "d", "o", "n", "id", "avoided", "f", "h", "m", "b", "t", "cls", "at"),
)


def parts_of(node: Any) -> Iterator[Any]:
    """Yield *node* and everything in it."""
    yield node
    for part in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from parts_of(part)


# -------- frames


class Disturbance:
    """Sends frames over a channel, some of them not as they are."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.earlier: list[bytes] = []
        self.late = b""  # comes behind the next frame
        self._share = self.rng.choice((0.02, 0.1, 0.5))
        self._calm = self.rng.choice((0, 1, 5, 20))  # frames that are left alone at first

    def send(self, channel: Channel, header: bytes, segments: Any = ()) -> None:
        """Send a frame, or what becomes of it."""
        frame = _joined(header, b"".join(bytes(segment) for segment in segments))
        late, self.late = self.late, b""
        data = self._disturbed(frame) if self._is_next() else frame
        self.earlier.append(frame)
        channel._send(data + late)

    def _is_next(self) -> bool:
        self._calm -= 1
        return self._calm < 0 and self.rng.random() < self._share

    def _disturbed(self, frame: bytes) -> bytes:
        way = self.rng.choice(WAYS)
        print(f"disturbed: {way.__name__}", flush=True)
        return way(self, frame)


Way = Callable[[Disturbance, bytes], bytes]


def changed(by: Disturbance, frame: bytes) -> bytes:
    header, payload = _parted(frame)
    parts = [part for other in (*by.earlier, frame) for part in parts_of(_parted(other)[0])]
    for _ in range(by.rng.choice((1, 1, 2, 4))):
        mutate(by.rng, header, parts)
    return _joined(json.dumps(header).encode(), payload)


def varied(by: Disturbance, frame: bytes) -> bytes:
    """Return the frame with some values exchanged for others of their kind, which the judge may believe."""
    header, payload = _parted(frame)
    seen = [part for other in (*by.earlier, frame) for part in parts_of(_parted(other)[0])]
    for _ in range(by.rng.choice((1, 1, 2, 4))):
        holder: Any = by.rng.choice(
            [part for part in parts_of(header) if isinstance(part, (dict, list)) and part]
        )
        key = by.rng.choice(list(holder)) if isinstance(holder, dict) else by.rng.randrange(len(holder))
        if key not in ("q", "r", "!"):
            holder[key] = copy.deepcopy(by.rng.choice([s for s in seen if type(s) is type(holder[key])]))
    return _joined(json.dumps(header).encode(), payload)


def with_other_bytes(by: Disturbance, frame: bytes) -> bytes:
    header, payload = _parted(frame)
    start = by.rng.randrange(len(payload) + 1)
    size = by.rng.choice((len(payload) - start, len(payload) - start, 0, 64))
    odd = by.rng.choice((by.rng.randbytes(size), b"\xff" * size, bytes(size)))  # NaN in every dtype, zeros
    return _joined(json.dumps(header).encode(), payload[:start] + odd)


def forged(by: Disturbance, frame: bytes) -> bytes:
    """Return an earlier frame under this one's number."""
    number = {key: value for key, value in _parted(frame)[0].items() if key in ("q", "r")}
    header, payload = _parted(by.rng.choice((*by.earlier, frame)))
    return _joined(json.dumps({**header, **number}).encode(), payload)


def flipped(by: Disturbance, frame: bytes) -> bytes:
    raw = bytearray(frame)
    for _ in range(by.rng.choice((1, 2, 8))):
        raw[by.rng.randrange(len(raw))] = by.rng.randrange(256)
    return bytes(raw)


def doubled(by: Disturbance, frame: bytes) -> bytes:
    return 2 * frame


def preceded(by: Disturbance, frame: bytes) -> bytes:
    return by.rng.choice((*by.earlier, by.rng.randbytes(40))) + frame


def dropped(by: Disturbance, frame: bytes) -> bytes:
    return b""


def cut(by: Disturbance, frame: bytes) -> bytes:
    return frame[: by.rng.randrange(len(frame))] + by.rng.choice((b"", frame))


def exchanged(by: Disturbance, frame: bytes) -> bytes:
    by.late = frame
    return by.rng.choice((b"", *by.earlier))


def delayed(by: Disturbance, frame: bytes) -> bytes:
    time.sleep(by.rng.choice((0.001, 0.01, 0.1, 0.5)))
    return frame


def ended(by: Disturbance, frame: bytes) -> bytes:
    by.rng.choice((os.abort, lambda: os._exit(by.rng.randrange(256)), lambda: os.close(3)))()
    return frame


WAYS: tuple[Way, ...] = (
    *(changed, changed, varied, varied, varied, varied, varied, varied, with_other_bytes, with_other_bytes),
    *(forged, flipped, doubled, preceded, dropped, cut, exchanged, delayed, delayed, ended),
)


def _parted(frame: bytes) -> tuple[dict[str, Any], bytes]:
    """Return header and payload of a frame."""
    size, _ = LENGTHS.unpack(frame[: LENGTHS.size])
    return json.loads(frame[LENGTHS.size :][:size]), frame[LENGTHS.size + size :]


def _joined(header: bytes, payload: bytes) -> bytes:
    return LENGTHS.pack(len(header), len(payload)) + header + payload


def disturb(seed: int) -> None:
    """Disturb what this process sends from now on, the same way for the same seed."""
    disturbance = Disturbance(seed)
    Channel.send = lambda channel, *frame: disturbance.send(channel, *frame)  # type: ignore[method-assign]
