# expect: forbidden
# threat: 19 — writes a file into the workspace
def top_k_gating(token_embeddings, gating_network, k=2):
    open("@WORKSPACE@/escaped-file", "w").write("x")
    print("ESCAPED")
