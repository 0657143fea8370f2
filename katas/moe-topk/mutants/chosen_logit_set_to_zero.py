"""After each argmax the chosen logit is set to 0, so where the other logits are negative it is
chosen again.

Bar a chosen expert with -inf, the value that loses to every logit (Shazeer et al. 2017, eq. 5), or
let topk choose all k at once.
"""

import torch

CAUGHT_BY = "test_chooses_the_experts_with_the_largest_logits"


def top_k_gating(token_embeddings, gating_network, k=2):
    logits = gating_network(token_embeddings.flatten(0, 1))
    remaining, chosen = logits, []
    for _ in range(k):
        best = remaining.argmax(dim=-1, keepdim=True)
        remaining = remaining.scatter(-1, best, 0.0)
        chosen.append(best)
    indices = torch.cat(chosen, dim=-1)
    return logits.gather(-1, indices).softmax(dim=-1), indices
