"""The kept logits go through a sigmoid and are then divided by their sum, which is not the softmax.

Take exp of the kept logits, not sigmoid (Shazeer et al. 2017, eq. 3). Sigmoid scores belong to the
gate of DeepSeek-V3.
"""

CAUGHT_BY = "test_weights_are_a_softmax_over_the_kept_logits"


def top_k_gating(token_embeddings, gating_network, k=2):
    logits = gating_network(token_embeddings.flatten(0, 1))
    kept, indices = logits.topk(k, dim=-1)
    scores = kept.sigmoid()
    return scores / scores.sum(dim=-1, keepdim=True), indices
