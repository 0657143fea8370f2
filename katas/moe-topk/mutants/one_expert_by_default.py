"""Without k only one expert is chosen.

The default is k = 2. With one expert the softmax of eq. 3 (Shazeer et al. 2017) is constant and
teaches the gate nothing.
"""

CAUGHT_BY = "test_ten_sequences_of_32_tokens"


def top_k_gating(token_embeddings, gating_network, k=1):
    logits = gating_network(token_embeddings.flatten(0, 1))
    kept, indices = logits.topk(k, dim=-1)
    return kept.softmax(dim=-1), indices
