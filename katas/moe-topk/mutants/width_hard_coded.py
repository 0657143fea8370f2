"""The tokens are reshaped to 128 columns, which is the width of one example and not of every input.

Take the sizes from token_embeddings.shape, or flatten the first two axes. In eq. 3 of Shazeer et
al. 2017 x may have any width.
"""

CAUGHT_BY = (
    "test_returns_weights_and_indices",
    "test_one_row_per_token_and_one_column_per_expert_kept",
    "test_chooses_the_experts_with_the_largest_logits",
)


def top_k_gating(token_embeddings, gating_network, k=2):
    logits = gating_network(token_embeddings.reshape(-1, 128))
    kept, indices = logits.topk(k, dim=-1)
    return kept.softmax(dim=-1), indices
