# expect: timeout
# threat: 10 — sends one byte every tenth of a second, so that no single wait is long
# slow
import os
import struct
import time


def top_k_gating(token_embeddings, gating_network, k=2):
    os.write(3, struct.pack("<IQ", 1 << 20, 0))
    while True:
        os.write(3, b" ")
        time.sleep(0.1)
