# expect: crashed
# threat: 10 — announces a header of 4 GiB and a payload of 2**63
import os
import struct


def top_k_gating(token_embeddings, gating_network, k=2):
    os.write(3, struct.pack("<IQ", 0xFFFFFFFF, 1 << 63))
    return
