# expect: memory
# threat: 16 — makes a tensor of 400 GiB
import torch


def top_k_gating(token_embeddings, gating_network, k=2):
    return torch.empty(100 << 30), torch.zeros(1, dtype=torch.int64)
