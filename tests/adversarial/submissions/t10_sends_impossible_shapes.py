# expect: crashed
# threat: 10 — sends tensors with negative, overflowing, fractional and too many dimensions
import json
import os
import struct


def send(header, payload=b""):
    data = header if isinstance(header, bytes) else json.dumps(header).encode()
    os.write(3, struct.pack("<IQ", len(data), len(payload)) + data + payload)


SHAPES = [
    [-1, -64],
    [1 << 39, 1 << 39, 0],
    [0, 1 << 62],
    [1.5],
    [True],
    ["4"],
    [1] * 17,
    [[4]],
    [1 << 70],
    None,
    4,
]


def top_k_gating(token_embeddings, gating_network, k=2):
    for number in range(1, 80):
        shape = SHAPES[number % len(SHAPES)]
        send({"r": number, "v": {"!": "T", "d": "float32", "s": shape, "o": 0, "n": 0}})
    return
