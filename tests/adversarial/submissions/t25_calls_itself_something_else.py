# expect: invalid
# threat: 25 — pretends to be another module and deletes its entry point
import sys

sys.modules[__name__] = sys
__name__ = "ml_katas.judging.processes.judge"
__file__ = "/etc/passwd"


def top_k_gating(token_embeddings, gating_network, k=2):
    return None


del top_k_gating
