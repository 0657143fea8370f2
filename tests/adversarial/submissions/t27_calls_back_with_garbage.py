# expect: error|failed
# threat: 27 — calls the judge's function with garbage, so that the error comes from the judge
def top_k_gating(token_embeddings, gating_network, k=2):
    if not type(gating_network).__module__.startswith("torch"):
        gating_network("garbage", [1], {}, what=None)
    weights, indices = gating_network(token_embeddings.flatten(0, 1)).topk(k)
    return weights.softmax(-1), indices
