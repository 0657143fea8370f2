"""Top-k gating: each token goes to its k best experts, weighed against each other.

    G(x) = Softmax(KeepTopK(x W_g, k))      Shazeer et al. 2017, equations 3 and 5

The noise of equation 4 is left out. G(x) is zero except at k places, so only those k are returned:
their values and where they stand. B is the batch size, S the sequence length, D the embedding
dimension and E the number of experts.
"""

from collections.abc import Callable

import torch


def top_k_gating(
    token_embeddings: torch.Tensor,
    gating_network: Callable[[torch.Tensor], torch.Tensor],
    k: int = 2,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the weights and the indices, both (B*S, k), of the k experts of each token."""
    # A token is routed on its own: which sequence it stands in no longer matters.
    tokens = token_embeddings.flatten(0, 1)  # (B, S, D) -> (B*S, D)

    # One score per expert, for every token.
    logits = gating_network(tokens)  # (B*S, E)

    # Keep the k best experts of each token and forget the others ...
    kept, indices = torch.topk(logits, k, dim=-1)  # both (B*S, k)

    # ... so that the k weights share out the whole token: each row sums to 1.
    weights = torch.softmax(kept, dim=-1)  # (B*S, k)
    return weights, indices
