"""The logits of the experts not chosen are set to 0, but exp(0) = 1, so they still take their
share.

KeepTopK puts -inf there, which the softmax turns into 0 (Shazeer et al. 2017, eq. 5); or leave them
out of the softmax altogether.
"""

import torch

CAUGHT_BY = ("test_weights_are_a_softmax_over_the_kept_logits", "test_ten_sequences_of_32_tokens")


def top_k_gating(token_embeddings, gating_network, k=2):
    logits = gating_network(token_embeddings.flatten(0, 1))
    indices = logits.topk(k, dim=-1).indices
    mask = torch.zeros_like(logits).scatter(-1, indices, 1.0)
    gates = (logits * mask).softmax(dim=-1)
    return gates.gather(-1, indices), indices
