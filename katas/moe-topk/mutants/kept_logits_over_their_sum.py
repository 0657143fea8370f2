"""The kept logits are divided by their sum without exp, so negative logits give weights outside 0
to 1.

Softmax is exp first, then divide by the sum (Shazeer et al. 2017, eq. 3).
"""

CAUGHT_BY = "test_weights_are_a_softmax_over_the_kept_logits"


def top_k_gating(token_embeddings, gating_network, k=2):
    logits = gating_network(token_embeddings.flatten(0, 1))
    kept, indices = logits.topk(k, dim=-1)
    return kept / kept.sum(dim=-1, keepdim=True), indices
