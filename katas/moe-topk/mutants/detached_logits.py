"""The logits are detached, so no gradient reaches the gating network and it never learns.

Only the choice is not differentiable, and topk sees to that itself. Leave the kept logits
connected: for k > 1 their weights have nonzero derivatives with respect to the gate (Shazeer et al.
2017, section 2.1, eq. 3).
"""

CAUGHT_BY = ("test_the_gating_network_learns", "test_the_gradient_reaches_the_tokens")


def top_k_gating(token_embeddings, gating_network, k=2):
    logits = gating_network(token_embeddings.flatten(0, 1)).detach()
    kept, indices = logits.topk(k, dim=-1)
    return kept.softmax(dim=-1), indices
