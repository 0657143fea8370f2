"""Softmax is taken twice, over all experts and again over the kept probabilities, which makes the
weights far too equal.

Give the second softmax the kept logits, not probabilities: one softmax is enough (Shazeer et al.
2017, eq. 3 and 5).
"""

CAUGHT_BY = "test_weights_are_a_softmax_over_the_kept_logits"


def top_k_gating(token_embeddings, gating_network, k=2):
    probabilities = gating_network(token_embeddings.flatten(0, 1)).softmax(dim=-1)
    kept, indices = probabilities.topk(k, dim=-1)
    return kept.softmax(dim=-1), indices
