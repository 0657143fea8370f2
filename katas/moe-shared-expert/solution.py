"""Shared and routed experts: what every token needs is computed once for all, the rest by choice.

    h = u + sum_i FFN_shared_i(u) + scale * sum_i g_i FFN_routed_i(u)

Dai et al. 2024, equation 9; the scale is that of DeepSeek-V3. T is the number of tokens, D their width, k the
number of routed experts of each.
"""

from collections.abc import Callable, Sequence

import torch

Expert = Callable[[torch.Tensor], torch.Tensor]


def shared_expert_layer(
    u: torch.Tensor,
    shared: Sequence[Expert],
    routed: Sequence[Expert],
    weights: torch.Tensor,
    idx: torch.Tensor,
    scale: float = 1.0,
) -> torch.Tensor:
    """Return the layer's output (T, D), the residual included, for tokens u (T, D)."""
    # The residual, and the experts that see every token.
    h = u
    for expert in shared:
        h = h + expert(u)

    # Routed experts see u as well, not what came of it so far, and only their own tokens.
    for number, expert in enumerate(routed):
        rows, choice = (idx == number).nonzero(as_tuple=True)  # both (n,)
        if len(rows):
            gate = scale * weights[rows, choice].unsqueeze(1)  # (n, 1)
            h = h.index_add(0, rows, gate * expert(u[rows]))
    return h
