# expect: crashed
# threat: 10 — sends tensors of dtypes that do not cross: complex32, float8, quantised, strings
import json
import os
import struct


def send(header, payload=b""):
    data = header if isinstance(header, bytes) else json.dumps(header).encode()
    os.write(3, struct.pack("<IQ", len(data), len(payload)) + data + payload)


def top_k_gating(token_embeddings, gating_network, k=2):
    for number in range(1, 60):
        dtype = ["complex32", "float8_e4m3fn", "qint8", "bits16", [], None, 7, "object", "uint64"][number % 9]
        send({"r": number, "v": {"!": "T", "d": dtype, "s": [1], "o": 0, "n": 4}}, bytes(4))
    return
