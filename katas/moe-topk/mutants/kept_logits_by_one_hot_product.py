"""The kept logits are read off by multiplying with ones and zeros, and 0 · -inf is NaN: one
disabled expert spoils every weight.

Pick values by their place, with the values of topk or with gather. A product can not drop an
infinite logit, and KeepTopK puts them to use (Shazeer et al. 2017, eq. 5).
"""

from torch.nn.functional import one_hot

CAUGHT_BY = "test_a_disabled_expert_is_never_chosen"


def top_k_gating(token_embeddings, gating_network, k=2):
    logits = gating_network(token_embeddings.flatten(0, 1))
    indices = logits.topk(k, dim=-1).indices
    chosen = one_hot(indices, logits.shape[-1]).to(logits.dtype)
    kept = (chosen * logits.unsqueeze(1)).sum(dim=-1)
    return kept.softmax(dim=-1), indices
