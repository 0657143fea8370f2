# expect: forbidden
# threat: 17 — forks for ever
# needs-confinement
import os


def top_k_gating(token_embeddings, gating_network, k=2):
    while True:
        os.fork()
