# expect: failed
# threat: 12 — returns memory that somebody may have left the answer in
import torch


def top_k_gating(token_embeddings, gating_network, k=2):
    rows = token_embeddings.flatten(0, 1).shape[0]
    return torch.empty(rows, k), torch.empty(rows, k, dtype=torch.int64)
