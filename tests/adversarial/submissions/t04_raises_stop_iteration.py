# expect: error
# threat: 4 — raises StopIteration and StopAsyncIteration, which end loops in silence
def top_k_gating(token_embeddings, gating_network, k=2):
    raise StopIteration((1, 2))
