# expect: crashed|failed
# threat: 10 — names types, fields and handles with a megabyte of text and control characters
import json
import os
import struct
import sys


def send(header, payload=b""):
    data = header if isinstance(header, bytes) else json.dumps(header).encode()
    os.write(3, struct.pack("<IQ", len(data), len(payload)) + data + payload)


def top_k_gating(token_embeddings, gating_network, k=2):
    frame = sys._getframe()
    while "number" not in frame.f_locals:
        frame = frame.f_back
    number, name = frame.f_locals["number"], "N" * 900000
    send({"r": number, "v": {"!": "nt", "n": name, "f": [name[:1000]], "v": [1, 2, 3]}})
    os._exit(0)
