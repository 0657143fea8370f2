"""The largest logit of all tokens is subtracted before exp, so every power of a token with much
smaller logits underflows to 0.

Each token has its own G(x) (Shazeer et al. 2017, eq. 3): subtract the largest logit of the row. The
overall maximum does not even exist for an empty batch.
"""

CAUGHT_BY = ("test_large_logits_do_not_overflow", "test_no_tokens_and_a_single_token")


def top_k_gating(token_embeddings, gating_network, k=2):
    logits = gating_network(token_embeddings.flatten(0, 1))
    kept, indices = logits.topk(k, dim=-1)
    powers = (kept - kept.max()).exp()
    return powers / powers.sum(dim=-1, keepdim=True), indices
