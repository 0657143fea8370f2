"""The last softmax runs over the tokens, so each column sums to 1 instead of each row.

The k experts of one token share it out among themselves: take the softmax over the last axis, the k
kept logits (Shazeer et al. 2017, eq. 3).
"""

CAUGHT_BY = ("test_weights_are_a_softmax_over_the_kept_logits", "test_ten_sequences_of_32_tokens")


def top_k_gating(token_embeddings, gating_network, k=2):
    logits = gating_network(token_embeddings.flatten(0, 1))
    kept, indices = logits.topk(k, dim=-1)
    return kept.softmax(dim=0), indices
