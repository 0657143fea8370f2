# expect: passed
"""Global caches that are right: they are keyed by everything that the value depends on."""
from functools import cache, lru_cache

import torch

calls = 0


@cache
def ones(k, dtype):
    return torch.ones(k, dtype=dtype)


@lru_cache(maxsize=8)
def describe(shape, k):
    return f"{shape} -> {k}"


def top_k_gating(token_embeddings, gating_network, k=2):
    global calls
    calls += 1
    describe(tuple(token_embeddings.shape), k)
    kept, indices = gating_network(token_embeddings.flatten(0, 1)).topk(k)
    return kept.softmax(-1) * ones(k, kept.dtype), indices
