# expect: error|crashed|failed
# threat: 4 — removes every module and clears what it finds of builtins
import sys


def top_k_gating(token_embeddings, gating_network, k=2):
    for name in list(sys.modules):
        del sys.modules[name]
    return
