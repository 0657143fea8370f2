"""exp is taken of the raw logits, which overflows for large ones and gives NaN.

Softmax does not change when the largest kept logit of the row is subtracted first (eq. 3 of Shazeer
et al. 2017 depends on differences only). torch.softmax does so itself.
"""

CAUGHT_BY = "test_large_logits_do_not_overflow"


def top_k_gating(token_embeddings, gating_network, k=2):
    logits = gating_network(token_embeddings.flatten(0, 1))
    kept, indices = logits.topk(k, dim=-1)
    powers = kept.exp()
    return powers / powers.sum(dim=-1, keepdim=True), indices
