"""Frames as no sandbox would send them: `python -m tests.judging.boundary.fuzz --frames 1000000`.

Frames that a sandbox did send are mutated: parts of the header replaced, doubled, dropped or exchanged, bytes
flipped, the payload cut. Whatever comes in, it ends as a value, as Corrupted or as BadValue.
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import random
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import torch
from torch import nn

from ml_katas.judging.boundary.codec import BadValue
from ml_katas.judging.boundary.exceptions import RemoteError
from ml_katas.judging.boundary.frames import (
    LENGTHS,
    Channel,
    Closed,
    Corrupted,
    TooLarge,
    pack,
)
from ml_katas.judging.boundary.judge_side import JudgePeer
from ml_katas.judging.boundary.learner_side import LearnerPeer
from ml_katas.judging.endings import Ending
from tests.adversarial.disturbing import mutate, parts_of

Frame = tuple[dict[str, Any], bytes]
EXPECTED = (Corrupted, BadValue, RemoteError, Ending, Closed)
_LIVES = 400  # frames until a peer is replaced by a fresh one


class Recorder:
    """A channel that keeps what is sent and never answers."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []

    def send(self, header: bytes, segments: Sequence[Any] = ()) -> None:
        self.frames.append((json.loads(header), b"".join(bytes(part) for part in segments)))

    def receive(self) -> Any:
        raise Closed


class Wire:
    """A socket from which given bytes come, in pieces."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def recv(self, most: int) -> bytes:
        size = min(most, 1 + len(self._data) // 2)
        piece, self._data = self._data[:size], self._data[size:]
        return piece


class Pair(NamedTuple):
    left: Any
    right: Any


class Strange:
    """An object that stays where it is."""


def real_frames() -> list[Frame]:
    """Return frames as an honest sandbox sends them, of every kind there is."""
    channel = Recorder()
    learner = LearnerPeer(channel)  # type: ignore[arg-type]
    x = torch.randn(2, 3, requires_grad=True)
    values: list[Any] = [
        *(None, True, 7, -(1 << 70), 0.5, float("nan"), 1j, "text", b"bytes", ..., slice(1, None, 2)),
        *((1, [2, (3,)]), {"a": 1, 2: "b"}, {1, 2}, frozenset("ab"), OrderedDict(a=1), Counter("ab")),
        *(torch.Size([2, 3]), torch.float32, torch.device("cpu"), Pair(1, "x"), Strange(), Strange, print),
        *(
            torch.arange(6).view(2, 3),
            torch.tensor([True, False]),
            torch.zeros(0, 4),
            torch.ones(2, dtype=torch.bfloat16),
        ),
        *(
            x,
            (x @ x.T).softmax(-1),
            (x * 2, x.sum()),
            nn.Linear(2, 3),
            nn.Sequential(nn.Linear(2, 2), nn.ReLU()),
        ),
        *(iter([1, 2]), (torch.topk(x, 2)), [Strange(), {"t": x}]),
    ]
    for value in values:
        for sharing in (False, True):
            learner._reply(1, value, track=True, sharing=sharing)
    learner.failed(1, ValueError("wrong"))
    for op, arguments in _requests(x):
        learner.post(op, arguments, sharing=True, **({"node": 1} if op != "call" else {}))
    return [*channel.frames, *_changes()]


def _changes() -> Iterator[Frame]:
    """Yield answers that change what the judge of `fresh_judge` shares, each thing alone and all at once."""
    (request, payload), (reply, _) = fresh_judge().channel.frames  # type: ignore[attr-defined]
    shared = [[number, content] for number, content, *_ in request["new"]]
    written = [[number, {"!": "W"}] for number, _ in shared]
    for change in (*([entry] for entry in shared), shared, written):
        yield {"r": 1, "v": {"!": "@", "id": change[0][0]}, "set": change}, payload
    leaf, outline = reply["new"][0]
    yield {"r": 1, "v": None, "new": [[7, outline]], "node": [1, [7, leaf]]}, b""
    flowed = {"!": "T", "d": "float32", "s": [3], "o": 0, "n": 12, "g": False, "p": False, "st": [1]}
    for change in ({"!": "G", "gr": flowed}, flowed, {"!": "W"}):
        yield {"r": 1, "v": None, "set": [[leaf, change]]}, bytes(12)


def _requests(x: torch.Tensor) -> Iterator[tuple[str, dict[str, Any]]]:
    yield "call", {"target": 1, "args": (x, [1], {"k": 2}), "kwargs": (("name", 1),)}
    yield "call", {"target": 2, "args": (), "kwargs": ()}
    yield "backward", {"grads": [x.detach()]}
    yield "backward_again", {"grads": [None, x.detach()]}


def fresh_judge() -> JudgePeer:
    """Return a judge in the middle of a check: things of all kinds are shared, and a callback is given."""
    judge = JudgePeer(Recorder())  # type: ignore[arg-type]
    weight = torch.randn(2, 3, requires_grad=True)
    held = (weight, [1, 2], {"a": weight}, {3}, nn.Linear(3, 2), torch.zeros(4))
    kept = {"operation": "call", "target": len, "args": (*held, lambda *a, **k: (a, k)), "kwargs": ()}
    judge.post("do", kept, sharing=True)
    private = torch.randn(3, requires_grad=True)
    judge._reply(1, 2 * private, track=True, sharing=False)  # a callback's: its leaf is hollow there
    judge.held = held, private  # type: ignore[attr-defined]
    return judge


def mutants(seed: int) -> Iterator[bytes]:
    """Yield mutated frames for ever, the same for the same seed."""
    rng, frames = random.Random(seed), real_frames()
    parts = [part for header, _ in frames for part in parts_of(header)]
    while True:
        header, payload = copy.deepcopy(rng.choice(frames))
        for _ in range(rng.choice((0, 1, 1, 1, 2, 3, 6))):
            mutate(rng, header, parts)
        if rng.random() < 0.2:
            payload = payload[: rng.randrange(len(payload) + 1)] + rng.randbytes(rng.choice((0, 1, 64)))
        try:
            data = pack(header)
        except (TooLarge, ValueError, RecursionError):
            continue
        raw = bytearray(LENGTHS.pack(len(data), len(payload)) + data + payload)
        if rng.random() < 0.1:
            for _ in range(rng.choice((1, 2, 8))):
                raw[rng.randrange(len(raw))] = rng.randrange(256)
        yield bytes(raw)


def feed(judge: JudgePeer, raw: bytes) -> str:
    """Have the judge take in one frame; return the name of what that ended in."""
    try:
        header, payload = Channel(Wire(raw)).receive()  # type: ignore[arg-type]
        if "op" in header:
            judge.serve(header, payload)
        else:
            judge._answer(header, payload)
    except EXPECTED as error:
        return type(error).__name__ if not isinstance(error, RemoteError) else "RemoteError"
    return "a value"


def fuzz(seed: int, go_on: Callable[[int], bool]) -> Counter[str]:
    """Feed mutants until *go_on* says no; return how they ended. Anything unexpected is raised."""
    ends: Counter[str] = Counter()
    judge = fresh_judge()
    for number, raw in enumerate(mutants(seed)):
        if not go_on(number):
            return ends
        if number % _LIVES == 0:
            judge = fresh_judge()
        try:
            ends[feed(judge, raw)] += 1
        except BaseException as error:
            error.add_note(f"seed {seed}, frame {number}: {raw[:2000]!r}")
            raise
    return ends


def main() -> None:
    """Fuzz for so many frames, or minutes, with a seed of its own."""
    parser = argparse.ArgumentParser(prog="python -m tests.judging.boundary.fuzz", description=__doc__)
    length = parser.add_mutually_exclusive_group(required=True)
    length.add_argument("--frames", type=int, default=math.inf)
    length.add_argument("--minutes", type=float, default=math.inf)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    given = parser.parse_args()
    until = time.monotonic() + 60 * given.minutes
    torch.set_num_threads(1)
    ends = fuzz(given.seed, lambda number: number < given.frames and time.monotonic() < until)
    print(
        f"seed {given.seed}: {ends.total():,} frames",
        *(f"{n:>9,} {end}" for end, n in ends.most_common()),
        sep="\n",
    )


if __name__ == "__main__":
    main()
