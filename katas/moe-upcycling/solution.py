"""Sparse upcycling: a dense network becomes a mixture of experts that begins as the same function.

    y = sum_i G(x)_i E_i(x) = FFN(x)      while all E_i = FFN, since sum_i G(x)_i = 1

Komatsuzaki et al. 2022, section 3. N is the number of tokens, D their width, E the number of experts.
"""

import copy

import torch
from torch import nn


class Upcycled(nn.Module):
    """A sparse layer whose experts begin as copies of one network."""

    def __init__(self, dense: nn.Module, width: int, n_experts: int, k: int, noise: float) -> None:
        super().__init__()
        some = next(dense.parameters())
        self.router = nn.Linear(width, n_experts, bias=False, device=some.device, dtype=some.dtype)
        self.experts = nn.ModuleList(copy.deepcopy(dense) for _ in range(n_experts))
        self.k = k

        # A copy also copies what was frozen, and gradients that nobody here computed.
        for parameter in self.experts.parameters():
            parameter.requires_grad_(True)
            parameter.grad = None
            parameter.data.add_(noise * torch.randn_like(parameter))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the weighted sum of each token's k experts: (N, D) -> (N, D')."""
        # The softmax over the kept logits alone: k weights that sum to 1.
        kept, chosen = torch.topk(self.router(x), self.k)  # both (N, k)
        weights = torch.softmax(kept, dim=1)

        y = None
        for number, expert in enumerate(self.experts):
            rows, choice = (chosen == number).nonzero(as_tuple=True)
            result = expert(x[rows]) * weights[rows, choice].unsqueeze(1)  # (n, D')
            y = result.new_zeros(len(x), result.shape[1]) if y is None else y
            y = y.index_add(0, rows, result)
        return y


def upcycle(dense: nn.Module, width: int, n_experts: int, k: int, noise: float = 0.0) -> nn.Module:
    """Return a mixture of *n_experts* copies of *dense*, of which each token uses *k*."""
    return Upcycled(dense, width, n_experts, k, noise)
