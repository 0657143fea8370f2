"""Experts are chosen by the size of their logits regardless of sign, so a strongly negative logit
wins.

A very negative logit is a strong no: compare the logits themselves (Shazeer et al. 2017, eq. 5).
"""

CAUGHT_BY = "test_chooses_the_experts_with_the_largest_logits"


def top_k_gating(token_embeddings, gating_network, k=2):
    logits = gating_network(token_embeddings.flatten(0, 1))
    indices = logits.abs().topk(k, dim=-1).indices
    return logits.gather(-1, indices).softmax(dim=-1), indices
