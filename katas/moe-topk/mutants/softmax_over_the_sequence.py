"""Softmax with dim=1 on three-dimensional logits runs over the sequence, so the tokens of a
sequence compete with each other.

Name the axis of the experts, the last one, before and after flattening (Shazeer et al. 2017, eq.
3).
"""

CAUGHT_BY = (
    "test_chooses_the_experts_with_the_largest_logits",
    "test_weights_are_a_softmax_over_the_kept_logits",
)


def top_k_gating(token_embeddings, gating_network, k=2):
    probabilities = gating_network(token_embeddings).softmax(dim=1)
    kept, indices = probabilities.flatten(0, 1).topk(k, dim=-1)
    return kept / kept.sum(dim=-1, keepdim=True), indices
