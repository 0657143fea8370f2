# expect: failed|error|invalid
# threat: 25 — replaces itself in sys.modules and its functions while it is called
import sys
import types


def top_k_gating(token_embeddings, gating_network, k=2):
    sys.modules[__name__] = types.ModuleType("submission")
    globals().clear()
    return
