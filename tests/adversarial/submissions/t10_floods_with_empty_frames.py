# expect: crashed
# threat: 10 — sends a million empty frames
import os
import struct


def top_k_gating(token_embeddings, gating_network, k=2):
    while True:
        os.write(3, struct.pack("<IQ", 2, 0) + b"{}")
