"""Values survive encoding and decoding, and random messages survive nothing but a decoder."""

from __future__ import annotations

import contextlib
import json
import math
import random
from typing import Any

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_katas.judging.boundary.codec import BadValue
from ml_katas.judging.boundary.decoding import Decoder
from ml_katas.judging.boundary.encoding import Encoder
from ml_katas.judging.boundary.frames import Corrupted
from ml_katas.judging.boundary.shared import SharedObjects

DTYPES = [
    *("float16", "bfloat16", "float32", "float64", "complex64", "complex128"),
    *("bool", "uint8", "int8", "int16", "int32", "int64"),
]


class Side:
    """An end of a conversation that shares nothing and has no objects of its own."""

    trusting = False

    def __init__(self) -> None:
        self.shared = SharedObjects(0)

    def export(self, obj: object) -> Any:
        raise AssertionError(f"{obj!r} is plain")

    def resolve(self, tag: str, node: dict[str, Any]) -> Any:
        raise Corrupted(f"an unknown tag {tag!r}")

    def module_shell(self, node: dict[str, Any]) -> torch.nn.Module:
        raise Corrupted("a module")

    def describe_module(self, module: torch.nn.Module) -> dict[str, Any]:
        raise AssertionError("a module")


@st.composite
def tensors(draw: st.DrawFn) -> torch.Tensor:
    """Draw a tensor of any dtype and shape, of any bits, perhaps a view."""
    dtype = getattr(torch, draw(st.sampled_from(DTYPES)))
    shape = draw(st.lists(st.integers(0, 3), max_size=4))
    count = math.prod(shape) * dtype.itemsize
    data = draw(st.binary(min_size=count, max_size=count))
    raw = torch.tensor(list(data), dtype=torch.uint8)
    values = (raw > 127) if dtype is torch.bool else raw.view(dtype) if count else torch.empty(0, dtype=dtype)
    tensor = values.reshape(shape)
    return tensor.transpose(0, -1) if draw(st.booleans()) and shape else tensor


LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.complex_numbers(), st.text(st.characters()),
    st.binary(),
    st.sampled_from([torch.float32, torch.device("cpu"), torch.Size([2, 0]), slice(None, -1, 2), ...]),
    tensors(),
)  # fmt: skip
HASHABLE = st.one_of(
    st.none(), st.integers(), st.text(max_size=4), st.tuples(st.integers(), st.text(max_size=2))
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(HASHABLE, inner, max_size=4),
        st.sets(HASHABLE, max_size=4),
        st.frozensets(HASHABLE, max_size=4),
    ),
    max_leaves=12,
)


def identical(a: Any, b: Any) -> bool:
    """Return whether two values are the same to the last bit, types included."""
    if type(a) is not type(b):
        return False
    if isinstance(a, torch.Tensor):
        return (a.dtype, a.shape) == (b.dtype, b.shape) and bits(a) == bits(b)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(identical, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(map(identical, a.values(), b.values()))
    if isinstance(a, complex):
        return identical(a.real, b.real) and identical(a.imag, b.imag)
    if isinstance(a, float):
        return a.hex() == b.hex()
    return bool(a == b)


def bits(x: torch.Tensor) -> bytes:
    """Return the bytes of a tensor in row-major order."""
    return bytes(x.contiguous().reshape(-1).view(torch.uint8).numpy()) if x.numel() else b""


@settings(max_examples=300, deadline=None)
@given(VALUES)
def test_every_plain_value_survives(value: Any) -> None:
    """Encoded, written as JSON, read and decoded, a value is what it was, to the last bit."""
    encoder = Encoder(Side(), sharing=False)
    header = json.loads(json.dumps(encoder.value(value)))
    payload = bytearray(b"".join(bytes(segment) for segment in encoder.segments))
    assert identical(Decoder(Side(), payload).value(header), value)


TAGS = [
    "@",
    "T",
    "t",
    "s",
    "fs",
    "d",
    "f",
    "c",
    "big",
    "y",
    "nt",
    "dc",
    "sz",
    "sl",
    "el",
    "dt",
    "dev",
    "bad",
    "H",
    "M",
]
PLAIN = [
    None,
    True,
    False,
    0,
    1,
    -1,
    7,
    1 << 62,
    1 << 80,
    0.5,
    "",
    "x",
    "ff",
    "-0xff",
    "nan",
    "0x1.8p+1",
    "cpu",
    "cuda:9",
]
KEYS = ["v", "d", "s", "o", "n", "id", "out", "f", "why", "gr", "g", "p", "b", "m", "st", "cls", "at"]


def odd(dice: random.Random, depth: int = 0) -> Any:
    """Return random JSON that resembles a message."""
    kind = dice.random() + depth / 8
    if kind < 0.5:
        keys = dice.sample(KEYS, dice.randrange(7))
        return {"!": dice.choice(TAGS), **{key: odd(dice, depth + 1) for key in keys}}
    if kind < 0.6:
        return tensor_node(dice)
    if kind < 0.9:
        return [odd(dice, depth + 1) for _ in range(dice.randrange(4))]
    return dice.choice([*PLAIN, *DTYPES])


def tensor_node(dice: random.Random) -> dict[str, Any]:
    """Return the description of a tensor that is right but for what chance does to it."""
    dtype, shape = dice.choice(DTYPES), [dice.randrange(4) for _ in range(dice.randrange(4))]
    size = math.prod(shape) * getattr(torch, dtype).itemsize
    node = {
        "!": "T",
        "d": dtype,
        "s": shape,
        "o": dice.randrange(8),
        "n": size,
        "g": dice.random() < 0.5,
        "st": shape,
    }
    if dice.random() < 0.5:
        node[dice.choice(list(node))] = odd(dice, 3)
    return node


@settings(max_examples=100, deadline=5_000)
@given(st.randoms(use_true_random=True))
def test_random_messages_end_in_a_value_or_words(dice: random.Random) -> None:
    """Whatever JSON and bytes come, decoding ends in a value, Corrupted or BadValue."""
    for _ in range(40):
        decoder = Decoder(Side(), bytearray(dice.randbytes(64)))
        with contextlib.suppress(Corrupted, BadValue):
            decoder.value(odd(dice))


@settings(max_examples=100, deadline=5_000)
@given(st.randoms(use_true_random=True))
def test_random_announcements_end_in_objects_or_words(dice: random.Random) -> None:
    """Whatever is announced as shared or changed ends in objects, Corrupted or BadValue."""
    for _ in range(20):
        decoder = Decoder(Side(), bytearray(dice.randbytes(64)))
        announced = [[n, odd(dice)] for n in range(dice.randrange(1, 4))]
        changes = [[dice.randrange(4), odd(dice)] for _ in range(dice.randrange(3))]
        with contextlib.suppress(Corrupted, BadValue):
            decoder.adopt(announced)
        with contextlib.suppress(Corrupted, BadValue):
            decoder.update(changes if dice.random() < 0.9 else odd(dice))
