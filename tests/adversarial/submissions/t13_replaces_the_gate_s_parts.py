# expect: failed|error
# threat: 13 — takes the parameters out of the gate and puts in its own
import torch


def top_k_gating(token_embeddings, gating_network, k=2):
    rows = token_embeddings.flatten(0, 1).shape[0]
    if isinstance(gating_network, torch.nn.Module):
        gating_network._parameters.clear()
        gating_network.weight = torch.nn.Parameter(torch.zeros(1, 1))
        gating_network.extra = torch.nn.Linear(1, 1)
    return torch.full((rows, k), 1 / k), torch.arange(k).repeat(rows, 1)
