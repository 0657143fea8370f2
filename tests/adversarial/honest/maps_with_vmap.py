# expect: passed
"""torch.func.vmap over the tokens."""
import torch
from torch.func import vmap


def top_k_gating(token_embeddings, gating_network, k=2):
    logits = gating_network(token_embeddings.flatten(0, 1))
    if len(logits) == 0:
        kept, indices = logits.topk(k)
        return kept.softmax(-1), indices
    kept, indices = vmap(lambda row: tuple(torch.topk(row, k)))(logits)
    return vmap(lambda row: row.softmax(-1))(kept), indices
