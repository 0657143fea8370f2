"""A hierarchical mixture: a primary gate chooses groups, a secondary gate in each group chooses experts.

    G_ij = G_p(x)_i G_i(x)_j      Importance_H = sum over x of G_ij      Load_H = Load_p Load_i(X_i) / |X_i|

Shazeer et al. 2017, appendix B, equations 12-14. T is the number of tokens, a that of groups, b that of the
experts in each.
"""

import torch


def hierarchical_gates(primary: torch.Tensor, secondary: torch.Tensor) -> torch.Tensor:
    """Return the gate (T, a, b) of every expert, of primary (T, a) and secondary gates (T, a, b)."""
    return primary.unsqueeze(2) * secondary


def importance_h(primary: torch.Tensor, secondary: torch.Tensor) -> torch.Tensor:
    """Return the importance (a, b) of every expert in a batch."""
    return hierarchical_gates(primary, secondary).sum(dim=0)


def load_h(primary: torch.Tensor, load_primary: torch.Tensor, p_secondary: torch.Tensor) -> torch.Tensor:
    """Return the load (a, b) of every expert, of loads of groups (a,) and probabilities (T, a, b)."""
    # X_i: the tokens that the primary gate sends to group i.
    member = primary > 0  # (T, a)
    size = member.sum(dim=0)  # (a,)

    # Others must not count, whatever stands there: where leaves NaN out, multiplying by 0 does not.
    inside = torch.where(member.unsqueeze(2), p_secondary, torch.zeros_like(p_secondary))
    load = inside.sum(dim=0)  # (a, b): Load_i(X_i)

    # The primary load has a gradient for the primary gate, the count has none.
    return (load_primary / size.clamp(min=1)).unsqueeze(1) * load
