"""Speculative decoding: which guesses of a small model does the large one keep?

    accept x if u < p(x) / q(x); else draw from max(0, p - q), normalised, and stop

Leviathan et al. 2023, algorithm 1. K guesses over a vocabulary of V.
"""

import torch


def verify(
    p: torch.Tensor, q: torch.Tensor, draft: torch.Tensor, u: torch.Tensor, generator: torch.Generator
) -> list[int]:
    """Return the guesses (K,) that p (K + 1, V) keeps of q (K, V), and one token that is drawn."""

    def one_of(weights: torch.Tensor) -> int:
        return int(torch.multinomial(weights, 1, generator=generator))

    kept = []
    for place, token in enumerate(draft.tolist()):
        if u[place] * q[place, token] >= p[place, token]:
            residual = (p[place] - q[place]).clamp(min=0)
            return [*kept, one_of(residual)]
        kept.append(token)
    return [*kept, one_of(p[-1])]
