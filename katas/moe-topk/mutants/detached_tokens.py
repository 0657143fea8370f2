"""The tokens are detached before the gate: the gate learns, but no gradient flows back to the
layers below.

The tokens have a say in their routing, G(x) depends on x (Shazeer et al. 2017, eq. 3). Do not
detach them.
"""

CAUGHT_BY = "test_the_gradient_reaches_the_tokens"


def top_k_gating(token_embeddings, gating_network, k=2):
    tokens = token_embeddings.detach().flatten(0, 1)
    kept, indices = gating_network(tokens).topk(k, dim=-1)
    return kept.softmax(dim=-1), indices
