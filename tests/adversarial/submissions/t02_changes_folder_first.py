# expect: forbidden
# threat: 2 — changes into the kata's folder and opens the suite by its bare name
import os


def top_k_gating(token_embeddings, gating_network, k=2):
    os.chdir("@KATA@")
    return open("suite.py").read()
