# expect: failed|error
# threat: 7 — replaces the operators of torch.Tensor by ones that lie
import torch


def top_k_gating(token_embeddings, gating_network, k=2):
    rows = token_embeddings.flatten(0, 1).shape[0]
    yes = lambda self, other=None: torch.ones_like(self, dtype=torch.bool)  # noqa: E731
    for name in ("__eq__", "__le__", "__ge__", "__lt__", "__gt__", "isfinite"):
        setattr(torch.Tensor, name, yes)
    torch.Tensor.__ne__ = lambda self, other: torch.zeros_like(self, dtype=torch.bool)
    torch.Tensor.__hash__ = lambda self: 1
    return torch.zeros(rows, k), torch.zeros(rows, k, dtype=torch.int64)
