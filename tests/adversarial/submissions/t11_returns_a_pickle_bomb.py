# expect: failed
# threat: 11 — returns objects that execute code where they are unpickled
import os
import pickle


class Bomb:
    def __reduce__(self):
        return os.system, ("echo ESCAPED",)


def top_k_gating(token_embeddings, gating_network, k=2):
    return pickle.dumps(Bomb()), Bomb()
