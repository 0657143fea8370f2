# expect: memory|timeout
# threat: 16 — appends to a list for ever
def top_k_gating(token_embeddings, gating_network, k=2):
    kept = []
    while True:
        kept.append(bytearray(10 << 20))
