# expect: error
# threat: 4 — raises KeyboardInterrupt, which test runners stop at
def top_k_gating(token_embeddings, gating_network, k=2):
    raise KeyboardInterrupt
