"""squeeze drops every axis of size 1, so for k = 1 the results lose their second axis.

Weights and indices have two axes for every k: eq. 5 of Shazeer et al. 2017 keeps k values of each
token, and one is a k too.
"""

CAUGHT_BY = "test_one_row_per_token_and_one_column_per_expert_kept"


def top_k_gating(token_embeddings, gating_network, k=2):
    logits = gating_network(token_embeddings.flatten(0, 1))
    kept, indices = logits.topk(k, dim=-1)
    return kept.softmax(dim=-1).squeeze(), indices.squeeze()
