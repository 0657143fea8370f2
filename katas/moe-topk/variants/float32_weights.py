"""For half-precision logits the softmax runs in float32 and the weights stay there."""

import torch


def top_k_gating(token_embeddings, gating_network, k=2):
    logits = gating_network(token_embeddings.flatten(0, 1))  # (B*S, E)
    half = logits.dtype in (torch.float16, torch.bfloat16)
    kept, indices = logits.topk(k, dim=-1)  # both (B*S, k)
    return kept.softmax(dim=-1, dtype=torch.float32 if half else None), indices
