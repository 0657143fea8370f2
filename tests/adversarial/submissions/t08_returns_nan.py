# expect: failed
# threat: 8 — returns NaN weights, for which every comparison is false
import torch


def top_k_gating(token_embeddings, gating_network, k=2):
    logits = gating_network(token_embeddings.flatten(0, 1))
    weights, indices = logits.topk(k)
    return torch.full_like(weights, torch.nan), indices
