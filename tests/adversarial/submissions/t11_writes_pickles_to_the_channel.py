# expect: crashed
# threat: 11 — writes pickles to the channel, framed and bare
import os
import pickle
import struct


class Bomb:
    def __reduce__(self):
        return os.system, ("echo ESCAPED",)


def top_k_gating(token_embeddings, gating_network, k=2):
    data = pickle.dumps(Bomb())
    os.write(3, struct.pack("<IQ", len(data), len(data)) + data + data)
    os.write(3, data)
    return
