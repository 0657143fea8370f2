# expect: failed|error
# threat: 27 — hands the judge's function its own lists and modules and changes them while it runs


def top_k_gating(token_embeddings, gating_network, k=2):
    tokens = token_embeddings.flatten(0, 1)
    logits = gating_network(tokens.detach().zero_().requires_grad_())
    logits.register_hook(lambda grad: 1 / 0)
    weights, indices = logits.topk(k)
    return weights.softmax(-1), indices
