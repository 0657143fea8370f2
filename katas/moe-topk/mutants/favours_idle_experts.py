"""Experts that were often chosen in earlier calls get a penalty, so the same tokens are routed
differently the next time.

Routing depends on the logits alone (Shazeer et al. 2017, eq. 3 and 5). Balance is the business of a
loss, in training (their section 4).
"""

import torch

chosen_so_far = {}

CAUGHT_BY = (
    "test_the_same_call_gives_the_same_answer",
    "test_each_token_is_routed_on_its_own",
    "test_chooses_the_experts_with_the_largest_logits",
    "test_weights_are_a_softmax_over_the_kept_logits",
)


def top_k_gating(token_embeddings, gating_network, k=2):
    logits = gating_network(token_embeddings.flatten(0, 1))
    used = chosen_so_far.get(logits.shape[-1], 0)
    indices = (logits.detach() - 0.1 * used).topk(k, dim=-1).indices
    counts = torch.bincount(indices.flatten(), minlength=logits.shape[-1])
    chosen_so_far[logits.shape[-1]] = used + counts
    return logits.gather(-1, indices).softmax(dim=-1), indices
