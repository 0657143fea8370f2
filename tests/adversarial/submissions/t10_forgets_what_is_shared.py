# expect: crashed|failed|error
# threat: 10 — drops every shared object and forgets every graph of the judge's
import json
import os
import struct


def send(header, payload=b""):
    data = header if isinstance(header, bytes) else json.dumps(header).encode()
    os.write(3, struct.pack("<IQ", len(data), len(payload)) + data + payload)


def top_k_gating(token_embeddings, gating_network, k=2):
    for number in range(1, 60):
        send({"r": number, "v": None, "drop": list(range(500)), "forget": list(range(500)), "free": [1, 2]})
    return
