# expect: timeout
# threat: 15 — loops for ever
# slow
def top_k_gating(token_embeddings, gating_network, k=2):
    while True:
        pass
