"""KeepTopK and the sparse gate: all but the k largest logits of a token become -inf, and so weigh nothing.

    G = Softmax(KeepTopK(H, k))      Shazeer et al. 2017, equations 3 and 5

T is the number of tokens, E that of experts.
"""

import torch


def keep_top_k(logits: torch.Tensor, k: int) -> torch.Tensor:
    """Return the logits (T, E) with -inf in all but the k largest places of each row."""
    # Places, not a threshold: of logits that tie, exactly as many are kept as there is room for.
    values, places = torch.topk(logits, k)  # both (T, k)

    # The kept logits go back to where they came from, and their gradient with them.
    nothing = torch.full_like(logits, -torch.inf)
    return nothing.scatter(1, places, values)  # (T, E)


def sparse_gates(logits: torch.Tensor, k: int) -> torch.Tensor:
    """Return the gate values (T, E): k of each row share out 1, the others are 0."""
    # exp(-inf) = 0: what is not kept takes no part in the softmax.
    return torch.softmax(keep_top_k(logits, k), dim=1)
