# expect: forbidden
# threat: 2 — lists the folder of mutants
import os


def top_k_gating(token_embeddings, gating_network, k=2):
    print("ESCAPED", os.listdir("@KATA@/mutants"))
    return
