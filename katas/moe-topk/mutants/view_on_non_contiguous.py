"""The tokens are flattened with view, which refuses tensors whose memory is not in order, such as a
transposed batch.

flatten and reshape do the same and copy where they must. Eq. 3 of Shazeer et al. 2017 knows tokens,
not memory layouts.
"""

CAUGHT_BY = "test_tokens_may_be_non_contiguous"


def top_k_gating(token_embeddings, gating_network, k=2):
    logits = gating_network(token_embeddings.view(-1, token_embeddings.shape[-1]))
    kept, indices = logits.topk(k, dim=-1)
    return kept.softmax(dim=-1), indices
