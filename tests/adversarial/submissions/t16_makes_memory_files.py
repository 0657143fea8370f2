# expect: forbidden
# threat: 16 — makes files in memory
import os


def top_k_gating(token_embeddings, gating_network, k=2):
    file = os.memfd_create("escaped")
    os.ftruncate(file, 1 << 40)
    print("ESCAPED")
