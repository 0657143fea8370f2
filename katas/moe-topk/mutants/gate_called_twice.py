"""The gating network is called twice, once for the indices and once for the weights: double the
work, and with dropout in the gate the two disagree.

Call it once and keep the logits: KeepTopK and Softmax (Shazeer et al. 2017, eq. 3 and 5) are about
the same h(x).
"""

CAUGHT_BY = "test_the_gating_network_is_called_once"


def top_k_gating(token_embeddings, gating_network, k=2):
    tokens = token_embeddings.flatten(0, 1)
    indices = gating_network(tokens).topk(k, dim=-1).indices
    return gating_network(tokens).gather(-1, indices).softmax(dim=-1), indices
