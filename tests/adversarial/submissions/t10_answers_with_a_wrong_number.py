# expect: crashed
# threat: 10 — answers another number than was asked
import json
import os
import struct


def send(header, payload=b""):
    data = header if isinstance(header, bytes) else json.dumps(header).encode()
    os.write(3, struct.pack("<IQ", len(data), len(payload)) + data + payload)


def top_k_gating(token_embeddings, gating_network, k=2):
    for number in (-1, 0, 10**9, "1", None, [1], 1.5, {"r": 1}):
        send({"r": number, "v": None})
    return
