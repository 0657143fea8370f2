# expect: crashed|timeout
# threat: 10 — writes to the channel for ever without reading
# slow
import os
import struct


def top_k_gating(token_embeddings, gating_network, k=2):
    head = struct.pack("<IQ", 2, 256 << 20) + b"{}"
    os.write(3, head)
    while True:
        os.write(3, bytes(1 << 20))
