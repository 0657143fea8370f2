"""squeeze(0) is meant for a batch of one, but for a single token it drops the only row.

Flatten batch and sequence into one axis and leave it in place: the result has one row per token,
even if that is one row. In eq. 3 of Shazeer et al. 2017 each token has its own G(x).
"""

CAUGHT_BY = "test_no_tokens_and_a_single_token"


def top_k_gating(token_embeddings, gating_network, k=2):
    logits = gating_network(token_embeddings.flatten(0, 1)).squeeze(0)
    kept, indices = logits.topk(k, dim=-1)
    return kept.softmax(dim=-1), indices
