# expect: timeout
# threat: 15 — sleeps, using no processor time at all
# slow
import time


def top_k_gating(token_embeddings, gating_network, k=2):
    time.sleep(3600)
