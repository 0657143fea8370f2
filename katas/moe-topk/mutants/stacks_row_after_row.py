"""The rows are collected in a list and stacked, which fails when there is no token to collect.

Let topk and softmax work on all rows at once, along the last axis: KeepTopK (Shazeer et al. 2017,
eq. 5) then also holds for an empty batch, and runs much faster.
"""

import torch

CAUGHT_BY = "test_no_tokens_and_a_single_token"


def top_k_gating(token_embeddings, gating_network, k=2):
    weights, indices = [], []
    for logits in gating_network(token_embeddings).flatten(0, 1):
        kept, experts = logits.topk(k)
        weights.append(kept.softmax(dim=0))
        indices.append(experts)
    return torch.stack(weights), torch.stack(indices)
