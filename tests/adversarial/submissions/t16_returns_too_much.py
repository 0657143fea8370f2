# expect: failed|memory
# threat: 16 — returns 300 MiB of tensor, more than a frame holds
import torch


def top_k_gating(token_embeddings, gating_network, k=2):
    return torch.zeros(300 << 20, dtype=torch.uint8), torch.zeros(1, dtype=torch.int64)
