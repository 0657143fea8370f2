"""A copy of the gating network is asked, so the gradient goes to the copy's parameters and the gate
never learns.

Calling a network changes nothing in it. Call the one you were given: eq. 3 of Shazeer et al. 2017
is trained through its own W_g.
"""

from copy import deepcopy

CAUGHT_BY = "test_the_gating_network_learns"


def top_k_gating(token_embeddings, gating_network, k=2):
    gate = deepcopy(gating_network)
    kept, indices = gate(token_embeddings.flatten(0, 1)).topk(k, dim=-1)
    return kept.softmax(dim=-1), indices
