# expect: timeout
# threat: 15 — raises an exception whose message takes for ever
# slow
class Slow(Exception):
    def __str__(self):
        while True:
            pass

    __repr__ = __str__


def top_k_gating(token_embeddings, gating_network, k=2):
    raise Slow(1, 2)
