# expect: crashed
# threat: 10 — sends tensors whose shape, bytes and place disagree
import json
import os
import struct


def send(header, payload=b""):
    data = header if isinstance(header, bytes) else json.dumps(header).encode()
    os.write(3, struct.pack("<IQ", len(data), len(payload)) + data + payload)


def top_k_gating(token_embeddings, gating_network, k=2):
    for number in range(1, 60):
        send(
            {"r": number, "v": {"!": "T", "d": "float32", "s": [1 << 20, 1 << 10], "o": 0, "n": 64}},
            bytes(64),
        )
    return
