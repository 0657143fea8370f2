# expect: error
# threat: 15 — waits for input from the keyboard
def top_k_gating(token_embeddings, gating_network, k=2):
    input("password: ")
