"""Gaussian noise is added to the logits while the gate is in training mode.

The noise of eq. 4 (Shazeer et al. 2017) is left out here: the logits are h(x) and nothing else.
"""

import torch

CAUGHT_BY = (
    "test_chooses_the_experts_with_the_largest_logits",
    "test_weights_are_a_softmax_over_the_kept_logits",
)


def top_k_gating(token_embeddings, gating_network, k=2):
    logits = gating_network(token_embeddings.flatten(0, 1))
    if getattr(gating_network, "training", True):
        logits = logits + torch.randn_like(logits) / logits.shape[-1]
    kept, indices = logits.topk(k, dim=-1)
    return kept.softmax(dim=-1), indices
