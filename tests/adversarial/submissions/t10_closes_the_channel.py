# expect: crashed
# threat: 10 — closes the channel
import os


def top_k_gating(token_embeddings, gating_network, k=2):
    os.close(3)
    return
