# expect: timeout|failed
# threat: 15 — leaves threads that hold the interpreter's lock, so that no answer gets out
# slow
import re
import threading


def top_k_gating(token_embeddings, gating_network, k=2):
    for _ in range(4):
        threading.Thread(target=lambda: re.match(r"(a+)+$", "a" * 64 + "b"), daemon=True).start()
    return
