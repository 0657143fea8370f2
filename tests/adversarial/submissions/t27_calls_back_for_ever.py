# expect: limit|timeout
# threat: 27 — calls the judge's function for ever
# slow
def top_k_gating(token_embeddings, gating_network, k=2):
    tokens = token_embeddings.flatten(0, 1)
    if type(gating_network).__module__.startswith("torch"):
        weights, indices = gating_network(tokens).topk(k)
        return weights.softmax(-1), indices
    while True:
        gating_network(tokens[:1])
