# expect: crashed
# threat: 10 — sends headers that are not UTF-8
import json
import os
import struct


def send(header, payload=b""):
    data = header if isinstance(header, bytes) else json.dumps(header).encode()
    os.write(3, struct.pack("<IQ", len(data), len(payload)) + data + payload)


def top_k_gating(token_embeddings, gating_network, k=2):
    send(b'{"r":1,"v":"\xff\xfe\x00"}')
    return
