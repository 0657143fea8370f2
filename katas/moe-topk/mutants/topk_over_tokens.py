"""Top-k runs over the tokens: each expert picks k tokens, and most tokens get no expert.

Each token picks its experts, so top-k works along the last axis, the experts (Shazeer et al. 2017,
eq. 5). Experts that pick tokens are another method, expert choice.
"""

CAUGHT_BY = (
    "test_one_row_per_token_and_one_column_per_expert_kept",
    "test_ten_sequences_of_32_tokens",
    "test_chooses_the_experts_with_the_largest_logits",
)


def top_k_gating(token_embeddings, gating_network, k=2):
    logits = gating_network(token_embeddings.flatten(0, 1))
    kept, indices = logits.topk(k, dim=0)
    return kept.T.softmax(dim=-1), indices.T
