# expect: crashed
# threat: 10 — asks for an operation whose name cannot be hashed
import json
import os
import struct


def send(header, payload=b""):
    data = header if isinstance(header, bytes) else json.dumps(header).encode()
    os.write(3, struct.pack("<IQ", len(data), len(payload)) + data + payload)


def top_k_gating(token_embeddings, gating_network, k=2):
    send({"q": 1, "op": [], "a": {"!": "t", "v": []}})
    return
