"""The conversation with a hostile sandbox ends in a value or one of four sentences, in time."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ml_katas.judging.boundary import judge_side
from ml_katas.judging.boundary.codec import BadValue
from ml_katas.judging.boundary.exceptions import RemoteError
from ml_katas.judging.boundary.frames import (
    LENGTHS,
    Channel,
    Closed,
    Corrupted,
    TimedOut,
    TooLarge,
)
from ml_katas.judging.boundary.judge_side import JudgePeer
from ml_katas.judging.boundary.learner_side import LearnerPeer
from ml_katas.judging.boundary.proxies import EntryPoint
from ml_katas.judging.endings import Ending

PATIENCE = 30.0  # a safety net, unless a deadline is what is tested
ENDINGS = (Closed, Corrupted, TimedOut, BadValue, RemoteError, Ending)
Hostile = Callable[[socket.socket], None]


def frame(header: object, payload: bytes = b"") -> bytes:
    """Return one frame as it goes over the socket."""
    data = header if isinstance(header, bytes) else json.dumps(header).encode()
    return LENGTHS.pack(len(data), len(payload)) + data + payload


def receive(sock: socket.socket) -> dict[str, Any]:
    """Return the header of the next frame from the judge."""
    head, size = LENGTHS.unpack(sock.recv(LENGTHS.size, socket.MSG_WAITALL))
    header = json.loads(sock.recv(head, socket.MSG_WAITALL))
    if size:
        sock.recv(size, socket.MSG_WAITALL)
    return dict(header)


def answering(*frames: bytes) -> Hostile:
    """Return a sandbox that answers its first request with these frames and then falls silent."""

    def serve(sock: socket.socket) -> None:
        receive(sock)
        sock.sendall(b"".join(frames))

    return serve


@contextmanager
def judge_against(hostile: Hostile, seconds: float = PATIENCE) -> Iterator[JudgePeer]:
    """Yield a judge's peer whose sandbox is *hostile*, in a thread."""
    ours, theirs = socket.socketpair()

    def serve() -> None:
        try:
            hostile(theirs)
        except (OSError, ValueError, struct.error):
            return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    deadline = time.monotonic() + seconds
    with ours, theirs:
        yield JudgePeer(Channel(ours, lambda: deadline))
        theirs.shutdown(socket.SHUT_RDWR)
        thread.join(2)


def ask(hostile: Hostile, *args: object, seconds: float = PATIENCE) -> Any:
    """Return what a call ends with, as value or exception; it must end at its deadline."""
    started = time.monotonic()
    with judge_against(hostile, seconds) as peer:
        try:
            return EntryPoint(peer, "f")(*args)
        except ENDINGS as ending:
            return ending
        finally:
            assert time.monotonic() - started < seconds + PATIENCE


def said(ending: object) -> str:
    """Return an ending's kind and words."""
    return f"{type(ending).__name__}: {ending}"


# -------- frames


@pytest.mark.parametrize(
    ("sent", "ending"),
    [
        (b"garbage that is no frame at all", "Corrupted: a frame larger than the limits"),
        (LENGTHS.pack(1 << 20, 0)[:7], "TimedOut: "),
        (LENGTHS.pack((1 << 20) + 1, 0), "Corrupted: a frame larger than the limits"),
        (LENGTHS.pack(2, (256 << 20) + 1) + b"{}", "Corrupted: a frame larger than the limits"),
        (LENGTHS.pack(2, 1 << 63) + b"{}", "Corrupted: a frame larger than the limits"),
        (LENGTHS.pack(2, 256 << 20) + b"{}" + b"x" * 100, "TimedOut: "),
        (frame(b"{"), "Corrupted: a header that is not JSON (JSONDecodeError)"),
        (frame(b"\xff\xfe"), "Corrupted: a header that is not JSON (UnicodeDecodeError)"),
        (frame(b"[" * 500_000), "Corrupted: a header that is not JSON (RecursionError)"),
        (frame(b'{"r":' + b"9" * 10_000 + b"}"), "Corrupted: a header that is not JSON (ValueError)"),
        (frame(b'{"r":1,"v":NaN}'), "Corrupted: a header that is not JSON (ValueError)"),
        (frame([1]), "Corrupted: a header that is not an object"),
        (frame({}), "Corrupted: an answer that nobody asked for"),
        (frame({"r": 2, "v": 1}), "Corrupted: an answer that nobody asked for"),
        (frame({"r": [1], "v": 1}), "Corrupted: an answer that nobody asked for"),
        (frame({"r": "1", "v": 1}), "Corrupted: an answer that nobody asked for"),
        (frame({"q": 1, "op": "load"}), "Corrupted: a request that is not served: 'load'"),
        (frame({"q": 1, "op": ["call"]}), "Corrupted: a request that is not served: \"['call']\""),
        (frame({"q": 1, "op": None}), "Corrupted: a request that is not served: 'None'"),
        (frame({"q": None, "op": "call"}), "Corrupted: a request that is not served: 'call'"),
        (frame({"q": 1, "op": "call"}), "Corrupted: a request whose arguments have no names"),
        (
            frame({"q": 1, "op": "call", "a": {"!": "t", "v": [1]}}),
            "Corrupted: a request whose arguments have no names",
        ),
        (
            frame({"q": 1, "op": "call", "a": {"!": "t", "v": []}}),
            "Corrupted: a call of something that is not there",
        ),
        (
            frame({"q": 1, "op": "backward", "a": {"!": "t", "v": []}}),
            "Corrupted: a graph node that is not kept",
        ),
        (
            frame({"q": 1, "op": "backward", "node": [], "a": {"!": "t", "v": []}}),
            "Corrupted: a malformed backward request (TypeError)",
        ),
    ],
)
def test_frames_that_break_the_protocol(sent: bytes, ending: str) -> None:
    """Every malformed frame ends the conversation with its own words, and silence at the deadline."""
    seconds = 0.3 if ending.startswith("TimedOut") else PATIENCE
    assert said(ask(answering(sent), seconds=seconds)) == ending


def test_a_slow_drip_ends_at_the_deadline() -> None:
    """A byte now and then does not put the deadline off."""

    def drip(sock: socket.socket) -> None:
        receive(sock)
        for byte in frame({"r": 1, "v": "x" * 1000}):
            sock.sendall(bytes([byte]))
            time.sleep(0.02)

    assert isinstance(ask(drip, seconds=0.4), TimedOut)


def test_callbacks_without_end_stop_at_the_deadline() -> None:
    """A sandbox that asks and asks is stopped by the clock, and by the number of its requests."""
    nothing = {"!": "t", "v": []}
    arguments = [["target", 1], ["args", nothing], ["kwargs", nothing]]
    call = {"!": "t", "v": [{"!": "t", "v": pair} for pair in arguments]}

    def flood(sock: socket.socket) -> None:
        receive(sock)
        for n in range(1 << 30):
            sock.sendall(frame({"q": n, "op": "call", "a": call}))
            receive(sock)

    assert isinstance(ask(flood, lambda: None, seconds=0.4), TimedOut)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(judge_side, "MOST_CALLBACKS", 50)
        ending = ask(flood, lambda: None)
    assert said(ending) == "Ending: Your code called back more than 50 times in one check."


def test_a_sandbox_that_does_not_read_cannot_block_the_judge() -> None:
    """Sending ends at the deadline too."""
    assert isinstance(ask(lambda sock: time.sleep(1), torch.zeros(4 << 20), seconds=0.3), TimedOut)


def test_a_sandbox_that_is_gone_is_closed() -> None:
    """The end of the other side is told apart from silence, before, within and after a frame."""
    for sent in (b"", frame({"r": 1, "v": 1})[:9], LENGTHS.pack(9, 100) + b'{"r": 1}'):

        def leave(sock: socket.socket, sent: bytes = sent) -> None:
            receive(sock)
            sock.sendall(sent)
            sock.shutdown(socket.SHUT_RDWR)

        assert isinstance(ask(leave), Closed)


def test_an_oversized_message_of_ours_is_refused_before_it_is_sent() -> None:
    """What does not fit into a frame raises TooLarge and sends nothing."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        with pytest.raises(TooLarge, match="300 MiB of tensors; the limit is 256 MiB"):
            Channel(ours).send(b"{}", [bytes(100 << 20)] * 3)
        theirs.setblocking(False)
        with pytest.raises(BlockingIOError):
            theirs.recv(1)


# -------- values

T = {"!": "T", "d": "float32", "s": [2], "o": 0, "n": 8}
EIGHT = bytes(8)


@pytest.mark.parametrize(
    ("value", "ending"),
    [
        (1.5, "Corrupted: a bare float"),
        (1 << 63, "Corrupted: a bare int"),
        ({"!": "nothing"}, "Corrupted: a value with the unknown tag 'nothing'"),
        ({"!": ["T"]}, "Corrupted: a value without a tag"),
        ({}, "Corrupted: a value without a tag"),
        ({"!": "@", "id": 77}, "Corrupted: a reference to something that is not shared"),
        ({"!": "@", "id": [1]}, "Corrupted: a reference to something that is not shared"),
        ({"!": "f", "v": "zero"}, "Corrupted: a malformed 'f' value (ValueError)"),
        ({"!": "f", "v": 1}, "Corrupted: a malformed 'f' value (TypeError)"),
        ({"!": "s", "v": [[]]}, "Corrupted: a set or dict with a list for a member or key; use plain values"),
        ({"!": "s", "v": list(range(2001))}, "Corrupted: a container that is not a list, or too large"),
        ({"!": "d", "v": [[1]]}, "Corrupted: a malformed 'd' value (ValueError)"),
        ({"!": "big", "v": "f" * 3000}, "Corrupted: an integer too long"),
        ({"!": "sl", "v": [1, 2, 3, 4]}, "Corrupted: a container that is not a list, or too large"),
        ({"!": "sl", "v": ["x"]}, "Corrupted: a slice whose bounds are not integers"),
        ({"!": "sz", "v": ["x"]}, "Corrupted: a malformed 'sz' value (TypeError)"),
        ({"!": "dev", "v": "moon"}, "Corrupted: a malformed 'dev' value (RuntimeError)"),
        ({"!": "dt", "v": "float8"}, "Corrupted: a malformed 'dt' value (KeyError)"),
        ({"!": "dc", "v": [["__class__", 1]]}, "Corrupted: a field without a name"),
        ({"!": "dc", "v": [["a b", 1]]}, "Corrupted: a field without a name"),
        ({"!": "H", "id": "1", "k": "object", "n": "X"}, "Corrupted: a malformed handle"),
        ({"!": "R", "id": 1}, "Corrupted: a value with the unknown tag 'R'"),
        ({"!": "CB", "id": 1}, "Corrupted: a value with the unknown tag 'CB'"),
        ({"!": "bad", "why": "an odd thing"}, "BadValue: an odd thing"),
        (T | {"d": "float8"}, "Corrupted: a tensor of an unknown kind"),
        (T | {"d": ["float32"]}, "Corrupted: a tensor of an unknown kind"),
        (T | {"s": [1] * 17}, "Corrupted: a tensor of an unknown kind"),
        (T | {"s": 2}, "Corrupted: a tensor of an unknown kind"),
        (T | {"s": [-1]}, "Corrupted: a tensor with an impossible shape"),
        (T | {"s": [True, 2]}, "Corrupted: a tensor with an impossible shape"),
        (T | {"s": [1 << 41]}, "Corrupted: a tensor with an impossible shape"),
        (T | {"s": [3]}, "Corrupted: a tensor whose shape and bytes disagree"),
        (T | {"s": [1 << 39, 1 << 39]}, "Corrupted: a tensor whose shape and bytes disagree"),
        (T | {"s": [0, 1 << 39, 1 << 39], "n": 0}, "Corrupted: a malformed message (RuntimeError)"),
        (T | {"o": 1}, "Corrupted: a tensor outside its frame"),
        (T | {"o": -8}, "Corrupted: a tensor outside its frame"),
        (T | {"n": 1 << 40}, "Corrupted: a tensor outside its frame"),
        (T | {"o": None}, "Corrupted: a tensor outside its frame"),
    ],
)
def test_values_that_are_malformed(value: object, ending: str) -> None:
    """Every malformed value has its own words; none is taken for another."""
    assert said(ask(answering(frame({"r": 1, "v": value}, EIGHT)))) == ending


def test_deep_and_wide_values_are_refused_quickly() -> None:
    """Nesting and numbers beyond the limits end at once."""
    deep: object = 1
    for _ in range(100):
        deep = [deep]
    assert said(ask(answering(frame({"r": 1, "v": deep})))) == "Corrupted: a value too deep or too large"
    wide = [[0] * 100] * 2_500
    assert said(ask(answering(frame({"r": 1, "v": wide})))) == "Corrupted: a value too deep or too large"
    colliding = [{"!": "big", "v": hex(n * ((1 << 61) - 1))} for n in range(2_000)]
    started = time.thread_time()  # of this thread alone, however busy the machine is
    assert len(ask(answering(frame({"r": 1, "v": {"!": "s", "v": colliding}})))) == 2_000
    assert time.thread_time() - started < 3


def test_booleans_are_booleans() -> None:
    """Bytes that are neither 0 nor 1 in a bool tensor are True, and nothing else."""
    value = {"!": "T", "d": "bool", "s": [4], "o": 0, "n": 4}
    got = ask(answering(frame({"r": 1, "v": value}, bytes([0, 1, 2, 255]))))
    assert got.tolist() == [False, True, True, True]
    assert bytes(got.view(torch.uint8).numpy()) == bytes([0, 1, 1, 1])


# -------- shared objects, graphs, exceptions

X = {"!": "T", "d": "float32", "s": [2], "o": 0, "n": 8, "g": True, "p": False, "st": [1]}


@pytest.mark.parametrize(
    ("extra", "ending"),
    [
        ({"new": 3}, "Corrupted: a message whose 'new' is not a list"),
        ({"new": [3]}, "Corrupted: a list of shared objects that is malformed"),
        ({"new": [[3]]}, "Corrupted: a list of shared objects that is malformed"),
        ({"new": [["3", []]]}, "Corrupted: a shared object announced twice"),
        ({"new": [[3, []], [3, []]]}, "Corrupted: a shared object announced twice"),
        ({"new": [[3, 5]]}, "Corrupted: a shared object of an unknown kind"),
        ({"new": [[3, {"!": "t", "v": []}]]}, "Corrupted: a shared object of an unknown kind"),
        ({"new": [[3, {"!": "M"}]]}, "Corrupted: a malformed module"),
        ({"new": [[3, {"!": "M"}, {"h": 1, "n": "X"}]]}, "Corrupted: a module without its parameters"),
        (
            {"new": [[3, {"!": "M", "p": [[1, None]], "b": [], "m": []}, {"h": 1, "n": "X"}]]},
            "Corrupted: a module with an odd parameter",
        ),
        (
            {"new": [[3, {"!": "M", "p": [["w", 3]], "b": [], "m": []}, {"h": 1, "n": "X"}]]},
            "Corrupted: a module with an odd parameter",
        ),
        (
            {"new": [[3, {"!": "M", "p": [3], "b": [], "m": []}, {"h": 1, "n": "X"}]]},
            "Corrupted: a malformed message (TypeError)",
        ),
        ({"new": [[3, X | {"gr": 5}]]}, "Corrupted: a malformed message (AttributeError)"),
        (
            {"new": [[3, X | {"gr": T | {"s": [1], "o": 8, "n": 4}}]]},
            "Corrupted: a gradient whose shape or dtype is not its tensor's",
        ),
        (
            {"new": [[3, X | {"gr": T | {"d": "int64", "s": [1], "o": 8}}]]},
            "Corrupted: a gradient whose shape or dtype is not its tensor's",
        ),
        ({"set": [[99, []]]}, "Corrupted: a reference to something that is not shared"),
        ({"set": [[2, []]]}, "Corrupted: a shared tensor that changed its type"),
        ({"set": [[2, X | {"d": "int64", "s": [1]}]]}, None),
        ({"drop": [2, 2, 99, "x", []], "forget": [1, {}], "free": 3}, None),
        ({"x": 5}, "Corrupted: a malformed exception"),
        ({"x": [[], "message", []]}, "RemoteError: message"),
        ({"x": [["ValueError"], "message", 5]}, "Corrupted: a malformed traceback"),
        ({"x": [["ValueError"], "message", [[1, 2]]]}, "Corrupted: a malformed traceback"),
        ({"x": [["ValueError"], "message", [[-1, "f"]]]}, "Corrupted: a malformed traceback"),
        ({"x": [["ValueError"], 5, []]}, "Corrupted: a malformed exception"),
        ({"x": [["SystemExit", "BaseException"], "0", []]}, "RemoteError: 0"),
        ({"x": [["Ending"], "0", []]}, "RemoteError: 0"),
        ({"x": [["Corrupted", "Exception"], "mine", []]}, "RemoteError: mine"),
        ({"x": [["ValueError"], "m" * 10_000, []]}, "RemoteValueError: " + "m" * 4_000),
        ({"node": 5}, "Corrupted: a malformed graph node"),
        ({"node": [1, [99]]}, "Corrupted: a reference to something that is not shared"),
        ({"node": [1, [[]]]}, "Corrupted: a reference to something that is not shared"),
        ({"node": [1, [3]], "new": [[3, []]]}, "Corrupted: a graph whose leaf is not a tensor"),
        ({"node": [1, [2]], "v": T | {"out": 1}}, "Corrupted: a graph whose outputs are not in order"),
    ],
)
def test_shared_objects_and_graphs_that_are_malformed(extra: dict[str, Any], ending: str | None) -> None:
    """What a message says of shared objects, graphs and exceptions is checked piece by piece."""
    x = torch.zeros(2, requires_grad=True)  # the judge's first shared object, number 2
    got = ask(answering(frame({"r": 1, "v": 1} | extra, EIGHT * 2)), x)
    assert (said(got) if ending is not None else got) == (ending if ending is not None else 1)


@pytest.mark.parametrize(
    ("grads", "ending"),
    [
        (5, "Corrupted: gradients of another number than their tensors"),
        ([], "Corrupted: gradients of another number than their tensors"),
        ([None, None], "Corrupted: gradients of another number than their tensors"),
        ([5], "Corrupted: a gradient whose shape or dtype is not its tensor's"),
        ([T | {"s": [1], "n": 4}], "Corrupted: a gradient whose shape or dtype is not its tensor's"),
        ([T | {"s": [2, 1]}], "Corrupted: a gradient whose shape or dtype is not its tensor's"),
        ([T | {"d": "float64", "s": [1]}], "Corrupted: a gradient whose shape or dtype is not its tensor's"),
        ([T | {"d": "int32"}], "Corrupted: a gradient whose shape or dtype is not its tensor's"),
        ([{"!": "bad", "why": "no gradient"}], "BadValue: no gradient"),
        ([T], None),
        ([None], None),
    ],
)
@pytest.mark.parametrize("again", [False, True])
def test_gradients_that_do_not_fit(grads: object, ending: str | None, again: bool) -> None:
    """Gradients of a wrong number, shape or dtype are a corrupted channel, in either order."""
    value = {"!": "t", "v": [grads, 7]} if again else grads

    def hostile(sock: socket.socket) -> None:
        receive(sock)
        sock.sendall(frame({"r": 1, "v": T | {"out": 0}, "node": [1, [2]]}, EIGHT))
        assert receive(sock)["op"] == ("backward_again" if again else "backward")
        sock.sendall(frame({"r": 2, "v": value}, EIGHT))

    x = torch.zeros(2, requires_grad=True)
    with judge_against(hostile) as peer:
        y = EntryPoint(peer, "f")(x).sum()
        try:
            torch.autograd.grad(y, x, create_graph=again, allow_unused=True)
            got = None
        except ENDINGS as error:
            got = said(error)
    assert got == ending


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_mutated_answers_end_in_a_value_or_an_ending(data: st.DataObject) -> None:
    """An answer with any part replaced by anything ends in a value or in words, whatever it is."""
    good: dict[str, Any] = {
        "r": 1,
        "v": {
            "!": "t",
            "v": [T | {"out": 0}, {"!": "@", "id": 3}, {"!": "H", "id": 1, "k": "object", "n": "X"}],
        },
        "new": [
            [3, [{"!": "@", "id": 5}]],
            [5, X],
            [7, {"!": "M", "p": [["w", 9]], "b": [], "m": [], "t": True}, {"h": 2, "n": "N"}],
            [9, X | {"p": True}],
        ],
        "set": [[2, X | {"gr": T}]],
        "drop": [3],
        "node": [1, [2, 5]],
    }
    odd = data.draw(ODD)
    at = data.draw(st.sampled_from(list(paths(good))))
    got = ask(
        answering(frame(replaced(good, at, odd), EIGHT * 2)), torch.zeros(2, requires_grad=True), seconds=0.2
    )
    assert got is not Ellipsis


ODD = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 12), st.integers(), st.text(max_size=3),
    st.just([]), st.just({}), st.just([[]]), st.just([1, [2]]),
    st.just(T), st.just(X), st.just({"!": "@", "id": 2}), st.just({"!": "@", "id": 3}),
    st.sampled_from(["T", "M", "@", "s", "d", "float64", "int64", "bool"]),
)  # fmt: skip


def paths(value: object, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield where each part of a JSON value is."""
    if at:
        yield at
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in pairs:
        yield from paths(part, (*at, key))


def replaced(value: Any, at: tuple[Any, ...], part: object) -> Any:
    """Return a copy of a JSON value with one part replaced."""
    copy = json.loads(json.dumps(value))
    inner = copy
    for key in at[:-1]:
        inner = inner[key]
    inner[at[-1]] = part
    return copy


# -------- an honest pair


def test_honest_peers_talk() -> None:
    """A learner's peer in a thread answers a judge's, gradients and callbacks included."""

    def honest(sock: socket.socket) -> None:
        try:
            LearnerPeer(Channel(sock)).serve_forever()
        except Closed:
            return

    source = b"def f(g, x):\n    return g(x) * 2\n"
    with judge_against(honest, 5) as peer:
        loaded = {
            "source": torch.tensor(list(source), dtype=torch.uint8),
            "file_name": "a.py",
            "entry_points": ("f",),
        }
        assert peer.ask("load", loaded) == (("callable",), ("f",))
        x = torch.tensor([1.0, 2.0], requires_grad=True)
        EntryPoint(peer, "f")(lambda z: z * z, x).sum().backward()
        assert x.grad is not None
        assert x.grad.tolist() == [4, 8]
