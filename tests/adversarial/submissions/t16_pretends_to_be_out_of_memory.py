# expect: memory
# threat: 16 — raises MemoryError in every check, for a fresh sandbox each time
def top_k_gating(token_embeddings, gating_network, k=2):
    raise MemoryError
