"""The weights are collected in a buffer of the default dtype float32, which refuses or rounds
logits of any other.

Create buffers like the logits, with torch.zeros_like or new_zeros; or do without one: G(x) of eq. 3
(Shazeer et al. 2017) needs only what topk returns.
"""

import torch

CAUGHT_BY = "test_weights_keep_the_precision_of_the_logits"


def top_k_gating(token_embeddings, gating_network, k=2):
    logits = gating_network(token_embeddings.flatten(0, 1))
    kept, indices = logits.topk(k, dim=-1)
    weights = torch.zeros(len(logits), k)
    weights = weights + kept.float().softmax(dim=-1)
    return weights, indices
