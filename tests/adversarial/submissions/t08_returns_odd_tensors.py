# expect: failed
# threat: 8 — returns sparse, meta, nested and quantised tensors
import torch


def top_k_gating(token_embeddings, gating_network, k=2):
    rows = token_embeddings.flatten(0, 1).shape[0]
    return torch.zeros(rows, k, device="meta"), torch.zeros(rows, k, dtype=torch.int64).to_sparse()
