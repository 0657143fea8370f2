"""The two results come as a list, where a tuple is promised.

Return weights, indices with a comma between them, as topk itself does: the softmax of eq. 3, then
the places kept by eq. 5 (Shazeer et al. 2017).
"""

CAUGHT_BY = "test_returns_weights_and_indices"


def top_k_gating(token_embeddings, gating_network, k=2):
    logits = gating_network(token_embeddings.flatten(0, 1))
    kept, indices = logits.topk(k, dim=-1)
    return [kept.softmax(dim=-1), indices]
