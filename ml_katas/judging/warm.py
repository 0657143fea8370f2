"""First uses of torch, pytest and the conversation.

Made once in the parent, so that children find them done, with one thread only: a child of a process that
computed with more hangs in its first operation. Made again in a child that waits for its request, so that
the pages of memory which they touch are its own by then.
"""

from __future__ import annotations

import contextlib
import json
import sys
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

from ..suite import Suite
from . import comparing
from .judge_peer import JudgePeer
from .learner import LearnerPeer
from .peer import Peer
from .running import run_item
from .session import Session
from .standins import EntryPoint

_SUBMISSION = b"""
def call(x, gate, *, k=2):
    weights, indices = gate(x.flatten(0, 1)).topk(k, dim=-1)
    return weights.softmax(dim=-1), indices
"""


def warm_up() -> None:
    """Run a little of everything that suites and submissions commonly use."""
    rehearse(lambda: True)
    _warm_training()
    rehearse_suite(Session())


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


def _warm_training() -> None:
    parameter = torch.nn.Parameter(torch.randn(3))
    for kind in (torch.optim.SGD, torch.optim.AdamW):
        optimizer = kind([parameter], lr=0.1)
        parameter.sum().backward()  # type: ignore[no-untyped-call]
        optimizer.step()


def _warm_comparing() -> None:
    x = torch.rand(4, 3)
    comparing.assert_close(x, x.double(), label="x")
    with contextlib.suppress(comparing.Mismatch):
        comparing.assert_close(x + 1, x.double(), label="x")


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


def rehearse_suite(session: Session) -> None:
    """Have pytest collect and run a suite; *session* can do so with another one afterwards."""
    path = Path(__file__).with_name("rehearsal_suite.py")
    checks = Suite.load(path)
    for item in session.collect(checks.path):
        run_item(item, None)
    session.finish()
