"""Take the best expert, bar it, and take the best of the rest, k times."""

import torch


def top_k_gating(token_embeddings, gating_network, k=2):
    logits = gating_network(token_embeddings).flatten(0, 1)  # (B*S, E)
    remaining, chosen = logits.detach().clone(), []
    for _ in range(k):
        best = remaining.argmax(dim=-1, keepdim=True)  # (B*S, 1)
        remaining = remaining.scatter(-1, best, float("-inf"))
        chosen.append(best)

    indices = torch.cat(chosen, dim=-1)  # (B*S, k)
    kept = logits.gather(-1, indices)  # (B*S, k): the gradient flows through here
    return (kept - kept.logsumexp(dim=-1, keepdim=True)).exp(), indices
