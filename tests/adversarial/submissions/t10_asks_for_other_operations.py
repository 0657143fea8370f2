# expect: crashed
# threat: 10 — asks the judge to load, ship, do, seed and evaluate
import json
import os
import struct


def send(header, payload=b""):
    data = header if isinstance(header, bytes) else json.dumps(header).encode()
    os.write(3, struct.pack("<IQ", len(data), len(payload)) + data + payload)


def top_k_gating(token_embeddings, gating_network, k=2):
    for op in ("do", "load", "ship", "seed", "eval", "exec", "__import__", "perform", "ask", ""):
        send({"q": 1, "op": op, "a": {"!": "t", "v": []}})
    return
