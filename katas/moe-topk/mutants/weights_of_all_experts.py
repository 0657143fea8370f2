"""The weights of all experts are returned, mostly zeros, instead of the k that were kept.

G(x) of eq. 3 (Shazeer et al. 2017) has k nonzero entries; return those, one for each index.
"""

import torch

CAUGHT_BY = ("test_one_row_per_token_and_one_column_per_expert_kept", "test_ten_sequences_of_32_tokens")


def top_k_gating(token_embeddings, gating_network, k=2):
    logits = gating_network(token_embeddings.flatten(0, 1))
    kept, indices = logits.topk(k, dim=-1)
    weights = torch.full_like(logits, float("-inf")).scatter(-1, indices, kept).softmax(dim=-1)
    return weights, indices
