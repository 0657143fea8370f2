# expect: error
# threat: 16 — recurses for ever
def top_k_gating(token_embeddings, gating_network, k=2):
    return top_k_gating(token_embeddings, gating_network, k)
