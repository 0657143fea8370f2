# expect: crashed
# threat: 10 — nests containers as deep as JSON lets it, in tags
import json
import os
import struct


def send(header, payload=b""):
    data = header if isinstance(header, bytes) else json.dumps(header).encode()
    os.write(3, struct.pack("<IQ", len(data), len(payload)) + data + payload)


def top_k_gating(token_embeddings, gating_network, k=2):
    value = None
    for _ in range(150):
        value = {"!": "t", "v": [value]}
    for number in range(1, 60):
        send({"r": number, "v": value})
    return
