# expect: memory|timeout
# threat: 16 — keeps tensors until there is no more memory
import torch


def top_k_gating(token_embeddings, gating_network, k=2):
    kept = []
    while True:
        kept.append(torch.ones(16 << 20))
