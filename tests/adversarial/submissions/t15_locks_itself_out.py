# expect: timeout
# threat: 15 — waits for a lock that it holds
# slow
import threading


def top_k_gating(token_embeddings, gating_network, k=2):
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()
