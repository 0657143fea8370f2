"""Softmax runs over all experts before top-k, so the kept weights no longer sum to 1.

Keep the k largest logits first, then take the softmax over those k (Shazeer et al. 2017, eq. 3 and
5).
"""

CAUGHT_BY = ("test_weights_are_a_softmax_over_the_kept_logits", "test_ten_sequences_of_32_tokens")


def top_k_gating(token_embeddings, gating_network, k=2):
    logits = gating_network(token_embeddings.flatten(0, 1))
    weights, indices = logits.softmax(dim=-1).topk(k, dim=-1)
    return weights, indices
