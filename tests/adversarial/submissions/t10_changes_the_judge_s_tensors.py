# expect: crashed|failed|error
# threat: 10 — tells the judge that its own inputs changed: to zeros, other shapes, other dtypes
import json
import os
import struct


def send(header, payload=b""):
    data = header if isinstance(header, bytes) else json.dumps(header).encode()
    os.write(3, struct.pack("<IQ", len(data), len(payload)) + data + payload)


def top_k_gating(token_embeddings, gating_network, k=2):
    zero = {"!": "T", "d": "int8", "s": [3], "o": 0, "n": 3, "g": True, "p": True, "st": [1]}
    for number in range(1, 60):
        send({"r": number, "v": None, "set": [[n, zero] for n in range(40)]}, bytes(3))
    return
