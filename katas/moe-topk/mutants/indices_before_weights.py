"""The results are returned in the wrong order, indices first.

Return weights, then indices: the softmax of eq. 3 first, then the places that eq. 5 kept (Shazeer
et al. 2017).
"""

CAUGHT_BY = "test_returns_weights_and_indices"


def top_k_gating(token_embeddings, gating_network, k=2):
    logits = gating_network(token_embeddings.flatten(0, 1))
    kept, indices = logits.topk(k, dim=-1)
    return indices, kept.softmax(dim=-1)
