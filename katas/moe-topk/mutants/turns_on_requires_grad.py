"""requires_grad is switched on for the caller's tokens, which then collect gradients that nobody
asked for.

Leave the arguments as they are: autograd follows the gate's parameters without it, and G(x)
(Shazeer et al. 2017, eq. 3) is differentiable in x as soon as the caller wants it to be.
"""

CAUGHT_BY = "test_arguments_stay_as_they_were"


def top_k_gating(token_embeddings, gating_network, k=2):
    if token_embeddings.is_leaf and token_embeddings.is_floating_point():
        token_embeddings.requires_grad_()
    logits = gating_network(token_embeddings.flatten(0, 1))
    kept, indices = logits.topk(k, dim=-1)
    return kept.softmax(dim=-1), indices
