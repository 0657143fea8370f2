"""The experts with the smallest logits are chosen.

A large logit means that the expert suits the token: keep the k largest (Shazeer et al. 2017, eq.
5). Sorting is ascending unless told otherwise.
"""

CAUGHT_BY = "test_chooses_the_experts_with_the_largest_logits"


def top_k_gating(token_embeddings, gating_network, k=2):
    logits = gating_network(token_embeddings.flatten(0, 1))
    values, experts = logits.sort(dim=-1)
    return values[:, :k].softmax(dim=-1), experts[:, :k]
