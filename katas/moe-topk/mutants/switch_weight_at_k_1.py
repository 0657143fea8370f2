"""For k = 1 the weight is the probability from the softmax over all experts, as in Switch
Transformers, and not 1.

Here all k follow the same formula (Shazeer et al. 2017, eq. 3), and the softmax over a single logit
is 1. The gate of Switch (Fedus et al. 2022, section 2.1) is another one, made to keep a gradient at
k = 1.
"""

CAUGHT_BY = "test_k_may_be_one_or_all_experts"


def top_k_gating(token_embeddings, gating_network, k=2):
    probabilities = gating_network(token_embeddings.flatten(0, 1)).softmax(dim=-1)
    kept, indices = probabilities.topk(k, dim=-1)
    weights = kept / kept.sum(dim=-1, keepdim=True) if k > 1 else kept
    return weights, indices
