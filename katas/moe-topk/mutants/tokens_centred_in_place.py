"""The mean is subtracted from the caller's tokens in place, so the layer's other half gets damaged
tokens, and the logits are wrong too.

The gate only reads: h(x) in eq. 5 (Shazeer et al. 2017) is computed from the tokens as they come,
and x goes on to the experts unchanged.
"""

CAUGHT_BY = ("test_arguments_stay_as_they_were", "test_chooses_the_experts_with_the_largest_logits")


def top_k_gating(token_embeddings, gating_network, k=2):
    token_embeddings.data -= token_embeddings.data.mean(dim=-1, keepdim=True)
    logits = gating_network(token_embeddings.flatten(0, 1))
    kept, indices = logits.topk(k, dim=-1)
    return kept.softmax(dim=-1), indices
