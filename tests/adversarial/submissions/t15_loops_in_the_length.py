# expect: failed
# threat: 15 — returns a container whose iteration never ends
class Endless(tuple):
    def __iter__(self):
        while True:
            yield 1


def top_k_gating(token_embeddings, gating_network, k=2):
    return Endless((1, 2))
