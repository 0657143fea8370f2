"""The rows are in the wrong order: the first tokens of all sequences come first, then all second
tokens.

Join batch and sequence without transposing, so that token s of sequence b is row b ·
sequence_length + s and its G(x) (Shazeer et al. 2017, eq. 3) stays with it.
"""

CAUGHT_BY = "test_chooses_the_experts_with_the_largest_logits"


def top_k_gating(token_embeddings, gating_network, k=2):
    tokens = token_embeddings.transpose(0, 1).flatten(0, 1)
    kept, indices = gating_network(tokens).topk(k, dim=-1)
    return kept.softmax(dim=-1), indices
