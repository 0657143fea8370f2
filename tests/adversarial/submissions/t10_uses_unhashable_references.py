# expect: crashed|failed|error
# threat: 10 — refers to objects by lists, dicts, floats and NaN
import json
import os
import struct


def send(header, payload=b""):
    data = header if isinstance(header, bytes) else json.dumps(header).encode()
    os.write(3, struct.pack("<IQ", len(data), len(payload)) + data + payload)


def top_k_gating(token_embeddings, gating_network, k=2):
    for reference in ([], {}, 1.5, "x", True, None, -1, 1 << 70):
        send(
            {
                "q": 1,
                "op": "backward",
                "node": reference,
                "a": {"!": "t", "v": [{"!": "t", "v": ["grads", [{"!": "@", "id": reference}]]}]},
            }
        )
    return
