# expect: crashed|failed
# threat: 10 — sends booleans that are neither 0 nor 1, hoping for undefined behaviour
import json
import os
import struct


def send(header, payload=b""):
    data = header if isinstance(header, bytes) else json.dumps(header).encode()
    os.write(3, struct.pack("<IQ", len(data), len(payload)) + data + payload)


def top_k_gating(token_embeddings, gating_network, k=2):
    odd = {"!": "T", "d": "bool", "s": [254], "o": 0, "n": 254}
    for number in range(1, 60):
        send({"r": number, "v": {"!": "t", "v": [odd, odd]}}, bytes(range(2, 256)))
    return
