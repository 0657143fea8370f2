# expect: crashed
# threat: 4 — aborts
import os


def top_k_gating(token_embeddings, gating_network, k=2):
    os.abort()
