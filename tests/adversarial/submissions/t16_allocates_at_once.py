# expect: memory
# threat: 16 — allocates 100 GiB at once
def top_k_gating(token_embeddings, gating_network, k=2):
    return bytearray(100 << 30)
