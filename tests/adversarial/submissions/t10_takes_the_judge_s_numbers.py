# expect: crashed|failed|error
# threat: 10 — announces objects under numbers that the judge will use next
import json
import os
import struct
import sys


def send(header, payload=b""):
    data = header if isinstance(header, bytes) else json.dumps(header).encode()
    os.write(3, struct.pack("<IQ", len(data), len(payload)) + data + payload)


def top_k_gating(token_embeddings, gating_network, k=2):
    frame = sys._getframe()
    while "number" not in frame.f_locals:
        frame = frame.f_back
    number = frame.f_locals["number"]
    new = [
        [n, {"!": "T", "d": "float32", "s": [1], "o": 0, "n": 4, "g": False, "st": [1]}]
        for n in range(2, 400, 2)
    ]
    send(
        {"r": number, "v": {"!": "t", "v": [{"!": "@", "id": n} for n in range(100, 400, 2)]}, "new": new},
        bytes(4),
    )
    os._exit(0)
