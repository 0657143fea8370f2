"""A tiny random number is added to each logit to break ties, so the caller's random generator moves
on and results can not be repeated.

topk breaks ties on its own, in a way that stays the same. Draw no random numbers: the noise of eq.
4 (Shazeer et al. 2017) is left out.
"""

import torch

CAUGHT_BY = "test_the_same_call_gives_the_same_answer"


def top_k_gating(token_embeddings, gating_network, k=2):
    logits = gating_network(token_embeddings.flatten(0, 1))
    indices = (logits + 1e-7 * torch.rand_like(logits)).topk(k, dim=-1).indices
    return logits.gather(-1, indices).softmax(dim=-1), indices
