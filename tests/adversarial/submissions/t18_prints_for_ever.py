# expect: limit|timeout
# threat: 18 — prints for ever, past Python's own streams
# slow
import os


def top_k_gating(token_embeddings, gating_network, k=2):
    while True:
        os.write(2, b"x" * 65536)
