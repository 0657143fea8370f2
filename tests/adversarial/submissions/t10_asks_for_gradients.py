# expect: crashed|failed|error
# threat: 10 — asks the judge for gradients of nodes that it guesses, with gradients of wrong shape and dtype
import json
import os
import struct


def send(header, payload=b""):
    data = header if isinstance(header, bytes) else json.dumps(header).encode()
    os.write(3, struct.pack("<IQ", len(data), len(payload)) + data + payload)


def top_k_gating(token_embeddings, gating_network, k=2):
    grad = {"!": "T", "d": "int64", "s": [3], "o": 0, "n": 24}
    for node in range(20):
        for op in ("backward", "backward_again"):
            send(
                {
                    "q": 5,
                    "op": op,
                    "node": node,
                    "a": {"!": "t", "v": [{"!": "t", "v": ["grads", [grad, None] * 3]}]},
                },
                bytes(24),
            )
    return
