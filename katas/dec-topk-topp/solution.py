"""What to sample from: logits over the temperature, without what is beyond top-k or the nucleus.

The nucleus is the smallest set of most likely tokens with sum p >= top_p (Holtzman et al. 2020, equation 2).
B is the batch, V the size of the vocabulary.
"""

import torch


def filter_logits(
    logits: torch.Tensor, temperature: float = 1.0, top_k: int = 0, top_p: float = 1.0
) -> torch.Tensor:
    """Return logits (B, V) over the temperature, minus infinity where a token is cut."""
    if temperature == 0:  # greedy
        temperature, top_k = 1.0, 1

    ranked, order = (logits / temperature).sort(descending=True, stable=True)
    if top_k > 0:
        ranked = ranked.masked_fill(torch.arange(ranked.shape[1]) >= top_k, -torch.inf)
    if top_p < 1:
        probabilities = torch.softmax(ranked, dim=1)
        before = probabilities.cumsum(dim=1) - probabilities  # of all tokens that are more likely
        ranked = ranked.masked_fill(before >= top_p, -torch.inf)

    return torch.empty_like(logits).scatter(1, order, ranked)
