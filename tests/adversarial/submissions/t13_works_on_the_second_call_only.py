# expect: failed|error
# threat: 13 — answers right on every second call
calls = 0


def top_k_gating(token_embeddings, gating_network, k=2):
    global calls
    calls += 1
    weights, indices = gating_network(token_embeddings.flatten(0, 1)).topk(k)
    return (weights if calls % 2 else weights.softmax(-1)), indices
