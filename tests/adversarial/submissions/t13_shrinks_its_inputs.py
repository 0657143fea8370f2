# expect: failed|error
# threat: 13 — shrinks tokens and the gate's parameters to nothing, in place
import torch


def top_k_gating(token_embeddings, gating_network, k=2):
    token_embeddings.data = torch.zeros(0, 0, 0)
    for parameter in getattr(gating_network, "parameters", list)():
        parameter.data = torch.zeros(0)
    return torch.zeros(0, k), torch.zeros(0, k, dtype=torch.int64)
