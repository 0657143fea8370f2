"""The routing is cached by the shape of the tokens, so a second batch of the same shape gets the
experts of the first.

G(x) depends on x (Shazeer et al. 2017, eq. 3): compute it anew in each call.
"""

cache = {}

CAUGHT_BY = (
    "test_each_token_is_routed_on_its_own",
    "test_chooses_the_experts_with_the_largest_logits",
    "test_weights_are_a_softmax_over_the_kept_logits",
)


def top_k_gating(token_embeddings, gating_network, k=2):
    key = (token_embeddings.shape, k)
    if key not in cache:
        logits = gating_network(token_embeddings.flatten(0, 1))
        kept, indices = logits.topk(k, dim=-1)
        cache[key] = (kept.softmax(dim=-1), indices)
    return cache[key]
