# expect: limit|timeout|failed|crashed
# threat: 18 — prints from a thread while the judge is busy and between checks
# slow
import os
import threading


def shout():
    while True:
        os.write(1, b"x" * 65536)


threading.Thread(target=shout, daemon=True).start()


def top_k_gating(token_embeddings, gating_network, k=2):
    return None
