"""Softmax runs over the tokens before top-k: the rows sum to 1 again after dividing, but experts
are compared across tokens.

Softmax and top-k both work along the experts of a single token, the last axis (Shazeer et al. 2017,
eq. 3 and 5).
"""

CAUGHT_BY = (
    "test_chooses_the_experts_with_the_largest_logits",
    "test_weights_are_a_softmax_over_the_kept_logits",
)


def top_k_gating(token_embeddings, gating_network, k=2):
    probabilities = gating_network(token_embeddings.flatten(0, 1)).softmax(dim=0)
    kept, indices = probabilities.topk(k, dim=-1)
    return kept / kept.sum(dim=-1, keepdim=True), indices
