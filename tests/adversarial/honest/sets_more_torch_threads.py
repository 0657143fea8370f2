# expect: passed
"""More threads for torch itself."""
import torch

torch.set_num_threads(4)


def top_k_gating(token_embeddings, gating_network, k=2):
    torch.ones(300, 300) @ torch.ones(300, 300)
    kept, indices = gating_network(token_embeddings.flatten(0, 1)).topk(k)
    return kept.softmax(-1), indices
