# expect: crashed|failed
# threat: 10 — sends answers for every coming number before it is asked
import json
import os
import struct


def send(header, payload=b""):
    data = header if isinstance(header, bytes) else json.dumps(header).encode()
    os.write(3, struct.pack("<IQ", len(data), len(payload)) + data + payload)


def top_k_gating(token_embeddings, gating_network, k=2):
    weights = {"!": "T", "d": "float32", "s": [1, 1], "o": 0, "n": 4}
    for number in range(1, 40):
        send({"r": number, "v": {"!": "t", "v": [weights, weights]}}, bytes(4))
    return
