"""Always two experts are chosen, whatever k says.

Pass k on to topk (Shazeer et al. 2017, eq. 5: KeepTopK(v, k)); 2 is only the default.
"""

CAUGHT_BY = (
    "test_one_row_per_token_and_one_column_per_expert_kept",
    "test_chooses_the_experts_with_the_largest_logits",
)


def top_k_gating(token_embeddings, gating_network, k=2):
    logits = gating_network(token_embeddings.flatten(0, 1))
    kept, indices = logits.topk(2, dim=-1)
    return kept.softmax(dim=-1), indices
