# expect: crashed|failed
# threat: 10 — claims graphs with other nodes, leaves and outputs
import json
import os
import struct


def send(header, payload=b""):
    data = header if isinstance(header, bytes) else json.dumps(header).encode()
    os.write(3, struct.pack("<IQ", len(data), len(payload)) + data + payload)


def top_k_gating(token_embeddings, gating_network, k=2):
    out = {"!": "T", "d": "float32", "s": [1], "o": 0, "n": 4, "out": 7}
    for number in range(1, 60):
        node = [[1, [2, 4, 6]], [1, []], [[], []], [1, [1 << 80]], ["1", [2]], 7][number % 6]
        send({"r": number, "v": {"!": "t", "v": [out, out]}, "node": node}, bytes(4))
    return
