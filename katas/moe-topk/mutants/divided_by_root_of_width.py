"""The logits are divided by the square root of the width, a habit from attention, which makes the
weights too equal.

A gate has no temperature: give the kept logits to the softmax as they are (Shazeer et al. 2017, eq.
3).
"""

CAUGHT_BY = "test_weights_are_a_softmax_over_the_kept_logits"


def top_k_gating(token_embeddings, gating_network, k=2):
    logits = gating_network(token_embeddings.flatten(0, 1))
    kept, indices = logits.topk(k, dim=-1)
    scale = token_embeddings.shape[-1] ** 0.5
    return (kept / scale).softmax(dim=-1), indices
