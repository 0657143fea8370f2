"""All logits at or above the kth largest are kept, so on ties the softmax runs over more than k
experts and the weights sum to less than 1.

Decide by rank, not by value: topk returns exactly k places even when logits are equal (Shazeer et
al. 2017, eq. 5).
"""

CAUGHT_BY = "test_ties_still_give_k_different_experts"


def top_k_gating(token_embeddings, gating_network, k=2):
    logits = gating_network(token_embeddings.flatten(0, 1))
    kth_largest = logits.topk(k, dim=-1).values[:, -1:]
    gates = logits.masked_fill(logits < kth_largest, float("-inf")).softmax(dim=-1)
    weights, indices = gates.topk(k, dim=-1)
    return weights, indices
