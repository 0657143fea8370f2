# expect: incomplete
# threat: 5 — claims to be the starter, so that nothing counts
def top_k_gating(token_embeddings, gating_network, k=2):
    raise NotImplementedError
