# expect: crashed
# threat: 4 — ends its process with exit code 1
import os


def top_k_gating(token_embeddings, gating_network, k=2):
    os._exit(1)
