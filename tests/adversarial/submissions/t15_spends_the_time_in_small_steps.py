# expect: failed|timeout
# threat: 15 — stays just below the limit of a check in every call
# slow
import time


def top_k_gating(token_embeddings, gating_network, k=2):
    time.sleep(0.9)
    weights, indices = gating_network(token_embeddings.flatten(0, 1)).topk(k)
    return weights.softmax(-1), indices
