# expect: timeout
# threat: 10 — announces a whole payload and sends none of it
# slow
import os
import struct
import time


def top_k_gating(token_embeddings, gating_network, k=2):
    os.write(3, struct.pack("<IQ", 10, 256 << 20) + b"{}        ")
    time.sleep(60)
