"""The logits are computed from the gating network's weight alone, so its bias is lost.

Call the gating network; it knows all that belongs to it. h(x) in eq. 5 of Shazeer et al. 2017 is
whatever the gate says.
"""

CAUGHT_BY = (
    "test_chooses_the_experts_with_the_largest_logits",
    "test_the_gating_network_may_be_any_callable",
)


def top_k_gating(token_embeddings, gating_network, k=2):
    logits = token_embeddings.flatten(0, 1) @ gating_network.weight.T
    kept, indices = logits.topk(k, dim=-1)
    return kept.softmax(dim=-1), indices
