# expect: error
# threat: 4 — leaves by sys.exit(0)
import sys


def top_k_gating(token_embeddings, gating_network, k=2):
    sys.exit(0)
