# expect: crashed
# threat: 10 — sends NaN, Infinity, 1e999, duplicate keys, long integers and lone surrogates
import json
import os
import struct


def send(header, payload=b""):
    data = header if isinstance(header, bytes) else json.dumps(header).encode()
    os.write(3, struct.pack("<IQ", len(data), len(payload)) + data + payload)


def top_k_gating(token_embeddings, gating_network, k=2):
    for text in (
        '{"r":1e999}',
        '{"r":NaN}',
        '{"r":1,"r":2,"v":-Infinity}',
        '{"r":' + "9" * 100000 + "}",
        '["r"]',
        '"r"',
        "null",
    ):
        send(text.encode())
    return
