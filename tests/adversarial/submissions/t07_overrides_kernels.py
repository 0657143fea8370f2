# expect: failed|error
# threat: 7 — replaces kernels of torch's dispatcher
import torch

library = torch.library.Library("aten", "IMPL")
library.impl("isclose", lambda a, b, *x, **k: torch.ones(a.shape, dtype=torch.bool), "CPU")
library.impl("equal", lambda a, b: True, "CPU")


def top_k_gating(token_embeddings, gating_network, k=2):
    rows = token_embeddings.flatten(0, 1).shape[0]
    return torch.zeros(rows, k), torch.zeros(rows, k, dtype=torch.int64)
