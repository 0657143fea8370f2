# expect: limit|memory|timeout
# threat: 10 — announces with each callback a tensor in a list that holds itself, which nobody lets go
import json
import os
import struct

import torch

SIZE = 64 << 20


def put(data):
    view = memoryview(data)
    while view:
        view = view[os.write(3, view) :]


def get(size):
    data = b""
    while len(data) < size:
        data += os.read(3, size - len(data))
    return data


def top_k_gating(token_embeddings, gating_network, k=2):
    if not isinstance(gating_network, torch.nn.Module):
        share()
    weights, indices = gating_network(token_embeddings.flatten(0, 1)).topk(k)
    return weights.softmax(-1), indices


def share():
    values, blob = [["target", 1], ["args", {"!": "t", "v": []}], ["kwargs", {"!": "t", "v": []}]], bytes(SIZE)
    for number in range(900_001, 960_001, 10):
        tensor = {"!": "T", "d": "uint8", "s": [SIZE], "o": 0, "n": SIZE, "g": False, "p": False, "st": [1]}
        loop = [{"!": "@", "id": number}, {"!": "@", "id": number + 2}]
        asked = {"!": "t", "v": [{"!": "t", "v": value} for value in values]}
        new = [[number, tensor], [number + 2, loop]]
        header = {"q": number, "op": "call", "a": asked, "grad": True, "new": new}
        data = json.dumps(header).encode()
        put(struct.pack("<IQ", len(data), SIZE) + data)
        put(blob)
        get(sum(struct.unpack("<IQ", get(12))))
