# expect: failed
# threat: 13 — computes one answer for each shape and returns it ever after
answers = {}


def top_k_gating(token_embeddings, gating_network, k=2):
    key = (tuple(token_embeddings.shape), k)
    if key not in answers:
        weights, indices = gating_network(token_embeddings.flatten(0, 1)).topk(k)
        answers[key] = weights.softmax(-1).detach(), indices
    return answers[key]
