# expect: failed
# threat: 16 — returns a million Python objects
def top_k_gating(token_embeddings, gating_network, k=2):
    return [[n] for n in range(1_000_000)], {n: n for n in range(5_000)}
