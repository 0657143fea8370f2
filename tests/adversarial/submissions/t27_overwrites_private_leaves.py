# expect: failed|error|crashed
# threat: 27 — looks for the values of what lies behind a callback, overwrites them and refers to them
import gc
import json
import os
import struct

import torch


def send(header, payload=b""):
    data = header if isinstance(header, bytes) else json.dumps(header).encode()
    os.write(3, struct.pack("<IQ", len(data), len(payload)) + data + payload)


def top_k_gating(token_embeddings, gating_network, k=2):
    logits = gating_network(token_embeddings.flatten(0, 1))
    if not isinstance(gating_network, torch.nn.Module):
        peers = [o for o in gc.get_objects() if type(o).__name__ == "LearnerPeer"]
        peer = next(p for p in peers if type(p.channel).__name__ == "Channel")
        hidden = [s for s in peer.shared if s.hollow]
        if not hidden or any(s.obj.abs().sum() > 0 for s in hidden):
            print("ESCAPED: values of what was never passed")
        zero = {"!": "T", "d": "float32", "s": [1], "o": 0, "n": 4, "g": True, "p": True, "st": [1]}
        asked = {"!": "t", "v": [{"!": "@", "id": hidden[0].id}]}
        values = [["target", 1], ["args", asked], ["kwargs", {"!": "t", "v": []}]]
        call = {"!": "t", "v": [{"!": "t", "v": value} for value in values]}
        send({"q": 900_001, "op": "call", "a": call, "grad": True, "set": [[hidden[0].id, zero]]}, bytes(4))
    weights, indices = logits.topk(k)
    return weights.softmax(-1), indices
