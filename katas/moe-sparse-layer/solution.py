"""A sparse mixture-of-experts layer: many experts, of which each token passes through k.

    y = sum_i G(x)_i E_i(x)      G(x) = Softmax(KeepTopK(h(x), k))

Shazeer et al. 2017, equations 1, 3 and 5, without noise. N is the number of tokens, D their width, E the
number of experts.
"""

from collections.abc import Sequence

import torch
from torch import nn


class SparseMoE(nn.Module):
    """A layer that evaluates only the experts that its gate chooses."""

    def __init__(self, gate: nn.Module, experts: Sequence[nn.Module], k: int) -> None:
        super().__init__()
        self.gate = gate
        self.experts = nn.ModuleList(experts)  # a plain list would hide their parameters
        self.k = k

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the weighted sum of each token's k experts: (..., D) -> (..., D')."""
        tokens = x.reshape(-1, x.shape[-1])  # (N, D)

        # The gate: k experts for each token, and weights that sum to 1.
        kept, chosen = torch.topk(self.gate(tokens), self.k)  # both (N, k)
        weights = torch.softmax(kept, dim=1)

        # Each expert that was chosen sees its tokens once, and its results are added to where they came from.
        # Of an empty batch any expert can tell the width of the output.
        y = None
        for number in chosen.unique().tolist() or [0]:
            rows, choice = (chosen == number).nonzero(as_tuple=True)  # both (n,)
            result = self.experts[number](tokens[rows])  # (n, D')
            if y is None:
                y = result.new_zeros(len(tokens), result.shape[1])
            y = y.index_add(0, rows, result * weights[rows, choice].unsqueeze(1))
        return y.reshape(*x.shape[:-1], y.shape[1])
