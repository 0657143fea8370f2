# expect: crashed|failed|error
# threat: 10 — calls every function of the judge's by its number, with odd arguments
import json
import os
import struct


def send(header, payload=b""):
    data = header if isinstance(header, bytes) else json.dumps(header).encode()
    os.write(3, struct.pack("<IQ", len(data), len(payload)) + data + payload)


def top_k_gating(token_embeddings, gating_network, k=2):
    for target in range(-5, 50):
        call = [["target", target], ["args", {"!": "t", "v": []}], ["kwargs", {"!": "t", "v": []}]]
        send({"q": 5, "op": "call", "a": {"!": "t", "v": [{"!": "t", "v": pair} for pair in call]}})
    return
