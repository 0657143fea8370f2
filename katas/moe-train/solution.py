"""A sparsely-gated mixture of experts, assembled from its parts and trained.

    y = sum_i G(x)_i E_i(x)      loss = mean squared error + w (L_importance + L_load)

Shazeer et al. 2017, sections 2 and 4, appendix A. N is the number of tokens, D their width, E the number of
experts.
"""

from collections.abc import Sequence

import torch
from moe_dispatch_combine import combine, dispatch
from moe_importance_loss import importance_loss
from moe_load_loss import load_loss
from moe_noisy_topk import noisy_top_k_gating
from torch import nn


class MoELayer(nn.Module):
    """A layer of experts behind a noisy gate, which says how unbalanced it is."""

    def __init__(self, experts: Sequence[nn.Module], width: int, k: int) -> None:
        super().__init__()
        self.experts = nn.ModuleList(experts)
        # No signal and some noise: the first batches are spread at random.
        self.w_gate = nn.Parameter(torch.zeros(width, len(experts)))
        self.w_noise = nn.Parameter(torch.zeros(width, len(experts)))
        self.k = k

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the output (N, D') and the balance of tokens x (N, D)."""
        n_experts = len(self.experts)
        noise = torch.randn(len(x), n_experts, dtype=x.dtype) if self.training else None
        gates = noisy_top_k_gating(x, self.w_gate, self.w_noise, self.k, noise, self.training)  # (N, E)

        # Each token's k experts and their weights; blocks of tokens travel to their experts and back.
        weights, idx = torch.topk(gates, self.k)  # both (N, k)
        xs, order, counts = dispatch(x, idx, n_experts)
        blocks = zip(self.experts, xs.split(counts.tolist()), strict=True)
        y = combine(torch.cat([expert(block) for expert, block in blocks if len(block)]), order, weights)

        # Only training has noise, and the load loss is about its noise.
        if not self.training:
            return y, torch.zeros((), dtype=x.dtype)
        return y, importance_loss(gates) + load_loss(x, self.w_gate, self.w_noise, noise, self.k)


def train(
    layer: nn.Module,
    x: torch.Tensor,
    y: torch.Tensor,
    steps: int,
    batch: int = 256,
    lr: float = 0.01,
    balance: float = 0.3,
) -> None:
    """Train the layer on tokens x (N, D) with targets y (N, D'), and leave it in evaluation mode."""
    layer.train()
    optimiser = torch.optim.Adam(layer.parameters(), lr=lr)
    for _ in range(steps):
        rows = torch.randperm(len(x))[:batch]
        output, unbalance = layer(x[rows])
        loss = (output - y[rows]).square().mean() + balance * unbalance
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    layer.eval()
