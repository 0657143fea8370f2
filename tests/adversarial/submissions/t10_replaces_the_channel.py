# expect: crashed
# threat: 10 — puts a pipe in the place of the channel
import os


def top_k_gating(token_embeddings, gating_network, k=2):
    reader, writer = os.pipe()
    os.dup2(reader, 3)
    return
