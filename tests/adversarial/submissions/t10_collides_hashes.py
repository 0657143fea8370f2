# expect: crashed|failed|timeout
# threat: 10 — sends sets and dicts of integers whose hashes collide
import json
import os
import struct


def send(header, payload=b""):
    data = header if isinstance(header, bytes) else json.dumps(header).encode()
    os.write(3, struct.pack("<IQ", len(data), len(payload)) + data + payload)


P = (1 << 61) - 1


def top_k_gating(token_embeddings, gating_network, k=2):
    items = [{"!": "big", "v": hex(1 + n * P)} for n in range(2000)]
    for number in range(1, 40):
        send({"r": number, "v": {"!": "s", "v": items}})
    return
