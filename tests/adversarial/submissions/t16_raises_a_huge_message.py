# expect: error|memory
# threat: 16 — raises an exception with a message of 200 MB
def top_k_gating(token_embeddings, gating_network, k=2):
    raise ValueError("x" * 200_000_000)
