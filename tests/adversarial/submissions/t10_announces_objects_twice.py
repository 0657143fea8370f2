# expect: crashed
# threat: 10 — announces shared objects under numbers that are taken, and in the judge's own numbers
import json
import os
import struct


def send(header, payload=b""):
    data = header if isinstance(header, bytes) else json.dumps(header).encode()
    os.write(3, struct.pack("<IQ", len(data), len(payload)) + data + payload)


def top_k_gating(token_embeddings, gating_network, k=2):
    for number in range(1, 60):
        new = [[n, []] for n in (2, 4, 6, 8, 3, 3)]
        send({"r": number, "v": None, "new": new})
    return
