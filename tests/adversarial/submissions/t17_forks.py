# expect: forbidden
# threat: 17 — forks
import os


def top_k_gating(token_embeddings, gating_network, k=2):
    if os.fork() == 0:
        os._exit(0)
    print("ESCAPED")
