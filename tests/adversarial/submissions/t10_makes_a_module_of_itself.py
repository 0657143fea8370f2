# expect: crashed|failed|error
# threat: 10 — returns a module that contains itself, with odd names and foreign parameters
import json
import os
import struct


def send(header, payload=b""):
    data = header if isinstance(header, bytes) else json.dumps(header).encode()
    os.write(3, struct.pack("<IQ", len(data), len(payload)) + data + payload)


def top_k_gating(token_embeddings, gating_network, k=2):
    content = {
        "!": "M",
        "p": [["", None], ["a.b", None], ["\u001b[31m", None]],
        "b": [],
        "m": [["me", 9001]],
        "t": True,
    }
    for number in range(1, 60):
        send(
            {
                "r": number,
                "v": {"!": "t", "v": [{"!": "@", "id": 9001}] * 2},
                "new": [[9001, content, {"h": 1, "n": "x"}]],
            }
        )
    return
