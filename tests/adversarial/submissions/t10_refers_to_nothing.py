# expect: crashed
# threat: 10 — refers to objects, handles, nodes and callbacks that do not exist
import json
import os
import struct


def send(header, payload=b""):
    data = header if isinstance(header, bytes) else json.dumps(header).encode()
    os.write(3, struct.pack("<IQ", len(data), len(payload)) + data + payload)


def top_k_gating(token_embeddings, gating_network, k=2):
    send(
        {
            "q": 1,
            "op": "call",
            "a": {
                "!": "t",
                "v": [{"!": "t", "v": ["target", 999]}, {"!": "t", "v": ["args", {"!": "@", "id": 12345}]}],
            },
        }
    )
    return
