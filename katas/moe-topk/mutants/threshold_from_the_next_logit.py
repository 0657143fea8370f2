"""The threshold is the (k+1)th largest logit, which does not exist when k is the number of experts.

Ask topk for k logits and no more (Shazeer et al. 2017, eq. 5): every k from 1 to the number of
experts must work.
"""

CAUGHT_BY = "test_k_may_be_one_or_all_experts"


def top_k_gating(token_embeddings, gating_network, k=2):
    logits = gating_network(token_embeddings.flatten(0, 1))
    values, indices = logits.topk(k + 1, dim=-1)
    gates = logits.masked_fill(logits <= values[:, k:], float("-inf")).softmax(dim=-1)
    return gates.gather(-1, indices[:, :k]), indices[:, :k]
