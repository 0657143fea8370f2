# expect: limit
# threat: 18 — prints 100 MB
def top_k_gating(token_embeddings, gating_network, k=2):
    for _ in range(100):
        print("x" * 1_000_000)
    return
