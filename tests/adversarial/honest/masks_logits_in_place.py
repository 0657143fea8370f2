# expect: passed
"""changes in place what the gate returned: by masked_fill_, by index, through a view, by detach_."""
import torch


def top_k_gating(token_embeddings, gating_network, k=2):
    logits = gating_network(token_embeddings.flatten(0, 1))
    indices = logits.topk(k, dim=-1).indices
    keep = torch.zeros_like(logits, dtype=torch.bool).scatter(-1, indices, True)
    logits.masked_fill_(~keep, float("-inf"))
    logits[~keep] = float("-inf")
    logits.view(-1)[:0].zero_()
    logits.clone().detach_().requires_grad_(logits.is_floating_point())
    return torch.softmax(logits, dim=-1).gather(-1, indices), indices
