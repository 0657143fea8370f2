"""The load-balancing loss of Switch Transformer, for k experts per token.

    L = E sum_i f_i P_i      Fedus et al. 2022, equations 4-6

f_i is the share of the choices that fell on expert i, P_i its mean probability. T is the number of tokens
that count, E that of experts. The factor in front (0.01 in the paper) is left out.
"""

import torch


def load_balancing_loss(
    logits: torch.Tensor, idx: torch.Tensor, mask: torch.Tensor | None = None
) -> torch.Tensor:
    """Return the loss of the logits (T, E) of tokens that were sent to the experts idx (T, k)."""
    experts = logits.shape[-1]
    if mask is not None:
        logits, idx = logits[mask], idx[mask]  # what is padding counts nowhere
    if logits.dtype in (torch.float16, torch.bfloat16):
        logits = logits.float()

    # What happened: each expert's share of all choices, 0 if nobody chose it. A count has no gradient.
    counts = torch.bincount(idx.flatten(), minlength=experts)  # (E,)
    shares = counts.to(logits.dtype) / max(idx.numel(), 1)

    # What the router would like: the mean probability of each expert, over all E logits.
    total = torch.softmax(logits, dim=-1).sum(dim=0)  # (E,)
    wishes = total / max(len(logits), 1)

    # An expert that got much is pushed down in proportion.
    return experts * (shares * wishes).sum()
