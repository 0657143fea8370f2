"""A conversation with oneself: what judges and sandboxes do most, done once ahead of time.

Made in the parent, so that children find it done. Made again in a child that waits for its request, so that
the pages of memory which it touches are its own by then.
"""

from __future__ import annotations

import contextlib
import json
import sys
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import torch

from ... import comparison
from .judge_side import JudgePeer
from .learner_side import LearnerPeer
from .peer import Peer
from .proxies import EntryPoint

_SUBMISSION = b"""
def call(x, gate, *, k=2):
    weights, indices = gate(x.flatten(0, 1)).topk(k, dim=-1)
    return weights.softmax(dim=-1), indices
"""


def rehearse(goes_on: Callable[[], bool]) -> None:
    """Run what judges and sandboxes do most, part by part while *goes_on* says so."""
    with torch.random.fork_rng(devices=[]):
        for part in (_warm_conversation, _warm_tensors, _warm_comparing):
            if goes_on():
                part()


def _warm_tensors() -> None:
    x = torch.randn(8, 8, requires_grad=True)
    y = torch.nn.functional.layer_norm(torch.nn.Linear(8, 8)(x @ x).softmax(-1), (8,))
    y.topk(2).values.sum().backward()  # type: ignore[no-untyped-call]
    for dtype in (torch.float64, torch.bfloat16, torch.float16):
        torch.einsum("ij,jk->ik", x.detach().to(dtype), x.detach().to(dtype)).exp().sum()


def _warm_comparing() -> None:
    x = torch.rand(4, 3)
    comparison.assert_close(x, x.double(), label="x")
    with contextlib.suppress(comparison.Mismatch):
        comparison.assert_close(x + 1, x.double(), label="x")


def _warm_conversation() -> None:
    asking, serving = Inwards(), Inwards()
    peer = JudgePeer(asking)
    learner = LearnerPeer(serving)
    asking.other, serving.other = learner, peer
    source = torch.frombuffer(bytearray(_SUBMISSION), dtype=torch.uint8)
    peer.ask("load", {"source": source, "file_name": "warm.py", "entry_points": ("call",)})
    tokens, gate = torch.randn(2, 3, 4, requires_grad=True), torch.nn.Linear(4, 5)
    for network in (gate, lambda x: gate(x)):
        weights, _ = peer.do("call", EntryPoint(peer, "call"), tokens, network, k=2)
        weights.pow(2).sum().backward()
    sys.modules.pop("warm", None)


class Inwards:
    """One end of a conversation with a peer in this very process, which is served while this end waits."""

    other: Peer

    def __init__(self) -> None:
        self._sent: deque[tuple[bytes, bytearray]] = deque()

    def send(self, header: bytes, segments: Sequence[Any] = ()) -> None:
        self._sent.append((header, bytearray(b"".join(segments))))

    def receive(self) -> tuple[dict[str, Any], bytearray]:
        theirs = self.other.channel
        assert isinstance(theirs, Inwards)
        while not theirs._sent:
            header, payload = self._sent.popleft()
            self.other.serve(json.loads(header), payload)
        header, payload = theirs._sent.popleft()
        return json.loads(header), payload
