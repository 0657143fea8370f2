# expect: error
# threat: 4 — raises GeneratorExit, which is no Exception
def top_k_gating(token_embeddings, gating_network, k=2):
    raise GeneratorExit
