# expect: crashed|failed|timeout
# threat: 10 — sends sets of records and of nested sets with one hash, as no sandbox would
import json
import os
import struct


def send(header, payload=b""):
    data = header if isinstance(header, bytes) else json.dumps(header).encode()
    os.write(3, struct.pack("<IQ", len(data), len(payload)) + data + payload)


P = (1 << 61) - 1


def colliding(n):
    return [{"!": "big", "v": hex(1 + (n + i) * P)} for i in range(60)]


def top_k_gating(token_embeddings, gating_network, k=2):
    records = [{"!": "dc", "v": [["a", i]]} for i in range(2_000)]
    nested = [{"!": "fs", "v": colliding(60 * n)} for n in range(300)]
    for number in range(1, 40):
        send({"r": number, "v": {"!": "s", "v": records if number % 2 else nested}})
    return
