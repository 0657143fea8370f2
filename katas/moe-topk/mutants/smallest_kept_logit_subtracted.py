"""The smallest kept logit is subtracted before exp, so exp overflows when the kept logits lie far apart.

Subtracting any number leaves the softmax as it is, but only the largest keeps every power at 1 or below.
"""

CAUGHT_BY = "test_logits_far_apart_do_not_overflow"


def top_k_gating(token_embeddings, gating_network, k=2):
    logits = gating_network(token_embeddings.flatten(0, 1))
    kept, indices = logits.topk(k, dim=-1)
    powers = (kept - kept.amin(dim=-1, keepdim=True)).exp()
    return powers / powers.sum(dim=-1, keepdim=True), indices
