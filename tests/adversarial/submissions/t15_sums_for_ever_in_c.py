# expect: timeout
# threat: 15 — loops in C code that never looks at signals
# slow
import itertools


def top_k_gating(token_embeddings, gating_network, k=2):
    return sum(itertools.repeat(1))
