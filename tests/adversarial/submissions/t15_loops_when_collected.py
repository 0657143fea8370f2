# expect: timeout|failed
# threat: 15 — loops for ever when an object of its own is collected
# slow
class Sticky(list):
    def __del__(self):
        while True:
            pass


def top_k_gating(token_embeddings, gating_network, k=2):
    kept = Sticky()
    del kept
    return
