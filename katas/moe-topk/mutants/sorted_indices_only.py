"""The indices are sorted and the weights are not, so weights and experts no longer belong together.

Entry j of a row must be the weight of expert j of that row: each G(x)_i of eq. 3 (Shazeer et al.
2017) has its own i. Reorder both or neither.
"""

CAUGHT_BY = "test_weights_are_a_softmax_over_the_kept_logits"


def top_k_gating(token_embeddings, gating_network, k=2):
    logits = gating_network(token_embeddings.flatten(0, 1))
    kept, indices = logits.topk(k, dim=-1)
    return kept.softmax(dim=-1), indices.sort(dim=-1).values
