# expect: crashed
# threat: 4 — ends the process when the returned object is collected
import os


class Bomb(tuple):
    def __del__(self):
        os._exit(0)


def top_k_gating(token_embeddings, gating_network, k=2):
    return Bomb(gating_network(token_embeddings.flatten(0, 1)).topk(k))
