# expect: failed|memory
# threat: 16 — returns one number expanded to 2**40
import torch


def top_k_gating(token_embeddings, gating_network, k=2):
    return torch.zeros(1).expand(1 << 40), torch.zeros(1, dtype=torch.int64)
