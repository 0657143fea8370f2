# expect: error
# threat: 5 — raises an exception whose cause is itself, under a thousand frames
def climb(depth):
    if depth:
        return climb(depth - 1)
    error = ValueError("round and round")
    error.__context__ = error.__cause__ = error
    raise error


def top_k_gating(token_embeddings, gating_network, k=2):
    climb(800)
