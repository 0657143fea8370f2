# expect: timeout
# threat: 15 — holds the interpreter's lock with a power of integers, in C
# slow
def top_k_gating(token_embeddings, gating_network, k=2):
    return 9**9**9
