# expect: crashed
# threat: 4 — ends its process with exit code 0, as a test run that passed would
import os


def top_k_gating(token_embeddings, gating_network, k=2):
    print("20 passed in 0.01s")
    os._exit(0)
