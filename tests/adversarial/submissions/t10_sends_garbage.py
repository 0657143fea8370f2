# expect: crashed
# threat: 10 — writes random bytes to the channel
import os


def top_k_gating(token_embeddings, gating_network, k=2):
    os.write(3, os.urandom(4096))
    return
