"""The softmax runs in float32 for half-precision logits, and its result is cast back."""

import torch


def top_k_gating(token_embeddings, gating_network, k=2):
    logits = gating_network(token_embeddings.flatten(0, 1))  # (B*S, E), maybe bfloat16
    precise = torch.promote_types(logits.dtype, torch.float32)  # at least float32
    kept, indices = logits.to(precise).topk(k, dim=-1)  # both (B*S, k)
    return kept.softmax(dim=-1).to(logits.dtype), indices
