# expect: passed
"""Half precision computed in float32 and cast back."""
import torch


def top_k_gating(token_embeddings, gating_network, k=2):
    logits = gating_network(token_embeddings.flatten(0, 1))
    kept, indices = logits.topk(k)
    wide = kept.float() if kept.dtype in (torch.bfloat16, torch.float16) else kept
    return wide.softmax(-1).to(kept.dtype), indices
