"""The results still have a batch axis, (batch_size, sequence_length, k).

A gate routes tokens, not sequences (G(x) of Shazeer et al. 2017, eq. 3, is for one x): join the
first two axes, which gives (batch_size · sequence_length, k).
"""

CAUGHT_BY = "test_one_row_per_token_and_one_column_per_expert_kept"


def top_k_gating(token_embeddings, gating_network, k=2):
    kept, indices = gating_network(token_embeddings).topk(k, dim=-1)
    return kept.softmax(dim=-1), indices
